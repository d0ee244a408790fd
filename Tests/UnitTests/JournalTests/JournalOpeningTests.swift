import GRDB
import Glibc
import HypervisorAPI
import MigrationLogic
import Testing

@testable import Journal

@Suite struct JournalOpeningTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func opened() async throws -> OpenedJournal { try await directory.file.open(now: noon) }

    @Test func aFirstStartMakesAnIdentityAndNeedsNothing() async throws {
        let start = try await Start(directory)
        #expect(start.outcome == .fresh)
        #expect(start.notices.isEmpty)
        #expect(start.contents.recoveryNeed == nil)
        #expect(DomainUUID(start.contents.daemon)?.text == start.contents.daemon)
        #expect(directory.names == ["identity", "journal.sqlite", "journal.sqlite.lock"])
        for name in directory.names {
            var status = stat()
            #expect(stat("\(directory.path)/\(name)", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600, "\(name)")
        }
        let again = try await Start(directory)
        #expect(again.outcome == .intact)
        #expect(again.contents == start.contents)
    }

    @Test func whatReturnedIsThereAfterAKill() async throws {
        let opened = try await opened()
        var commits = 0
        while commits < 5 {
            try await fill(opened.journal, jobs: 1 + commits)
            commits += 1
            let copy = try Remains(of: directory).laidOut()
            let start = try await Start(copy)
            #expect(start.outcome == .intact)
            #expect(try await start.contents == opened.journal.load())
        }
        try await opened.journal.close()
    }

    @Test func aLogThatWasUsedAgainIsNotTakenForDamage() async throws {
        let opened = try await opened()
        for number in 0..<700 {
            try await opened.journal.commit(
                Commit(jobs: [job("j\(number % 7)", at: Int64(number))], generations: [guestA: UInt64(number)]))
            guard number % 40 == 0 else { continue }
            let start = try await Start(try Remains(of: directory).laidOut())
            #expect(start.outcome == .intact)
            #expect(start.notices.isEmpty)
            #expect(start.contents.generations[guestA] == UInt64(number))
        }
        try await opened.journal.close()
    }

    @Test func theIdentityComesBackFromTheJournal() async throws {
        let daemon = try await Start(directory).contents.daemon
        let identity = try directory.read("identity")
        for damage in [nil, [], Array("garbage".utf8), Array(identity.dropLast(3))] as [[UInt8]?] {
            unlink("\(directory.path)/identity")
            if let damage { try directory.write("identity", damage) }
            let start = try await Start(directory)
            #expect(start.outcome == .intact)
            #expect(start.contents.daemon == daemon)
            #expect(start.contents.recoveryNeed == nil)
            #expect(start.notices.count == 1)
            #expect(try directory.read("identity") == identity)
        }
    }

    @Test func aFlippedDigitInTheIdentityIsNotAnotherDaemon() async throws {
        let daemon = try await Start(directory).contents.daemon
        var identity = try directory.read("identity")
        identity[0] = identity[0] == 0x61 ? 0x62 : 0x61
        try directory.write("identity", identity)
        let start = try await Start(directory)
        #expect(start.outcome == .intact)
        #expect(start.contents.daemon == daemon)
    }

    @Test func aMissingJournalBesideAnIdentityIsUnknownNotEmpty() async throws {
        let daemon = try await Start(directory).contents.daemon
        unlink(directory.journal)
        let start = try await Start(directory)
        #expect(start.outcome == .unknown(setAside: nil))
        #expect(start.contents.daemon == daemon)
        #expect(start.contents.recoveryNeed?.since == noon)
        #expect(start.contents.recoveryNeed?.reason.contains("missing") == true)
    }

    @Test(arguments: [true, false]) func anEmptyFileIsUnknown(hasIdentity: Bool) async throws {
        if hasIdentity { _ = try await Start(directory) }
        try directory.write("journal.sqlite", [])
        let start = try await Start(directory)
        #expect(start.outcome == .unknown(setAside: "\(directory.journal).damaged-20260131T120000Z"))
        #expect(start.contents.recoveryNeed?.reason.contains("empty") == true)
    }

    @Test func aDatabaseWithoutTheTablesIsUnknown() async throws {
        _ = try await Start(directory)
        unlink(directory.journal)
        let queue = try DatabaseQueue(path: directory.journal)
        try await queue.write { try $0.execute(sql: "CREATE TABLE other (id INTEGER)") }
        try queue.close()
        let start = try await Start(directory)
        #expect(start.contents.recoveryNeed?.reason.contains("tables") == true)
    }

    @Test func anotherDaemonsJournalIsSetAsideAndItsIdentityNotTaken() async throws {
        let own = try await Start(directory).contents.daemon
        let other = try TemporaryDirectory()
        let theirs = try await other.file.open(now: noon)
        try await fill(theirs.journal)
        try await theirs.journal.close()
        try directory.write("journal.sqlite", try other.read("journal.sqlite"))
        let start = try await Start(directory)
        #expect(start.outcome == .unknown(setAside: "\(directory.journal).foreign-20260131T120000Z"))
        #expect(start.contents.daemon == own)
        #expect(start.contents.jobs.isEmpty)
        #expect(start.contents.recoveryNeed?.reason.contains(theirs.contents.daemon) == true)
    }

    @Test func aNeedStaysUntilItIsEnded() async throws {
        _ = try await Start(directory)
        try directory.write("journal.sqlite", Array(repeating: 0x5A, count: 8192))
        let first = try await Start(directory)
        let need = try #require(first.contents.recoveryNeed)
        let later = Timestamp(microseconds: noon.microseconds + 9_000_000)
        let second = try await Start(directory, now: later)
        #expect(second.outcome == .intact)
        #expect(second.contents.recoveryNeed == need)
        let third = try await directory.file.open(now: later)
        try await third.journal.commit(Commit(jobs: [job("a")]))
        #expect(try await third.journal.load().recoveryNeed == need)
        try await third.journal.commit(Commit(endsRecovery: true))
        try await third.journal.close()
        #expect(try await Start(directory).contents.recoveryNeed == nil)
    }

    @Test func nothingSetAsideIsOverwritten() async throws {
        for byte in [1, 2, 3] as [UInt8] {
            try directory.write("journal.sqlite", [byte])
            _ = try await Start(directory)
        }
        let base = "journal.sqlite.damaged-20260131T120000Z"
        #expect(try directory.read(base) == [1])
        #expect(try directory.read("\(base)-2") == [2])
        #expect(try directory.read("\(base)-3") == [3])
    }

    @Test(arguments: [true, false])
    func aSecondStartFinishesASettingAsideThatWasCutShort(hasIdentity: Bool) async throws {
        let opened = try await opened()
        try await fill(opened.journal)
        var remains = try Remains(of: directory)
        try await opened.journal.close()
        if !hasIdentity { remains.identity = nil }
        let copy = try remains.laidOut()
        // The file was renamed, its log was not.
        #expect(rename(copy.journal, "\(copy.journal).damaged-x") == 0)
        let start = try await Start(copy)
        #expect(start.contents.recoveryNeed?.reason.contains("damaged-x") == true)
        #expect(start.contents.jobs.isEmpty)
        #expect(copy.names.contains("journal.sqlite.damaged-20260131T120000Z-wal"))
    }

    @Test func whatAnUnfinishedStartLeftIsRemoved() async throws {
        try directory.write("journal.sqlite.new", [1])
        try directory.write("journal.sqlite.new-wal", [1])
        try directory.write("journal.sqlite.examined", [1])
        #expect(try await Start(directory).outcome == .fresh)
        _ = try await Start(directory)
        #expect(directory.names == ["identity", "journal.sqlite", "journal.sqlite.lock"])
    }
}

