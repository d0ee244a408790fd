/// The name of a CIM element: a class, property, method, parameter, qualifier or role.
///
/// Two names are equal when they differ only in case; the spelling that was given is kept for
/// output. Grammar: an ASCII letter, an underscore or U+0080...U+FFEF, followed by those or digits.
/// Source: DSP0004 5.1.2.8 (case) and Annex A (`IDENTIFIER`).
package struct CIMName: Hashable, Sendable {
    /// The name as it was spelled.
    package let text: String
    /// Of the name in lower case. Names are compared and looked up far more often than they are made.
    private let foldedHash: Int

    /// Fails (`nil`) when `text` is not an identifier.
    package init?(_ text: String) {
        guard Self.isIdentifier(text) else { return nil }
        self.init(unchecked: text)
    }

    /// A name that a lexer has cut out of a text.
    /// - Parameter bytes: UTF-8 that follows the grammar above; it is not looked at again.
    package init(identifier bytes: ArraySlice<UInt8>) {
        self.init(unchecked: String(decoding: bytes, as: UTF8.self))
    }

    private init(unchecked text: String) {
        self.text = text
        self.foldedHash = Self.foldedHash(text)
    }

    package static func == (lhs: CIMName, rhs: CIMName) -> Bool {
        lhs.foldedHash == rhs.foldedHash && (lhs.text == rhs.text || lhs.folded == rhs.folded)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(foldedHash) }

    fileprivate var folded: String { text.lowercased() }

    private static func foldedHash(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { folded in
                for index in bytes.indices {
                    let byte = bytes[index]
                    // Beyond ASCII, lower case is a matter of tables.
                    guard byte < 0x80 else { return String(decoding: bytes, as: UTF8.self).lowercased().hashValue }
                    let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                    folded.initializeElement(at: index, to: isUpper ? byte | 0x20 : byte)
                }
                var hasher = Hasher()
                hasher.combine(bytes: UnsafeRawBufferPointer(folded))
                return hasher.finalize()
            }
        }
    }

    private static func isIdentifier(_ text: String) -> Bool {
        var first = true
        for scalar in text.unicodeScalars {
            switch scalar {
            case "A"..."Z", "a"..."z", "_", "\u{80}"..."\u{FFEF}": break
            case "0"..."9" where !first: break
            default: return false
            }
            first = false
        }
        return !first
    }
}

extension CIMName: ExpressibleByStringLiteral {
    /// For names written in this program. A literal that is no identifier is a programmer's mistake and traps.
    package init(stringLiteral value: StaticString) {
        let text = value.description
        precondition(Self.isIdentifier(text), "not a CIM identifier: \(text)")
        self.init(unchecked: text)
    }
}

extension CIMName: CustomStringConvertible, Comparable {
    package var description: String { text }
    package static func < (lhs: CIMName, rhs: CIMName) -> Bool { lhs.folded < rhs.folded }
}

/// The names of qualifiers that have a meaning here. A literal would be made anew at each use.
extension CIMName {
    package static let abstract: CIMName = "Abstract"
    package static let association: CIMName = "Association"
    package static let embeddedInstance: CIMName = "EmbeddedInstance"
    package static let embeddedObject: CIMName = "EmbeddedObject"
    package static let indication: CIMName = "Indication"
    package static let key: CIMName = "Key"
    package static let override: CIMName = "Override"
    package static let terminal: CIMName = "Terminal"
    package static let valueMap: CIMName = "ValueMap"
    package static let values: CIMName = "Values"
}

/// A namespace: components separated by `/`, compared without regard to case (`root/virt`).
/// Source: DSP0004 8.2.2.
package struct CIMNamespace: Hashable, Sendable, CustomStringConvertible {
    /// The components joined by `/`, without leading or trailing slash.
    package let text: String
    private let folded: String

    /// Fails (`nil`) when there is no component, or one is empty or holds anything but
    /// letters, digits, `_`, `-` and `.`.
    package init?(_ text: String) {
        var trimmed = Substring(text)
        if trimmed.hasPrefix("/") { trimmed = trimmed.dropFirst() }
        if trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        let components = trimmed.split(separator: "/", omittingEmptySubsequences: false)
        guard !components.isEmpty, components.allSatisfy(Self.isComponent) else { return nil }
        self.text = String(trimmed)
        self.folded = self.text.lowercased()
    }

    package var components: [String] { text.split(separator: "/").map(String.init) }
    package var description: String { text }
    package static func == (lhs: CIMNamespace, rhs: CIMNamespace) -> Bool { lhs.folded == rhs.folded }
    package func hash(into hasher: inout Hasher) { hasher.combine(folded) }

    private static func isComponent(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "A"..."Z", "a"..."z", "0"..."9", "_", "-", ".", "\u{80}"..."\u{FFEF}": true
                default: false
                }
            }
    }
}
