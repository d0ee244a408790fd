import FoundationEssentials
import GRDB
import Glibc
import HypervisorAPI
import MigrationLogic
import Testing

@testable import Journal

/// Journals that the first version wrote: jobs only, no checksums, no identity.
@Suite struct FirstVersionTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func makeFirstVersion(_ jobs: [JobRecord], record: ((String) -> String)? = nil) async throws {
        try await makeFirstVersion(
            rows: try jobs.map { job in
                let text = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
                return [
                    job.id.text, job.plan.guestUUID.text, Int(job.phase.rawValue), job.submittedAt.microseconds,
                    job.changedAt.microseconds, record?(text) ?? text,
                ]
            })
    }

    private func makeFirstVersion(rows: [StatementArguments]) async throws {
        let queue = try DatabaseQueue(path: directory.journal)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try await queue.write { database in
            try database.execute(sql: Self.schema)
            for row in rows {
                try database.execute(sql: "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?)", arguments: row)
            }
        }
        try queue.close()
    }

    private static let schema = """
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO grdb_migrations VALUES ('jobs');
        CREATE TABLE "job" ("id" TEXT PRIMARY KEY NOT NULL, "guestUUID" TEXT NOT NULL, "phase" INTEGER NOT NULL,
            "submittedAt" INTEGER NOT NULL, "changedAt" INTEGER NOT NULL, "record" TEXT NOT NULL);
        CREATE INDEX "index_job_on_guestUUID" ON "job"("guestUUID");
        """

    @Test func itOpensWithItsJobsAndGetsAnIdentity() async throws {
        let jobs = (0..<30).map { job("j\($0)", at: Int64($0)) }
        try await makeFirstVersion(jobs)
        let start = try await Start(directory)
        #expect(start.outcome == .intact)
        #expect(start.contents.jobs == jobs)
        #expect(start.contents.recoveryNeed == nil)
        let again = try await Start(directory)
        #expect(again.contents == start.contents)
        #expect(again.notices.isEmpty)
    }

    @Test func recordsAsItWroteThemAreTakenOver() async throws {
        try await makeFirstVersion(rows: [
            ["j1", guestA.text, 4, noon.microseconds, noon.microseconds + 1_000_000, FirstVersionRecords.transferring],
            ["j2", guestA.text, 7, noon.microseconds, noon.microseconds + 2_000_000, FirstVersionRecords.failed],
        ])
        let start = try await Start(directory)
        #expect(start.outcome == .intact)
        #expect(start.contents.recoveryNeed == nil)
        let jobs = start.contents.jobs
        try #require(jobs.map(\.phase) == [.transferring, .failed])
        #expect(jobs.allSatisfy { !$0.plan.request.copiesStorage && !$0.wasReattached && !$0.actIsOpen })
        #expect(
            jobs.allSatisfy { $0.pendingActs.isEmpty && $0.staged.isEmpty && $0.logs.isEmpty && $0.failedActs == 0 })
        guard case .live(let live) = jobs[0].transfer else { throw JournalError(.failed, path: "", "not live") }
        #expect(live.isPersistent && live.bandwidthMiBPerSecond == 500 && live.copiedDisks.isEmpty)
        #expect(jobs[0].transferBeganAt == jobs[0].changedAt)
        #expect(jobs[1].transfer?.peerURI == "qemu+tls://beta.example/system")
        #expect(jobs[1].transferBeganAt == nil && jobs[1].errors.first?.hypervisor?.number == 9)
        #expect(try await Start(directory).contents == start.contents)
    }

    @Test func aRecordThatCannotBeDecodedIsDamage() async throws {
        try await makeFirstVersion([job("a")]) { _ in "{}" }
        let start = try await Start(directory)
        #expect(start.contents.recoveryNeed?.reason.contains("job") == true)
        #expect(start.outcome == .unknown(setAside: "\(directory.journal).damaged-20260131T120000Z"))
    }

    @Test func besideAnIdentityItIsAnOlderJournal() async throws {
        let own = try await Start(directory).contents.daemon
        unlink(directory.journal)
        try await makeFirstVersion([job("a")])
        let start = try await Start(directory)
        #expect(start.contents.daemon == own)
        #expect(start.contents.jobs == [job("a")])
        #expect(start.contents.recoveryNeed != nil)
    }
}
