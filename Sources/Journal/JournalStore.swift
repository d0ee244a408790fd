import MigrationLogic

/// Makes commits durable and reads back what they left.
package protocol JournalStore: Sendable {
    /// Everything that the journal keeps; jobs in the order in which they were submitted.
    func load() async throws(JournalError) -> JournalContents

    /// Makes a commit durable, all of it or nothing. Returning means: it survives a loss of power.
    func commit(_ commit: Commit) async throws(JournalError)

    /// Writes a copy of the journal, as of the last commit, to a new file that only the owner can read, while the
    /// journal goes on being used; the copy is complete, verified and durable on return.
    /// - Throws: `.cannotOpen` when the file exists already or cannot be made.
    func backUp(to path: String) async throws(JournalError)

    /// Closes the journal; later calls fail.
    func close() async throws(JournalError)
}

/// What went wrong with the journal. Equality is by code.
package struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case cannotOpen
        /// Another process has it open.
        case inUse
        /// The file is not a journal, or is damaged.
        case corrupt
        /// Written by a newer version of the program.
        case newer
        /// The settings that make a commit durable did not take.
        case notDurable
        case diskFull
        case closed
        case failed
    }

    package let code: Code
    package let path: String
    /// What was tried, what came back, what to do.
    package let message: String

    package init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    package var description: String { "journal \(path): \(message)" }
    package static func == (lhs: JournalError, rhs: JournalError) -> Bool { lhs.code == rhs.code }
}
