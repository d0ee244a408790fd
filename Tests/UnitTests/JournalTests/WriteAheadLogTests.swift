import GRDB
import Glibc
import MigrationLogic
import Testing

@testable import Journal

/// A killed daemon's journal with commits in its log, and damage to that log.
@Suite struct WriteAheadLogTests {
    private static let header = 32
    private static let frame = 24 + 4096
    /// After each commit, what was there.
    private var remains: [Remains] = []
    private var contents: [JournalContents] = []

    init() async throws {
        let directory = try TemporaryDirectory()
        let opened = try await directory.file.open(now: noon)
        try await fill(opened.journal, jobs: 6)
        for number in 0..<5 {
            let commit = Commit(
                jobs: [job("w\(number)", at: Int64(100 + number))], generations: [guestB: UInt64(number + 1)],
                adopted: number == 2 ? ["bbbbbbbb-0000-4000-8000-000000000000"] : [])
            try await opened.journal.commit(commit)
            remains.append(try Remains(of: directory))
            contents.append(try await opened.journal.load())
        }
        try await opened.journal.close()
    }

    private var last: Remains { remains[remains.count - 1] }
    private var log: [UInt8] { last.log ?? [] }
    private var frames: Int { (log.count - Self.header) / Self.frame }

    @discardableResult
    private func check(_ what: String, _ change: (inout [UInt8]) -> Void) async throws -> Start {
        var remains = last
        change(&remains.log!)
        let directory = try remains.laidOut()
        let start = try await Start(directory)
        try start.isOne(of: Array(contents.suffix(2)), orSetAside: remains, in: directory, what)
        return start
    }

    @Test func aWholeLogIsWhole() throws {
        let audit = WriteAheadLog(log)
        #expect(audit.finding == .whole)
        #expect(audit.commits == 11)
        #expect(WriteAheadLog([]).finding == .whole)
    }

    @Test func everyFrameIsWatched() async throws {
        for index in 0..<frames {
            let at = Self.header + index * Self.frame
            // Page number, commit size, both salts, both checksums, content.
            for offset in [3, 7, 8, 15, 23, 2000] {
                try await check("frame \(index), byte \(offset)") { $0[at + offset] ^= 0x10 }
            }
            try await check("frame \(index) without its content") { log in
                for byte in at + 24..<at + Self.frame { log[byte] = 0 }
            }
        }
    }

    @Test func aFrameThatIsAllZeroesIsNoticed() async throws {
        for index in 0..<frames {
            let at = Self.header + index * Self.frame
            try await check("frame \(index) zeroed") { log in for byte in at..<at + Self.frame { log[byte] = 0 } }
        }
    }

    @Test func everyByteOfTheHeaderIsWatched() async throws {
        for index in 0..<Self.header {
            let start = try await check("byte \(index)") { $0[index] ^= 0x20 }
            #expect(start.outcome != .intact, "\(index)")
        }
    }

    @Test func damageInTheMiddleIsSetAsideWithTheLog() async throws {
        let start = try await check("content of the first frame") { $0[100] ^= 1 }
        #expect(start.contents.recoveryNeed?.reason.contains("write-ahead log") == true)
    }

    /// The disk may write the frames of the last transaction in any order: power that fails meanwhile is no damage.
    @Test func aTornLastTransactionIsAccepted() async throws {
        let before = try #require(remains[remains.count - 2].log)
        let first = (before.count - Self.header) / Self.frame
        let new = frames - first
        #expect(new >= 3)
        for kept in 0..<(1 << new) {
            var remains = last
            for index in 0..<new where kept >> index & 1 == 0 {
                let at = Self.header + (first + index) * Self.frame
                for byte in at..<at + Self.frame { remains.log![byte] = 0 }
            }
            let start = try await Start(try remains.laidOut())
            #expect(start.outcome == .intact, "\(kept)")
            let isWhole = kept == 1 << new - 1
            #expect(start.contents == contents[contents.count - (isWhole ? 1 : 2)], "\(kept)")
            #expect(start.notices.isEmpty == (isWhole || kept == 0), "\(kept)")
        }
    }

    /// What cannot be found out here: the log's end is gone at the end of a transaction.
    @Test func aTruncatedLogGivesWhatItHas() async throws {
        for count in 0...frames {
            for extra in [0, 3000] where Self.header + count * Self.frame + extra < log.count {
                var remains = last
                remains.log!.removeSubrange((Self.header + count * Self.frame + extra)...)
                let directory = try remains.laidOut()
                let start = try await Start(directory)
                #expect(start.outcome == .intact)
                // In order, none changed, none left out.
                let jobs = contents[contents.count - 1].jobs
                #expect(start.contents.jobs == Array(jobs.prefix(start.contents.jobs.count)))
            }
        }
    }

    @Test func aFileOfOneVersionWithAnothersLogIsNoticed() async throws {
        let other = try TemporaryDirectory()
        let opened = try await other.file.open(now: noon)
        try await fill(opened.journal, jobs: 40)
        try await opened.journal.close()
        var mixed = last
        mixed.journal = try other.read("journal.sqlite")
        let directory = try mixed.laidOut()
        try await Start(directory).isOne(of: [contents[contents.count - 1]], orSetAside: mixed, in: directory, "mixed")
    }
}

@Suite struct RowChecksumTests {
    @Test func itIsCRC64XZ() {
        var checksum = RowChecksum()
        checksum.add("123456789".utf8)
        #expect(checksum.value == 0x995D_C9BB_DF19_39FA)
    }

    @Test func columnsAndTablesDoNotReadAlike() {
        let split = RowChecksum.of(["ab".databaseValue, "c".databaseValue], in: "t")
        #expect(split != RowChecksum.of(["a".databaseValue, "bc".databaseValue], in: "t"))
        #expect(split != RowChecksum.of(["ab".databaseValue, "c".databaseValue], in: "u"))
        #expect(RowChecksum.of([1.databaseValue], in: "t") != RowChecksum.of(["1".databaseValue], in: "t"))
    }
}
