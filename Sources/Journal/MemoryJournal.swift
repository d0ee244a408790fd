import MigrationLogic
import Synchronization

/// A journal that lives as long as the process: for tests and simulations.
package final class MemoryJournal: JournalStore {
    private struct Contents {
        var jobs: [JobID: JobRecord] = [:]
        var isClosed = false
        var failures = 0
    }

    private let contents: Mutex<Contents>

    package init(jobs: [JobRecord] = []) {
        contents = Mutex(Contents(jobs: Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0) })))
    }

    /// Makes the next commits fail as a full disk does.
    package func failNextCommits(_ count: Int) { contents.withLock { $0.failures = count } }

    package func load() async throws(JournalError) -> [JobRecord] {
        try contents.withLock { contents throws(JournalError) in
            try Self.checkOpen(contents)
            return contents.jobs.values.sorted { $0.id < $1.id }
        }
    }

    package func commit(_ commit: Commit) async throws(JournalError) {
        try contents.withLock { contents throws(JournalError) in
            try Self.checkOpen(contents)
            guard contents.failures == 0 else {
                contents.failures -= 1
                throw JournalError(.diskFull, path: "memory", "no space left")
            }
            for job in commit.jobs { contents.jobs[job.id] = job }
            for id in commit.removed { contents.jobs[id] = nil }
        }
    }

    package func close() async throws(JournalError) { contents.withLock { $0.isClosed = true } }

    private static func checkOpen(_ contents: borrowing Contents) throws(JournalError) {
        if contents.isClosed { throw JournalError(.closed, path: "memory", "the journal is closed") }
    }
}
