import FoundationEssentials
import GRDB
import Glibc
import MigrationLogic

/// The journal on disk.
///
/// Invariants:
/// 1. One process at a time has the file open (`locking_mode=EXCLUSIVE`): one daemon writes for its hosts.
/// 2. A commit that returned is on the disk: write-ahead log with `synchronous=FULL`, both read back after
///    opening, since a pool or a later PRAGMA can silently reset them.
/// 3. A file that is damaged, or newer than this program, is not opened for writing.
package final class SQLiteJournal: JournalStore {
    package let path: String
    private let queue: DatabaseQueue

    /// Opens the journal, or makes a new one, readable by its owner only.
    package init(path: String) async throws(JournalError) {
        self.path = path
        try Self.makePrivate(path)
        do {
            var configuration = GRDB.Configuration()
            configuration.label = "journal"
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try await prepare()
        } catch {
            throw Self.journalError(error, path: path, doing: "opening it")
        }
    }

    package func load() async throws(JournalError) -> [JobRecord] {
        do {
            return try await queue.read { database in
                let rows = try String.fetchAll(database, sql: "SELECT record FROM job ORDER BY submittedAt, id")
                return try rows.map { try JSONDecoder().decode(JobRecord.self, from: Data($0.utf8)) }
            }
        } catch {
            throw Self.journalError(error, path: path, doing: "reading its jobs")
        }
    }

    package func commit(_ commit: Commit) async throws(JournalError) {
        do {
            try await queue.write { database in
                for job in commit.jobs { try Self.upsert(job, database) }
                for id in commit.removed {
                    try database.execute(sql: "DELETE FROM job WHERE id = ?", arguments: [id.text])
                }
            }
        } catch {
            throw Self.journalError(error, path: path, doing: "writing to it")
        }
    }

    package func close() async throws(JournalError) {
        do { try queue.close() } catch { throw Self.journalError(error, path: path, doing: "closing it") }
    }

    // MARK: Opening

    private static func makePrivate(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw JournalError(
                .cannotOpen, path: path,
                "cannot be opened for writing: \(String(cString: strerror(errno))). See daemon.stateDirectory.")
        }
        Glibc.close(descriptor)
    }

    private func prepare() async throws {
        let (mode, synchronous, damage) = try await queue.writeWithoutTransaction { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try String.fetchAll(database, sql: "PRAGMA quick_check(5)")
            )
        }
        guard damage == ["ok"] else {
            throw JournalError(
                .corrupt, path: path,
                "is damaged: \(damage.joined(separator: "; ")). Put it aside and restore a backup; nothing was changed.")
        }
        guard mode == "wal", synchronous == 2 else {
            throw JournalError(
                .notDurable, path: path,
                "journal_mode is \(mode ?? "?") and synchronous \(synchronous ?? -1), not wal and 2 (FULL). "
                    + "The file system may not support it.")
        }
        let migrator = Self.migrator
        let isNewer = try await queue.read { try migrator.hasBeenSuperseded($0) }
        guard !isNewer else {
            throw JournalError(.newer, path: path, "was written by a newer migrationd. Run that version.")
        }
        try migrator.migrate(queue)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("jobs") { database in
            try database.create(table: "job") { table in
                table.primaryKey("id", .text)
                table.column("guestUUID", .text).notNull().indexed()
                table.column("phase", .integer).notNull()
                table.column("submittedAt", .integer).notNull()
                table.column("changedAt", .integer).notNull()
                table.column("record", .text).notNull()
            }
        }
        return migrator
    }

    private static func upsert(_ job: JobRecord, _ database: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let record = String(decoding: try encoder.encode(job), as: UTF8.self)
        try database.execute(
            sql: """
                INSERT INTO job (id, guestUUID, phase, submittedAt, changedAt, record) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, changedAt = excluded.changedAt,
                    record = excluded.record
                """,
            arguments: [
                job.id.text, job.plan.guestUUID.text, Int(job.phase.rawValue), job.submittedAt.microseconds,
                job.changedAt.microseconds, record,
            ])
    }

    // MARK: Errors

    private static func journalError(_ error: any Error, path: String, doing what: String) -> JournalError {
        if let error = error as? JournalError { return error }
        if error is CancellationError { return JournalError(.closed, path: path, "\(what) was cancelled") }
        guard let error = error as? DatabaseError else {
            return JournalError(.corrupt, path: path, "\(what) failed: \(error)")
        }
        let words = "\(what) failed: \(error.message ?? "SQLite error") (\(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return JournalError(.inUse, path: path, "\(words). Another migrationd has it open.")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return JournalError(.corrupt, path: path, "\(words). Put it aside and restore a backup; nothing was changed.")
        case .SQLITE_FULL:
            return JournalError(.diskFull, path: path, "\(words). Make room on its disk.")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return JournalError(.cannotOpen, path: path, "\(words). See daemon.stateDirectory.")
        case .SQLITE_MISUSE:
            return JournalError(.closed, path: path, words)
        default:
            return JournalError(.failed, path: path, words)
        }
    }
}
