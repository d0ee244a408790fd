import FoundationEssentials
import GRDB
import Glibc
import MigrationLogic
import Testing

@testable import Journal

/// Journals that the first version wrote: jobs only, no checksums, no identity.
@Suite struct FirstVersionTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func makeFirstVersion(_ jobs: [JobRecord], record: ((String) -> String)? = nil) async throws {
        let queue = try DatabaseQueue(path: directory.journal)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        let rows = try jobs.map { job in
            let text = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
            return (job, record?(text) ?? text)
        }
        try await queue.write { database in
            try database.execute(sql: Self.schema)
            for (job, text) in rows {
                try database.execute(
                    sql: "INSERT INTO job VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        job.id.text, job.plan.guestUUID.text, Int(job.phase.rawValue), job.submittedAt.microseconds,
                        job.changedAt.microseconds, text,
                    ])
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