@Suite struct JournalRefusalTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func expectRefusal(_ code: JournalError.Code, sourceLocation: SourceLocation = #_sourceLocation) async {
        let before = directory.names
        await #expect(throws: JournalError(code, path: "", ""), sourceLocation: sourceLocation) {
            _ = try await directory.file.open(now: noon)
        }
        #expect(directory.names.filter { $0 != "journal.sqlite.lock" } == before.filter { $0 != "journal.sqlite.lock" })
    }

    @Test func aSecondDaemonIsKeptOut() async throws {
        let first = try await directory.file.open(now: noon)
        try await first.journal.commit(Commit(jobs: [job("a")]))
        await expectRefusal(.inUse)
        try await first.journal.commit(Commit(jobs: [job("b")]))
        try await first.journal.close()
        #expect(try await Start(directory).contents.jobs.count == 2)
    }

    @Test func aProgramThatKnowsOnlySQLitesLockIsSeenBeforeAnythingIsTouched() async throws {
        _ = try await Start(directory)
        try directory.write("journal.sqlite", Array(repeating: 0x5A, count: 8192))
        let descriptor = open(directory.journal, O_RDWR | O_CLOEXEC)
        var lock = Glibc.flock()
        lock.l_type = Int16(F_RDLCK)
        lock.l_start = 0x4000_0002
        lock.l_len = 510
        // Locks of a descriptor are seen by their own process too: 37 is F_OFD_SETLK.
        #expect(fcntl(descriptor, 37, &lock) == 0)
        await expectRefusal(.inUse)
        close(descriptor)
        #expect(try await Start(directory).contents.recoveryNeed != nil)
    }

    @Test func aNewerFileIsLeftAlone() async throws {
        _ = try await Start(directory)
        let queue = try DatabaseQueue(path: directory.journal)
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')") }
        try queue.close()
        let bytes = try directory.read("journal.sqlite")
        await expectRefusal(.newer)
        #expect(try directory.read("journal.sqlite") == bytes)
    }

    @Test func aMissingDirectoryIsSaid() async throws {
        await #expect(throws: JournalError(.cannotOpen, path: "", "")) {
            _ = try await JournalFile(path: "/nonexistent/journal.sqlite", identityFile: "/nonexistent/identity")
                .open(now: noon)
        }
    }

    @Test func aSymbolicLinkIsNotFollowed() async throws {
        #expect(symlink("/tmp/elsewhere.sqlite", directory.journal) == 0)
        await expectRefusal(.cannotOpen)
    }

    @Test func aDirectoryInItsPlaceIsSaid() async throws {
        #expect(mkdir(directory.journal, 0o700) == 0)
        await expectRefusal(.cannotOpen)
        rmdir(directory.journal)
    }

    @Test(.enabled(if: geteuid() != 0, "permissions do not bind root"))
    func anUnreadableFileIsSaid() async throws {
        _ = try await Start(directory)
        chmod(directory.journal, 0)
        await expectRefusal(.cannotOpen)
        chmod(directory.journal, 0o600)
        chmod(directory.path, 0)
        await expectRefusal(.cannotOpen)
        chmod(directory.path, 0o700)
    }
}
