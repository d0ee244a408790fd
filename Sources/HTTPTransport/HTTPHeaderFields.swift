/// The header fields of a message, in the order they stand on the wire. Names are compared without regard
/// to case and keep their spelling (RFC 9110 5.1).
///
/// A value whose bytes are not UTF-8 was read as Latin-1, byte by byte: CIM clients write object paths into
/// `CIMObject` in either (DSP0200 7.3).
package struct HTTPHeaderFields: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        package static func == (lhs: Field, rhs: Field) -> Bool {
            lhs.value == rhs.value && isSameToken(lhs.name, rhs.name)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(name.lowercased())
            hasher.combine(value)
        }
    }

    package private(set) var fields: [Field]

    package init() { fields = [] }

    package init(_ fields: [(name: String, value: String)]) {
        self.fields = fields.map { Field($0.name, $0.value) }
    }

    /// The value of the first field of this name.
    package subscript(name: String) -> String? { fields.first { isSameToken($0.name, name) }?.value }

    /// The values of all fields of this name, in order.
    package func all(_ name: String) -> [String] { fields.filter { isSameToken($0.name, name) }.map(\.value) }

    package func contains(_ name: String) -> Bool { fields.contains { isSameToken($0.name, name) } }

    /// Whether both have the same fields in the same order, letter for letter.
    package func isSpelledLike(_ other: HTTPHeaderFields) -> Bool {
        fields.elementsEqual(other.fields) { $0.value == $1.value && $0.name == $1.name }
    }

    package mutating func append(_ name: String, _ value: String) { fields.append(Field(name, value)) }

    /// Leaves one field of this name: the given one, at the end.
    package mutating func replace(_ name: String, with value: String) {
        remove(name)
        append(name, value)
    }

    package mutating func remove(_ name: String) { fields.removeAll { isSameToken($0.name, name) } }

    /// The members of a comma-separated list spread over all fields of this name, trimmed, empty ones left
    /// out (RFC 9110 5.6.1). Not for fields whose members may hold quoted commas.
    package func list(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }.map(trimmedOfBlanks).filter { !$0.isEmpty }
    }
}

extension HTTPHeaderFields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field($0.0, $0.1) }
    }
}

/// Whether two tokens differ at most in the case of ASCII letters.
func isSameToken(_ lhs: some StringProtocol, _ rhs: some StringProtocol) -> Bool {
    // Most names differ in their length, and are compared with each other for every field that is looked up.
    guard lhs.utf8.count == rhs.utf8.count else { return false }
    func folded(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
    return lhs.utf8.elementsEqual(rhs.utf8) { folded($0) == folded($1) }
}

/// The text without blanks and tabs at its ends (`OWS`, RFC 9110 5.6.3).
func trimmedOfBlanks(_ text: some StringProtocol) -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    var rest = Substring(text).drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
}
