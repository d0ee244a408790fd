import Journal
import MigrationLogic

/// Puts a copy of the journal in the journal's place, for a daemon that does not run.
package enum JournalRestore {
    /// - Parameter backup: relative to the working directory, or absolute.
    /// - Returns: what was done, for people.
    /// - Throws: `StartError` when the daemon runs, or the copy is none that can be used; nothing was changed then.
    package static func run(_ configuration: Configuration, from backup: String) async throws(StartError) -> String {
        let directory = try StateDirectory(
            path: configuration.service.stateDirectory, isReachable: configuration.checks.runAs != nil)
        let working = ConfigurationSurroundings.live().workingDirectory
        let path = backup.hasPrefix("/") ? backup : "\(working)/\(backup)"
        do throws(JournalError) {
            let restored = try await directory.journalFile.restore(from: path, now: Timestamp.wallClock())
            let old = restored.setAside.map { " The journal that was there is now \($0)." } ?? ""
            return "Restored \(directory.journal) from \(path): \(restored.contents.jobs.count) jobs.\(old)"
        } catch {
            throw StartError(.journal, "\(error)")
        }
    }
}
