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
