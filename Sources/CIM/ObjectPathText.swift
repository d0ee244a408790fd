// Object paths as text: `root/virt:CIM_Job.InstanceID="7"`, the form of the CIMObject header, of references inside
// strings, and of messages for people. Source: DSP0004 8.2.5, DSP0200 6.3.6.

extension CIMObjectPath {
    /// Reads `[//host/][namespace:]Class[.key=value,...]`. Without keys the path is that of a class; `Class=@` is the
    /// only instance of a keyless class.
    ///
    /// A number has no type here: it becomes the widest integer of its sign or a `real64`, and a key that is a datetime
    /// or a reference remains the string it was quoted as, until `ClassRepository.normalized(_:)` gives each key the
    /// type its class declares.
    /// - Throws: `.invalidParameter`, saying what was expected at which character (counted from 1).
    package init(text: String) throws(CIMError) {
        var reader = ObjectPathReader(text)
        self = try reader.path()
    }

    /// The path as text, its keys in the order they are in. Reading it back gives an equal path once both are
    /// normalized.
    package var text: String {
        let place = (host.map { "//\($0)/" } ?? "") + (namespace.map { "\($0):" } ?? "")
        if isClassPath { return place + className.text }
        if keys.isEmpty { return place + className.text + "=@" }
        return place + className.text + "."
            + keys.map { "\($0.name)=\(Self.text(of: $0.value))" }.joined(separator: ",")
    }

    private static func text(of value: CIMValue) -> String {
        switch value {
        case .reference(let path): quoted(path.text, "\"")
        case .string, .datetime: quoted(value.text ?? "", "\"")
        case .char16: quoted(value.text ?? "", "'")
        default: value.text ?? "\"\""
        }
    }

    private static func quoted(_ text: String, _ quote: Character) -> String {
        var result = String(quote)
        for character in text {
            if character == quote || character == "\\" { result.append("\\") }
            result.append(character)
        }
        result.append(quote)
        return result
    }
}

extension CIMObjectPath: CustomStringConvertible {
    package var description: String { text }
}

/// A cursor over the text of a path. It works on scalars: a combining mark after a quote must not hide the quote.
private struct ObjectPathReader {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    mutating func path() throws(CIMError) -> CIMObjectPath {
        let host = try host()
        let namespace = try namespace()
        let start = index
        guard let name = CIMName(take { $0 != "." && $0 != "=" }) else {
            throw expected("a class name", at: start)
        }
        var path = CIMObjectPath(host: host, namespace: namespace, className: name, isClassPath: true)
        guard index < scalars.count else { return path }
        path.isClassPath = false
        if accept("=") {
            guard accept("@") else { throw expected("'@' after 'Class=' (a keyless instance)") }
        } else {
            index += 1
            repeat { path.keys.append(try binding()) } while accept(",")
        }
        guard index == scalars.count else { throw expected("',' or the end") }
        return path
    }

    private mutating func host() throws(CIMError) -> String? {
        guard scalars.starts(with: "//".unicodeScalars) else { return nil }
        index = 2
        let host = take { $0 != "/" }
        guard !host.isEmpty, accept("/") else { throw expected("'//host/'") }
        return host
    }

    private mutating func namespace() throws(CIMError) -> CIMNamespace? {
        let rest = scalars[index...]
        // A colon after a quote or an equals sign belongs to a key.
        let head = rest.prefix { $0 != "\"" && $0 != "'" && $0 != "=" }
        guard let colon = head.firstIndex(of: ":") else {
            _ = accept("/")
            return nil
        }
        let start = index
        let text = take { $0 != ":" }
        index = colon + 1
        if text.isEmpty || text == "/" { return nil }
        guard let namespace = CIMNamespace(text) else { throw expected("a namespace before ':'", at: start) }
        return namespace
    }

    private mutating func binding() throws(CIMError) -> CIMKeyBinding {
        let start = index
        guard let name = CIMName(take { $0 != "=" && $0 != "," }) else { throw expected("a key name", at: start) }
        guard accept("=") else { throw expected("'=' after key \(name)") }
        return CIMKeyBinding(name, try value())
    }

    private mutating func value() throws(CIMError) -> CIMValue {
        if accept("\"") { return .string(try quoted("\"")) }
        let start = index
        if accept("'") {
            guard let value = CIMValue(text: try quoted("'"), type: .char16) else {
                throw expected("one character in single quotes", at: start)
            }
            return value
        }
        let token = take { $0 != "," }
        if let flag = CIMValue(text: token, type: .boolean) { return flag }
        if let moment = CIMDateTime(token) { return .datetime(moment) }
        for type in [CIMType.uint64, .sint64, .real64] {
            if let number = CIMValue(text: token, type: type) { return number }
        }
        throw expected("a value: a quoted string, a number, TRUE or FALSE", at: start)
    }

    /// What follows an opening quote, up to the closing one. Escapes: DSP0004 8.2.5 refers to those of MOF; the
    /// hexadecimal ones are not in use in paths.
    private mutating func quoted(_ quote: Unicode.Scalar) throws(CIMError) -> String {
        let start = index
        var result = String.UnicodeScalarView()
        while index < scalars.count {
            var scalar = scalars[index]
            index += 1
            if scalar == quote { return String(result) }
            if scalar == "\\" {
                guard index < scalars.count, let meant = Self.escapes[scalars[index]] else {
                    throw expected("one of \\\" \\' \\\\ \\b \\t \\n \\f \\r", at: index - 1)
                }
                scalar = meant
                index += 1
            }
            result.append(scalar)
        }
        throw expected("a closing \(quote) for the one", at: start - 1)
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "\"": "\"", "'": "'", "\\": "\\", "b": "\u{8}", "t": "\t", "n": "\n", "f": "\u{C}", "r": "\r",
    ]

    private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
        guard index < scalars.count, scalars[index] == scalar else { return false }
        index += 1
        return true
    }

    private mutating func take(while condition: (Unicode.Scalar) -> Bool) -> String {
        let taken = scalars[index...].prefix(while: condition)
        index += taken.count
        return String(String.UnicodeScalarView(taken))
    }

    private func expected(_ what: String, at place: Int? = nil) -> CIMError {
        CIMError(.invalidParameter, "not an object path: expected \(what) at character \((place ?? index) + 1)")
    }
}
