import CIM

/// A record as one line of JSON (RFC 8259), without the line's end. Nothing that a client sends can end a line, or look
/// like another key: control characters, line and paragraph separators, and what turns the direction of writing are
/// escaped.
package struct AuditLine: Sendable {
    /// Groups shown; the number of those that are not follows.
    private static let groupLimit = 64

    private var members: [String] = []

    package var text: String { "{\(members.joined(separator: ","))}" }

    /// - Parameter user: the name of the caller's user, where it has one.
    package init(_ record: AuditRecord, user: String?) {
        addTime(record.atMicroseconds)
        add("connection", record.connection)
        add("message", record.messageID)
        add("uid", record.caller.userID)
        add("user", user)
        add("gid", record.caller.groupIDs.first)
        addGroups(record.caller.groupIDs)
        add("pid", record.caller.processID)
        add("role", record.level?.rawValue)
        add("operation", record.operation)
        add("namespace", record.namespace)
        add("object", record.object)
        if !record.parameters.isEmpty {
            let pairs = record.parameters.map { "\(Self.quoted($0.name)):\(Self.quoted($0.text))" }
            members.append("\"parameters\":{\(pairs.joined(separator: ","))}")
        }
        add(record.outcome)
        add("microseconds", record.durationMicroseconds)
    }

    /// Records that are not there.
    package init(lost count: Int, atMicroseconds: Int64) {
        addTime(atMicroseconds)
        add("outcome", "unrecorded")
        add("records", count)
    }

    private mutating func add(_ outcome: AuditRecord.Outcome) {
        switch outcome {
        case .done(let returned, let job):
            add("outcome", "done")
            add("returned", returned)
            add("job", job)
        case .refused(let code, let reason): add("refused", code, reason)
        case .failed(let code, let reason): add("failed", code, reason)
        case .unreadable(let status, let cimError, let reason):
            add("outcome", "unreadable")
            add("httpStatus", status)
            add("cimError", cimError)
            add("reason", reason)
        }
    }

    private mutating func add(_ outcome: String, _ code: CIMStatusCode, _ reason: String) {
        add("outcome", outcome)
        add("status", code.rawValue)
        add("statusName", code.symbol)
        add("reason", reason)
    }

    private mutating func addTime(_ microseconds: Int64) {
        add("time", CIMDateTime(microsecondsSince1970: microseconds).internetText)
    }

    private mutating func addGroups(_ groups: [UInt32]) {
        guard !groups.isEmpty else { return }
        let shown = groups.prefix(Self.groupLimit).map { "\($0)" }
        members.append("\"groups\":[\(shown.joined(separator: ","))]")
        if groups.count > shown.count { add("moreGroups", groups.count - shown.count) }
    }

    private mutating func add(_ key: String, _ text: String?) {
        if let text { members.append("\"\(key)\":\(Self.quoted(text))") }
    }

    private mutating func add(_ key: String, _ number: (some BinaryInteger)?) {
        if let number { members.append("\"\(key)\":\(number)") }
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            default:
                if isPlain(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    for unit in String(scalar).utf16 { quoted += "\\u" + hex(unit) }
                }
            }
        }
        return quoted + "\""
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: false
        default: true
        }
    }

    private static func hex(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension CIMDateTime {
    /// A time as RFC 3339 writes it.
    fileprivate var internetText: String {
        let digits = text.prefix { $0 != "+" && $0 != "-" && $0 != "." }
        let fraction = text.dropFirst(digits.count + 1).prefix(6)
        func field(_ start: Int, _ count: Int) -> Substring { digits.dropFirst(start).prefix(count) }
        return
            "\(field(0, 4))-\(field(4, 2))-\(field(6, 2))T\(field(8, 2)):\(field(10, 2)):\(field(12, 2)).\(fraction)Z"
    }
}
