import FoundationEssentials
import GRDB
import Glibc
import HypervisorAPI
import MigrationLogic
import Testing

@testable import Journal

/// A directory of the test's own, removed with it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/migrationd-journal-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw JournalError(.failed, path: "/tmp", "mkdtemp failed") }
        path = String(cString: made)
    }

    deinit {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

private func job(_ id: String, at microseconds: Int64 = 1) -> JobRecord {
    let host = HostDescription(name: "alpha", uri: "qemu+tcp://alpha/system")
    let plan = MigrationPlan(
        guestName: "web \u{1F980}", guestUUID: DomainUUID("11111111-2222-4333-8444-555555555555")!, source: host,
        destination: host,
        request: MigrationRequest(guest: .name("web"), destination: "beta", checkParameters: ["a=1", ""]))
    return JobRecord(id: JobID(id), plan: plan, at: Timestamp(microseconds: microseconds))
}

@Suite struct JournalContractTests {
    enum Kind: CaseIterable { case memory, sqlite }

    private func withStore(_ kind: Kind, _ body: (any JournalStore) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let store: any JournalStore =
            switch kind {
            case .memory: MemoryJournal()
            case .sqlite: try await SQLiteJournal(path: "\(directory.path)/journal.sqlite")
            }
        try await body(store)
        try await store.close()
    }

    @Test(arguments: Kind.allCases) func whatWasCommittedIsReadBackWhole(kind: Kind) async throws {
        try await withStore(kind) { store in
            let record = job("a")
            try await store.commit(Commit(jobs: [record]))
            let loaded = try await store.load()
            #expect(loaded == [record])
            #expect(loaded.first?.plan.guestName == record.plan.guestName)
            #expect(loaded.first?.plan.request.checkParameters == ["a=1", ""])
            #expect(loaded.first?.timeline == record.timeline)
        }
    }

    @Test(arguments: Kind.allCases) func aLaterRecordReplacesAndARemovalRemoves(kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.commit(Commit(jobs: [job("a"), job("b")]))
            try await store.commit(Commit(jobs: [job("b", at: 1)], removed: [JobID("a")]))
            #expect(try await store.load().map(\.id.text) == ["b"])
        }
    }

    @Test(arguments: Kind.allCases) func aClosedJournalRefuses(kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.close()
            await #expect(throws: JournalError(.closed, path: "", "")) { try await store.commit(Commit(jobs: [job("a")])) }
        }
    }
}

@Suite struct SQLiteJournalTests {
    @Test func itSurvivesBeingOpenedAgain() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        let first = try await SQLiteJournal(path: path)
        try await first.commit(Commit(jobs: [job("a")]))
        try await first.close()
        let second = try await SQLiteJournal(path: path)
        #expect(try await second.load().map(\.id.text) == ["a"])
        try await second.close()
    }

    @Test func onlyItsOwnerMayReadIt() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        let store = try await SQLiteJournal(path: path)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        try await store.close()
    }

    @Test func aSecondProcessIsKeptOut() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        let first = try await SQLiteJournal(path: path)
        await #expect(throws: JournalError(.inUse, path: "", "")) { _ = try await SQLiteJournal(path: path) }
        try await first.close()
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        let garbage = Data(repeating: 0x5A, count: 8192)
        try garbage.write(to: URL(filePath: path))
        await #expect(throws: JournalError(.corrupt, path: "", "")) { _ = try await SQLiteJournal(path: path) }
        #expect(try Data(contentsOf: URL(filePath: path)) == garbage)
    }

    @Test func aFlippedPageIsNoticed() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        let store = try await SQLiteJournal(path: path)
        for number in 0..<50 { try await store.commit(Commit(jobs: [job("j\(number)")])) }
        try await store.close()
        var bytes = try Data(contentsOf: URL(filePath: path))
        #expect(bytes.count > 8192)
        for index in 4096..<4096 + 512 { bytes[index] = 0xFF }
        try bytes.write(to: URL(filePath: path))
        await #expect(throws: JournalError(.corrupt, path: "", "")) { _ = try await SQLiteJournal(path: path) }
    }

    @Test func aNewerFileIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        try await SQLiteJournal(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')") }
        try queue.close()
        await #expect(throws: JournalError(.newer, path: "", "")) { _ = try await SQLiteJournal(path: path) }
    }

    @Test func aMissingDirectoryIsSaid() async throws {
        await #expect(throws: JournalError(.cannotOpen, path: "", "")) {
            _ = try await SQLiteJournal(path: "/nonexistent/journal.sqlite")
        }
    }

    @Test func aSymbolicLinkIsNotFollowed() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/journal.sqlite"
        #expect(symlink("/tmp/elsewhere.sqlite", path) == 0)
        await #expect(throws: JournalError(.cannotOpen, path: "", "")) { _ = try await SQLiteJournal(path: path) }
    }
}
