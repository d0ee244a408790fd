/// How a run of a program ended. A non-zero exit is a result, not an error.
package struct ProgramResult: Sendable, Equatable {
    package enum Ending: Sendable, Equatable {
        /// It ended by itself, with this code.
        case exited(Int32)
        /// A signal ended it, and not one of ours.
        case signaled(Int32, coreDumped: Bool)
        /// It was ended because its time was over.
        case timedOut
        /// It was ended because the task was cancelled, or the daemon is going down.
        case cancelled
        /// It never ran. `errno` is the system's number for it.
        case couldNotStart(errno: Int32, reason: String)
        /// What confines it failed, so how it ended is not known.
        case runnerFailed(reason: String)
    }

    package let ending: Ending
    /// The first bytes of its output, standard output and error merged, in the order written.
    package let output: [UInt8]
    /// There was more output than the limit.
    package let truncated: Bool
    /// Processes it had started that had to be killed when it ended.
    package let leftovers: Int
    /// Processes that even SIGKILL had not ended 3 s later (they wait in the kernel, for a dead disk say).
    package let survivors: Int
    /// From its start to its end, or until it was given up.
    package let elapsed: Duration

    package init(
        ending: Ending, output: [UInt8] = [], truncated: Bool = false, leftovers: Int = 0, survivors: Int = 0,
        elapsed: Duration = .zero
    ) {
        self.ending = ending
        self.output = output
        self.truncated = truncated
        self.leftovers = leftovers
        self.survivors = survivors
        self.elapsed = elapsed
    }

    /// The output as text that can be quoted anywhere, in an XML document too: invalid UTF-8 is
    /// replaced by U+FFFD, a control character other than tab and line feed is written `\u{1B}`, a
    /// carriage return before a line feed and white space at the end are dropped.
    package var outputText: String {
        var text = ""
        for character in String(decoding: output, as: UTF8.self) {
            if character == "\r\n" {
                text.append("\n")
                continue
            }
            for scalar in character.unicodeScalars {
                let quoted =
                    switch scalar.value {
                    case 9, 10: false
                    case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: true
                    default: false
                    }
                if quoted {
                    text.append("\\u{\(String(scalar.value, radix: 16, uppercase: true))}")
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
