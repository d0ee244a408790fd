import Glibc
import MigrationLogic
import Testing

@testable import Journal

/// A small file system of the test's own, in memory; unmounted with it.
final class SmallDisk: Sendable {
    let directory: TemporaryDirectory

    /// - Throws: when this process may not mount.
    init(kilobytes: Int) throws {
        directory = try TemporaryDirectory()
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
            throw JournalError(errno: errno, path: directory.path, doing: "mounting")
        }
    }

    deinit { umount2(directory.path, Int32(MNT_DETACH)) }

    static let isPossible: Bool = (try? SmallDisk(kilobytes: 64)) != nil

    func fillUp() {
        let descriptor = open("\(directory.path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        close(descriptor)
    }

    func makeRoom() { unlink("\(directory.path)/filler") }

    /// Covers the directory with a view of itself that cannot be written. The file system itself would refuse to become
    /// read-only while a child of another test, forked and not yet another program, holds a file of it.
    func cover() {
        let path = directory.path
        #expect(mount(path, path, nil, UInt(MS_BIND), nil) == 0)
        #expect(mount(nil, path, nil, UInt(MS_BIND) | UInt(MS_REMOUNT) | UInt(MS_RDONLY), nil) == 0)
    }

    func uncover() { #expect(umount2(directory.path, Int32(MNT_DETACH)) == 0) }
}

@Suite(.enabled(if: SmallDisk.isPossible, "mounting needs root"))
struct JournalDiskTests {
    private let disk: SmallDisk
    private var directory: TemporaryDirectory { disk.directory }

    init() throws { disk = try SmallDisk(kilobytes: 1024) }

    private func expectOpen(_ code: JournalError.Code, sourceLocation: SourceLocation = #_sourceLocation) async {
        await #expect(throws: JournalError(code, path: "", ""), sourceLocation: sourceLocation) {
            _ = try await directory.file.open(now: noon)
        }
    }

    @Test func afterAFullDiskHasRoomAgainTheSameJournalGoesOn() async throws {
        let opened = try await directory.file.open(now: noon)
        try await fill(opened.journal)
        let before = try await opened.journal.load()
        disk.fillUp()
        for _ in 0..<3 {
            await #expect(throws: JournalError(.diskFull, path: "", "")) {
                try await opened.journal.commit(Commit(jobs: (0..<60).map { job("x\($0)") }))
            }
            #expect(try await opened.journal.load() == before)
        }
        await #expect(throws: JournalError(.diskFull, path: "", "")) {
            try await opened.journal.backUp(to: "\(directory.path)/backup")
        }
        #expect(!directory.names.contains { $0.hasPrefix("backup") })
        disk.makeRoom()
        try await opened.journal.commit(Commit(jobs: [job("after", at: 77)]))
        // A kill now finds the failed transaction's frames behind the good ones.
        let start = try await Start(try Remains(of: directory).laidOut())
        #expect(start.outcome == .intact)
        #expect(try await start.contents == opened.journal.load())
        #expect(start.contents.jobs.count == before.jobs.count + 1)
        try await opened.journal.close()
    }

    @Test func aFullDiskAtTheStartIsNoDamage() async throws {
        let opened = try await directory.file.open(now: noon)
        try await fill(opened.journal)
        let contents = try await opened.journal.load()
        try await opened.journal.close()
        let names = directory.names
        disk.fillUp()
        await expectOpen(.diskFull)
        #expect(directory.names == (names + ["filler"]).sorted())
        disk.makeRoom()
        #expect(try await Start(directory).contents == contents)
    }

    @Test func aFullDiskAtTheFirstStartLeavesAFirstStart() async throws {
        disk.fillUp()
        await expectOpen(.diskFull)
        disk.makeRoom()
        #expect(try await Start(directory).outcome == .fresh)
    }

    @Test func aReadOnlyDirectoryIsSaid() async throws {
        let contents = try await Start(directory).contents
        disk.cover()
        await expectOpen(.cannotOpen)
        disk.uncover()
        #expect(try await Start(directory).contents == contents)
    }

    @Test func aReadOnlyFileIsSaid() async throws {
        let contents = try await Start(directory).contents
        let flags = UInt(MS_BIND)
        #expect(mount(directory.journal, directory.journal, nil, flags, nil) == 0)
        let readOnly = flags | UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        #expect(mount(nil, directory.journal, nil, readOnly, nil) == 0)
        await expectOpen(.cannotOpen)
        #expect(umount2(directory.journal, Int32(MNT_DETACH)) == 0)
        #expect(try await Start(directory).contents == contents)
    }
}
