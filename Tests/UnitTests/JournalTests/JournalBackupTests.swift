import GRDB
import Glibc
import MigrationLogic
import Testing

@testable import Journal

@Suite struct JournalBackupTests {
    private let directory: TemporaryDirectory
    private let backup: String

    init() throws {
        directory = try TemporaryDirectory()
        backup = "\(directory.path)/backup.sqlite"
    }

    private func backedUp() async throws -> JournalContents {
        let opened = try await directory.file.open(now: noon)
        try await fill(opened.journal)
        try await opened.journal.backUp(to: backup)
        let contents = try await opened.journal.load()
        try await opened.journal.commit(Commit(jobs: [job("later", at: 1000)]))
        try await opened.journal.close()
        return contents
    }

    private func expectRefusal(
        _ code: JournalError.Code, from backup: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = (directory.names, try directory.read("journal.sqlite"))
        await #expect(throws: JournalError(code, path: "", ""), sourceLocation: sourceLocation) {
            _ = try await directory.file.restore(from: backup, now: noon)
        }
        #expect(directory.names == before.0)
        #expect(try directory.read("journal.sqlite") == before.1)
    }

    @Test func aBackupIsOnePrivateFileWithEverything() async throws {
        let contents = try await backedUp()
        #expect(directory.names == ["backup.sqlite", "identity", "journal.sqlite", "journal.sqlite.lock"])
        var status = stat()
        #expect(stat(backup, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let restored = try await directory.file.restore(from: backup, now: noon)
        #expect(restored.setAside == "\(directory.journal).replaced-20260131T120000Z")
        let start = try await Start(directory)
        #expect(start.contents == restored.contents)
        #expect(start.contents.recoveryNeed?.reason.contains("restored from a backup") == true)
        var expected = contents
        expected.recoveryNeed = start.contents.recoveryNeed
        #expect(start.contents == expected)
    }

    @Test func aBackupNeverOverwrites() async throws {
        let opened = try await directory.file.open(now: noon)
        try directory.write("backup.sqlite", [7])
        await #expect(throws: JournalError(.cannotOpen, path: "", "")) { try await opened.journal.backUp(to: backup) }
        #expect(try directory.read("backup.sqlite") == [7])
        await #expect(throws: JournalError(.cannotOpen, path: "", "")) {
            try await opened.journal.backUp(to: "\(directory.path)/missing/backup.sqlite")
        }
        try await opened.journal.close()
    }

    @Test func aBackupWhileCommittingIsAMomentOfTheJournal() async throws {
        let opened = try await directory.file.open(now: noon)
        let journal = opened.journal
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for number in 0..<150 { try await journal.commit(commit(number)) } }
            for number in 0..<6 {
                let path = "\(directory.path)/backup-\(number)"
                group.addTask { try await journal.backUp(to: path) }
            }
            try await group.waitForAll()
        }
        #expect(try await journal.load().jobs.count == 150)
        try await journal.close()
        for number in 0..<6 {
            let restored = try await directory.file.restore(from: "\(directory.path)/backup-\(number)", now: noon)
            let count = restored.contents.jobs.count
            #expect(restored.contents.jobs.map(\.id.text) == (0..<count).map { "j\($0)" })
            #expect(restored.contents.generations[guestA] == (count == 0 ? nil : UInt64(count)))
        }
    }

    private func commit(_ number: Int) -> Commit {
        Commit(jobs: [job("j\(number)", at: Int64(number))], generations: [guestA: UInt64(number + 1)])
    }

    @Test func whatIsDamagedNewerOrNoJournalIsNotRestored() async throws {
        _ = try await backedUp()
        var bytes = try directory.read("backup.sqlite")
        bytes[bytes.count / 2] ^= 0xFF
        for index in 4096..<4200 { bytes[index] = 0xFF }
        try directory.write("damaged", bytes)
        try await expectRefusal(.corrupt, from: "\(directory.path)/damaged")
        try directory.write("text", Array("not a journal".utf8))
        try await expectRefusal(.corrupt, from: "\(directory.path)/text")
        try await expectRefusal(.cannotOpen, from: "\(directory.path)/missing")
        let queue = try DatabaseQueue(path: backup)
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')") }
        try queue.close()
        try await expectRefusal(.newer, from: backup)
    }

    @Test func anotherDaemonsBackupIsRefusedUntilTheIdentityIsGone() async throws {
        let theirs = try await backedUp()
        let other = try TemporaryDirectory()
        _ = try await Start(other)
        await #expect(throws: JournalError(.foreign, path: "", "")) {
            _ = try await other.file.restore(from: backup, now: noon)
        }
        unlink("\(other.path)/identity")
        _ = try await other.file.restore(from: backup, now: noon)
        let start = try await Start(other)
        #expect(start.contents.daemon == theirs.daemon)
        #expect(start.contents.jobs == theirs.jobs)
        #expect(start.contents.recoveryNeed != nil)
    }

    @Test func aJournalInUseIsNotReplaced() async throws {
        _ = try await backedUp()
        let opened = try await directory.file.open(now: noon)
        await #expect(throws: JournalError(.inUse, path: "", "")) {
            _ = try await directory.file.restore(from: backup, now: noon)
        }
        try await opened.journal.commit(Commit(jobs: [job("still mine")]))
        try await opened.journal.close()
    }

    @Test func aRestoreThatWasCutShortIsAJournalThatIsMissing() async throws {
        _ = try await backedUp()
        #expect(rename(directory.journal, "\(directory.journal).replaced-x") == 0)
        #expect(rename(backup, "\(directory.journal).new") == 0)
        let start = try await Start(directory)
        #expect(start.contents.recoveryNeed?.reason.contains("replaced-x") == true)
        #expect(start.contents.jobs.isEmpty)
    }
}
