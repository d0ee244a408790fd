import GRDB
import Glibc
import MigrationLogic
import Testing

@testable import Journal

/// Whatever happens to the file: exactly what was committed, or set aside with a need; never something else.
@Suite struct JournalDamageTests {
    private static let page = 4096
    private let whole: Remains
    private let contents: JournalContents
    /// The same journal some commits before.
    private let older: Remains

    init() async throws {
        let directory = try TemporaryDirectory()
        let opened = try await directory.file.open(now: noon)
        try await fill(opened.journal)
        let midway = try Remains(of: directory).laidOut()
        _ = try await Start(midway)
        older = try Remains(of: midway)
        try await opened.journal.commit(
            Commit(jobs: [job("j3", at: 3), job("new", at: 99)], generations: [guestA: 99]))
        try await opened.journal.commit(Commit(jobs: [job("j4", at: 44)], removed: [JobID("j0")]))
        contents = try await opened.journal.load()
        try await opened.journal.close()
        whole = try Remains(of: directory)
        #expect(whole.log == nil)
        #expect(try #require(whole.journal).count > 8 * Self.page)
    }

    @discardableResult
    private func check(_ what: String, _ change: (inout [UInt8]) -> Void) async throws -> Start {
        var remains = whole
        change(&remains.journal!)
        let directory = try remains.laidOut()
        let start = try await Start(directory)
        try start.isOne(of: [contents], orSetAside: remains, in: directory, what)
        return start
    }

    private var length: Int { whole.journal?.count ?? 0 }

    @Test func aWholeFileIsIntact() async throws {
        let start = try await check("unchanged") { _ in }
        #expect(start.outcome == .intact)
    }

    @Test func aTruncatedFileIsNoticed() async throws {
        let odd = [1, 16, 99, 100, 101, 511, 4095, 4097, length / 2 + 13, length - 1]
        for keep in Array(stride(from: 0, to: length, by: Self.page)) + odd {
            let start = try await check("the first \(keep) bytes") { $0.removeSubrange(keep...) }
            #expect(start.outcome != .intact, "\(keep)")
        }
    }

    @Test func everyPageIsWatched() async throws {
        for first in stride(from: 0, to: length, by: Self.page) {
            let page = first..<first + Self.page
            try await check("page at \(first) zeroed") { $0.replaceSubrange(page, with: repeatElement(0, count: 4096)) }
            try await check("page at \(first) filled") { bytes in for index in page { bytes[index] = 0xFF } }
            try await check("page at \(first) flipped") { bytes in for index in page { bytes[index] ^= 0xFF } }
            try await check("page at \(first) in its first half") { bytes in
                for index in page.prefix(2048) { bytes[index] = 0xA5 }
            }
        }
    }

    @Test func everyByteOfTheHeaderIsWatched() async throws {
        for index in 0..<100 {
            try await check("header byte \(index), low bit") { $0[index] ^= 1 }
            try await check("header byte \(index), high bit") { $0[index] ^= 0x80 }
        }
    }

    @Test func scatteredBitsAreWatched() async throws {
        var random = SplitMix(state: 42)
        for _ in 0..<200 {
            let index = Int(random.next() % UInt64(length))
            let bit = UInt8(1) << UInt8(random.next() % 8)
            try await check("byte \(index), bit \(bit)") { $0[index] ^= bit }
        }
    }

    /// A write that the disk acknowledged and lost leaves a page as it was: well-formed, with good checksums.
    @Test func aLostWriteIsNoticed() async throws {
        let old = try #require(older.journal)
        for first in stride(from: 0, to: min(old.count, length), by: Self.page) {
            let page = first..<first + Self.page
            guard old[page] != whole.journal![page] else { continue }
            try await check("page at \(first) as before") { $0.replaceSubrange(page, with: old[page]) }
        }
    }

    @Test func aBitInARecordsTextIsFoundByItsChecksum() async throws {
        let needle = Array("\"guestName\":\"web".utf8)
        let bytes = try #require(whole.journal)
        let at = try #require(bytes.indices.first { bytes[$0...].starts(with: needle) })
        let start = try await check("a record's text") { $0[at + needle.count - 1] ^= 1 }
        let reason = try #require(start.contents.recoveryNeed?.reason)
        #expect(reason.contains("table job"))
        #expect(reason.contains("checksum"))
    }

    @Test func aDamagedSchemaOrVersionIsNotTakenForANewerOne() async throws {
        for text in ["recovery", "CREATE TABLE guest", "submittedAt", "seal", "WITHOUT ROWID"] {
            let bytes = try #require(whole.journal)
            for at in bytes.indices.dropLast(20) where bytes[at...].starts(with: text.utf8) {
                try await check("\(text) at \(at)") { $0[at + 1] ^= 1 }
            }
        }
    }

    @Test func rowsThatAreGoneAreMissed() async throws {
        let deletions = ["job WHERE id = 'j5'", "guest", "adopted", "daemon", "seal"]
        for what in deletions {
            let directory = try whole.laidOut()
            let queue = try DatabaseQueue(path: directory.journal)
            try await queue.write { try $0.execute(sql: "DELETE FROM \(what)") }
            try queue.close()
            #expect(try await Start(directory).contents.recoveryNeed != nil, "\(what)")
        }
    }
}

/// A fixed sequence of numbers (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
