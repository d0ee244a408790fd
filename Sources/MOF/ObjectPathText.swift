import CIM

/// Object paths as they are written in MOF: `//host/root/virt:CIM_Class.Key="text",Number=5`, where host and namespace
/// may be left out. Source: DSP0004 8.2.5.
enum ObjectPathText {
    private static let maximumDepth = 8

    /// - Parameter repository: tells the types of the keys as far as it knows the class.
    /// - Returns: `nil` when the text is no path, or its keys are not those of the class.
    static func parse(_ text: String, repository: ClassRepository) -> CIMObjectPath? {
        parse(text, repository: repository, depth: 0)
    }

    private static func parse(_ text: String, repository: ClassRepository, depth: Int) -> CIMObjectPath? {
        var reader = Reader(bytes: Array(text.utf8)[...])
        guard depth < maximumDepth, var path = reader.path() else { return nil }
        guard let declared = repository[path.className] else { return path }
        // In the text a reference looks like a string.
        for (index, key) in path.keys.enumerated() {
            guard declared.property(key.name)?.type == .reference, let text = key.value.stringValue else { continue }
            guard let target = parse(text, repository: repository, depth: depth + 1) else { return nil }
            path.keys[index].value = .reference(target)
        }
        do throws(CIMError) {
            return try repository.normalized(path)
        } catch {
            return nil
        }
    }

    static func text(of path: CIMObjectPath) -> String {
        var text = ""
        if let host = path.host { text += "//\(host)/" }
        if let namespace = path.namespace { text += "\(namespace):" }
        text += path.className.text
        guard !path.isClassPath else { return text }
        if path.keys.isEmpty { return text + "=@" }
        return text + "." + path.keys.map { "\($0.name)=\(valueText($0.value))" }.joined(separator: ",")
    }

    private static func valueText(_ value: CIMValue) -> String {
        switch value {
        case .string, .datetime: quoted(value.text ?? "")
        case .reference(let path): quoted(text(of: path))
        case .char16: "'\(value.text ?? "")'"
        default: value.text ?? quoted("")
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}

/// Reads one path from the front of some bytes.
private struct Reader {
    var bytes: ArraySlice<UInt8>

    mutating func path() -> CIMObjectPath? {
        var host: String?
        if bytes.starts(with: Array("//".utf8)) {
            bytes = bytes.dropFirst(2)
            guard let end = bytes.firstIndex(of: UInt8(ascii: "/")), end > bytes.startIndex else { return nil }
            host = String(decoding: bytes[..<end], as: UTF8.self)
            bytes = bytes[(end + 1)...]
        }
        var namespace: CIMNamespace?
        let head = bytes.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\"") }
        if let colon = head.lastIndex(of: UInt8(ascii: ":")) {
            namespace = CIMNamespace(String(decoding: bytes[..<colon], as: UTF8.self))
            guard namespace != nil else { return nil }
            bytes = bytes[(colon + 1)...]
        } else if host != nil {
            return nil
        }
        guard let className = name() else { return nil }
        var path = CIMObjectPath(host: host, namespace: namespace, className: className)
        if bytes.isEmpty {
            path.isClassPath = true
            return path
        }
        if bytes.elementsEqual("=@".utf8) { return path }
        guard take(".") else { return nil }
        repeat {
            guard let key = name(), take("="), let value = value() else { return nil }
            path.keys.append(CIMKeyBinding(key, value))
        } while take(",")
        return bytes.isEmpty ? path : nil
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard let first = bytes.first, Unicode.Scalar(first) == mark else { return false }
        bytes = bytes.dropFirst()
        return true
    }

    private mutating func name() -> CIMName? {
        let end = bytes.firstIndex { ".=,".utf8.contains($0) } ?? bytes.endIndex
        defer { bytes = bytes[end...] }
        return CIMName(String(decoding: bytes[..<end], as: UTF8.self))
    }

    private mutating func value() -> CIMValue? {
        if take("\"") { return quoted(until: UInt8(ascii: "\"")).map(CIMValue.string) }
        if take("'") { return quoted(until: UInt8(ascii: "'")).flatMap { CIMValue(text: $0, type: .char16) } }
        let end = bytes.firstIndex(of: UInt8(ascii: ",")) ?? bytes.endIndex
        let token = String(decoding: bytes[..<end], as: UTF8.self)
        bytes = bytes[end...]
        for type: CIMType in [.boolean, .sint64, .uint64, .real64] {
            if let value = CIMValue(text: token, type: type) { return value }
        }
        return nil
    }

    /// What stands before the closing mark, which is passed; a backslash takes the next character as it is.
    private mutating func quoted(until mark: UInt8) -> String? {
        var content: [UInt8] = []
        while let next = bytes.popFirst() {
            if next == mark { return String(decoding: content, as: UTF8.self) }
            if next == UInt8(ascii: "\\") {
                guard let escaped = bytes.popFirst() else { return nil }
                content.append(escaped)
            } else {
                content.append(next)
            }
        }
        return nil
    }
}
