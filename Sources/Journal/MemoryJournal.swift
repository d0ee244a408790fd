import MigrationLogic
import Synchronization

/// A journal that lives as long as the process: for tests and simulations.
package final class MemoryJournal: JournalStore {
    private struct State {
        var contents: JournalContents
        var isClosed = false
        var failures = 0
    }

    private let state: Mutex<State>

    package init(_ contents: JournalContents = JournalContents(daemon: "memory")) {
        state = Mutex(State(contents: contents))
    }

    package convenience init(jobs: [JobRecord]) { self.init(JournalContents(daemon: "memory", jobs: jobs)) }

    /// Makes the next commits fail as a full disk does.
    package func failNextCommits(_ count: Int) { state.withLock { $0.failures = count } }

    package func load() async throws(JournalError) -> JournalContents {
        try state.withLock { state throws(JournalError) in
            try Self.checkOpen(state)
            var contents = state.contents
            contents.jobs.sort { ($0.submittedAt, $0.id) < ($1.submittedAt, $1.id) }
            return contents
        }
    }

    package func commit(_ commit: Commit) async throws(JournalError) {
        try state.withLock { state throws(JournalError) in
            try Self.checkOpen(state)
            guard state.failures == 0 else {
                state.failures -= 1
                throw JournalError(.diskFull, path: "memory", "no space left")
            }
            state.contents.apply(commit)
        }
    }

    /// Always fails: what goes with the process has no backup.
    package func backUp(to path: String) async throws(JournalError) {
        throw JournalError(.failed, path: path, "a journal in memory cannot be backed up; nothing was written")
    }

    package func close() async throws(JournalError) { state.withLock { $0.isClosed = true } }

    private static func checkOpen(_ state: borrowing State) throws(JournalError) {
        if state.isClosed { throw JournalError(.closed, path: "memory", "the journal is closed") }
    }
}

extension JournalContents {
    /// What a commit does to the contents: the rules that the journal on disk keeps too.
    fileprivate mutating func apply(_ commit: Commit) {
        let replaced = Set(commit.jobs.map(\.id)).union(commit.removed)
        jobs.removeAll { replaced.contains($0.id) }
        jobs += commit.jobs.filter { !commit.removed.contains($0.id) }
        generations.merge(commit.generations) { max($0, $1) }
        adopted.formUnion(commit.adopted)
        if commit.endsRecovery { recoveryNeed = nil }
    }
}
