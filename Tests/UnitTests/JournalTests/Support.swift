import FoundationEssentials
import Glibc
import HypervisorAPI
import MigrationLogic
import Testing

@testable import Journal

/// A directory of the test's own, removed with it; in memory where there is such a place, since journals sync a lot.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/migrationd-journal-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw JournalError(.failed, path: parent, "mkdtemp failed") }
        path = String(cString: made)
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
    var file: JournalFile { JournalFile(path: journal, identityFile: "\(path)/identity") }
    var journal: String { "\(path)/journal.sqlite" }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
    }
}

/// The files that a killed or a stopped daemon leaves.
struct Remains {
    var journal: [UInt8]?
    var log: [UInt8]?
    var identity: [UInt8]?

    /// Of a directory in which a journal may be open: what a crash would leave now.
    init(of directory: TemporaryDirectory) throws {
        journal = try? directory.read("journal.sqlite")
        log = try? directory.read("journal.sqlite-wal")
        identity = try? directory.read("identity")
    }

    /// Puts the files into a new directory.
    func laidOut() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        if let journal { try directory.write("journal.sqlite", journal) }
        if let log { try directory.write("journal.sqlite-wal", log) }
        if let identity { try directory.write("identity", identity) }
        return directory
    }
}

/// 2026-01-31T12:00:00Z
let noon = Timestamp(microseconds: 1_769_860_800_000_000)

let guestA = DomainUUID("11111111-2222-4333-8444-555555555555")!
let guestB = DomainUUID("99999999-2222-4333-8444-555555555555")!

func job(_ id: String, at microseconds: Int64 = 1) -> JobRecord {
    let host = HostDescription(name: "alpha", uri: "qemu+tcp://alpha/system")
    let plan = MigrationPlan(
        guestName: "web \u{1F980}", guestUUID: guestA, source: host, destination: host,
        request: MigrationRequest(guest: .name("web"), destination: "beta", checkParameters: ["a=1", ""]))
    return JobRecord(id: JobID(id), plan: plan, at: Timestamp(microseconds: microseconds))
}

/// A journal with something in every table.
func fill(_ store: any JournalStore, jobs: Int = 20) async throws {
    for number in 0..<jobs {
        try await store.commit(
            Commit(
                jobs: [job("j\(number)", at: Int64(number))], generations: [guestA: UInt64(number)],
                adopted: number == 3 ? ["aaaaaaaa-0000-4000-8000-000000000000"] : []))
    }
}

/// What came of a start with files that may be damaged.
struct Start {
    let contents: JournalContents
    let outcome: OpenedJournal.Outcome
    let notices: [String]

    /// Opens and closes.
    init(_ directory: TemporaryDirectory, now: Timestamp = noon) async throws {
        let opened = try await directory.file.open(now: now)
        contents = opened.contents
        outcome = opened.outcome
        notices = opened.notices
        #expect(try await opened.journal.load() == contents)
        try await opened.journal.close()
    }

    /// The file is either what one of these says, or was set aside byte for byte with a recovery need that names it.
    func isOne(
        of allowed: [JournalContents], orSetAside remains: Remains, in directory: TemporaryDirectory, _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        switch outcome {
        case .intact: #expect(allowed.contains(contents), "\(what)", sourceLocation: sourceLocation)
        case .fresh: Issue.record("\(what): taken for a first start", sourceLocation: sourceLocation)
        case .unknown(let setAside):
            let need = try #require(contents.recoveryNeed, "\(what)", sourceLocation: sourceLocation)
            #expect(contents.jobs.isEmpty, sourceLocation: sourceLocation)
            let name = try #require(setAside, "\(what)", sourceLocation: sourceLocation)
            #expect(need.reason.contains(name), "\(what)", sourceLocation: sourceLocation)
            let base = Files.name(of: name)
            #expect(try remains.journal == directory.read(base), "\(what)", sourceLocation: sourceLocation)
            #expect((try? directory.read("\(base)-wal")) == remains.log, "\(what)", sourceLocation: sourceLocation)
        }
    }
}
