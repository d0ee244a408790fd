/// What `confine` says about a run: one line of `key=value`, then the captured output.
struct ConfineReport: Equatable {
    let result: ProgramResult
    /// The step of starting that failed, with its `errno`; `nil` when the program ran.
    let failure: StartFailure?

    struct StartFailure: Equatable {
        let stage: String
        let errno: Int32
    }

    /// The longest header: twelve keys with their largest values.
    static let headerBound = 512

    /// `nil` unless the bytes are exactly one whole report.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end < Self.headerBound,
            let fields = Self.fields(String(decoding: bytes[..<end], as: UTF8.self))
        else { return nil }
        func number(_ key: String) -> Int? {
            guard let text = fields[key], let value = Int(text), value >= 0 else { return nil }
            return value
        }
        guard let ended = fields["ended"], let stage = fields["stage"],
            let code = number("code"), let signal = number("signal"), let core = number("core"),
            let errno = number("errno"), let outputBytes = number("output-bytes"),
            let truncated = number("truncated"), let leftovers = number("leftovers"),
            let survivors = number("survivors"), let elapsed = number("elapsed-us"),
            outputBytes == bytes.count - end - 1
        else { return nil }

        let ending: ProgramResult.Ending
        var failure: StartFailure?
        switch ended {
        case "exited": ending = .exited(Int32(truncatingIfNeeded: code))
        case "signaled": ending = .signaled(Int32(truncatingIfNeeded: signal), coreDumped: core != 0)
        case "timeout": ending = .timedOut
        case "cancelled": ending = .cancelled
        case "abandoned":
            ending = .runnerFailed(
                reason: "a part of confine was killed; the program was ended, and all it had started")
        case "not-started":
            failure = StartFailure(stage: stage, errno: Int32(truncatingIfNeeded: errno))
            ending = .couldNotStart(errno: Int32(truncatingIfNeeded: errno), reason: stage)
        default: return nil
        }
        self.failure = failure
        result = ProgramResult(
            ending: ending, output: Array(bytes[(end + 1)...]), truncated: truncated != 0, leftovers: leftovers,
            survivors: survivors, elapsed: .microseconds(elapsed))
    }

    private static func fields(_ header: String) -> [String: String]? {
        let words = header.split(separator: " ", omittingEmptySubsequences: false)
        guard words.first == "confine/1" else { return nil }
        var fields: [String: String] = [:]
        for word in words.dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, fields.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                return nil
            }
        }
        return fields
    }
}
