import HypervisorAPI
import MigrationLogic
import Testing

@testable import Journal

/// What every journal does, in memory or on disk.
@Suite struct JournalContractTests {
    enum Kind: CaseIterable { case memory, sqlite }

    private func withStore(_ kind: Kind, _ body: (any JournalStore) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let store: any JournalStore =
            switch kind {
            case .memory: MemoryJournal()
            case .sqlite: try await directory.file.open(now: noon).journal
            }
        try await body(store)
        try await store.close()
    }

    @Test(arguments: Kind.allCases) func whatWasCommittedIsReadBackWhole(kind: Kind) async throws {
        try await withStore(kind) { store in
            let record = job("a")
            let before = try await store.load()
            try await store.commit(
                Commit(jobs: [record], generations: [guestA: 7, guestB: .max], adopted: ["one", "two"]))
            let loaded = try await store.load()
            #expect(
                loaded
                    == JournalContents(
                        daemon: before.daemon, jobs: [record], generations: [guestA: 7, guestB: .max],
                        adopted: ["one", "two"]))
            #expect(loaded.jobs.first?.plan.request.checkParameters == ["a=1", ""])
        }
    }

    @Test(arguments: Kind.allCases) func aLaterRecordReplacesAndARemovalRemoves(kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.commit(Commit(jobs: [job("a"), job("b")]))
            try await store.commit(Commit(jobs: [job("b", at: 9)], removed: [JobID("a"), JobID("never there")]))
            #expect(try await store.load().jobs == [job("b", at: 9)])
        }
    }

    @Test(arguments: Kind.allCases) func jobsComeInTheOrderOfTheirSubmission(kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.commit(Commit(jobs: [job("a", at: 3), job("c", at: 1), job("b", at: 1)]))
            #expect(try await store.load().jobs.map(\.id.text) == ["b", "c", "a"])
        }
    }

    @Test(arguments: Kind.allCases) func aGenerationNeverGoesDown(kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.commit(Commit(generations: [guestA: 9, guestB: 1 << 63]))
            try await store.commit(Commit(generations: [guestA: 8, guestB: 5]))
            #expect(try await store.load().generations == [guestA: 9, guestB: 1 << 63])
            try await store.commit(Commit(generations: [guestA: 10]))
            #expect(try await store.load().generations[guestA] == 10)
        }
    }

    @Test(arguments: Kind.allCases) func aClosedJournalRefuses(kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.close()
            await #expect(throws: JournalError(.closed, path: "", "")) {
                try await store.commit(Commit(jobs: [job("a")]))
            }
            await #expect(throws: JournalError(.closed, path: "", "")) { _ = try await store.load() }
        }
    }

    @Test func aNeedInMemoryEndsToo() async throws {
        let need = RecoveryNeed(reason: "test", since: noon)
        let store = MemoryJournal(JournalContents(daemon: "d", recoveryNeed: need))
        try await store.commit(Commit(adopted: ["x"]))
        #expect(try await store.load().recoveryNeed == need)
        try await store.commit(Commit(endsRecovery: true))
        #expect(try await store.load().recoveryNeed == nil)
    }

    @Test func aFailedCommitInMemoryLeavesNothing() async throws {
        let store = MemoryJournal(jobs: [job("a")])
        store.failNextCommits(1)
        await #expect(throws: JournalError(.diskFull, path: "", "")) {
            try await store.commit(Commit(jobs: [job("b")]))
        }
        #expect(try await store.load().jobs == [job("a")])
    }

    @Test func memoryHasNoBackup() async throws {
        let directory = try TemporaryDirectory()
        await #expect(throws: JournalError(.failed, path: "", "")) {
            try await MemoryJournal().backUp(to: "\(directory.path)/copy")
        }
        #expect(directory.names.isEmpty)
    }
}
