import CIM
import CIMXML

/// What a client sent, in words for the audit log: bounded, and without what must stay secret.
enum AuditText {
    static let textLimit = 512
    static let parameterLimit = 16
    /// A text that is longer is not read for the log's sake: only its length is shown.
    static let textLimitBytes = 65_536
    private static let hidden = "(hidden)"
    private static let secretWords = [
        "password", "passwd", "passphrase", "secret", "credential", "token", "privatekey",
    ]

    /// At most `textLimit` Unicode scalars.
    static func bounded(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: textLimit, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return text }
        return String(scalars[..<end]) + "…"
    }

    static func parameters(of call: CIMXML.MethodCall) -> [AuditRecord.Parameter] {
        parameters(call.arguments.map { ($0.name, text(of: $0)) })
    }

    static func parameters(of call: IntrinsicCall) -> [AuditRecord.Parameter] {
        parameters(
            call.parameters.map { parameter in
                (parameter.name, text(of: CIMXMLTypedItem(type: nil, item: parameter.item), parameter.name))
            })
    }

    private static func parameters(_ all: [(name: CIMName, text: String)]) -> [AuditRecord.Parameter] {
        var shown = all.prefix(parameterLimit).map {
            AuditRecord.Parameter(name: bounded($0.name.text), text: bounded($0.text))
        }
        if all.count > parameterLimit {
            shown.append(AuditRecord.Parameter(name: "…", text: "\(all.count - parameterLimit) more"))
        }
        return shown
    }

    private static func text(of argument: CIMXMLArgument) -> String { text(of: argument.content, argument.name) }

    private static func text(of content: CIMXMLTypedItem, _ name: CIMName) -> String {
        if isSecret(name.text) { return hidden }
        if let bytes = content.item?.bytes, bytes > textLimitBytes { return "(\(bytes) bytes)" }
        do throws(CIMError) {
            guard let value = try content.value() else { return "NULL" }
            return text(of: value)
        } catch {
            return "(\(error.message))"
        }
    }

    private static func text(of value: CIMValue) -> String {
        switch value {
        case .instance(let instance):
            let properties = instance.properties.prefix(64).map { property in
                let text = isSecret(property.name.text) ? hidden : property.value.map(text) ?? "NULL"
                return "\(property.name)=\(text)"
            }
            return "\(instance.className){\(properties.joined(separator: ", "))}"
        case .classObject(let object): return "class \(object.name)"
        case .array(_, let elements):
            return "[\(elements.prefix(64).map { $0.map(text) ?? "NULL" }.joined(separator: ", "))]"
        // On what was acted is what the log is for: a path is shown whatever it is called.
        case .reference(let path): return shortened(path.text)
        default: return hiding(value.text ?? "")
        }
    }

    /// Text that assigns a secret (`password=...`), or bears one in a URI (`user:password@host`), is not shown at all: where
    /// in it the secret ends, cannot be known.
    private static func hiding(_ text: String) -> String {
        let shown = shortened(text)
        return assignsSecret(shown) || bearsUserInfo(shown) ? hidden : shown
    }

    private static func shortened(_ text: String) -> String {
        let bytes = text.utf8.count
        return bytes <= textLimitBytes ? text : "(\(bytes) bytes)"
    }

    /// Whether a secret's word is followed by `=`, `:` or `>`, with nothing but letters, quotes and blanks between.
    private static func assignsSecret(_ text: String) -> Bool {
        let folded = text.lowercased()
        return secretWords.contains { word in
            folded.ranges(of: word).contains { found in
                let next = folded[found.upperBound...].first { !$0.isLetter && !" \t\"'_".contains($0) }
                return next.map { "=:>".contains($0) } ?? false
            }
        }
    }

    private static func isSecret(_ text: String) -> Bool {
        let folded = text.lowercased()
        return secretWords.contains { folded.contains($0) }
    }

    private static func bearsUserInfo(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://") else { return false }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@") else { return false }
        return authority[..<at].contains(":")
    }
}

extension CIMXMLItem {
    /// Of a text or of texts.
    fileprivate var bytes: Int {
        switch self {
        case .value(let text): text.utf8.count
        case .valueArray(let texts): texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        default: 0
        }
    }
}
