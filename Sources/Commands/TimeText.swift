import CIM

/// CIM datetimes as people read them: `2026-11-21 03:11:33 UTC`.
enum TimeText {
    /// - Parameter text: a point in time in its 25-character form; anything else is returned as it is.
    static func readable(_ text: String) -> String {
        guard let time = CIMDateTime(text), !time.isInterval else { return text }
        let fields = Array(text)
        func field(_ range: Range<Int>) -> String { String(fields[range]) }
        let day = [field(0..<4), field(4..<6), field(6..<8)].joined(separator: "-")
        let clock = [field(8..<10), field(10..<12), field(12..<14)].joined(separator: ":")
        return "\(day) \(clock)" + (text.hasSuffix("+000") ? " UTC" : field(21..<25))
    }

    /// A line of a job's timeline, which begins with its time.
    static func readableLine(_ line: String) -> String {
        guard let space = line.firstIndex(of: " ") else { return line }
        return readable(String(line[..<space])) + "  " + line[line.index(after: space)...]
    }
}
