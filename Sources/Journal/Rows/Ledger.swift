import FoundationEssentials
import GRDB
import HypervisorAPI
import MigrationLogic

/// One transaction's writes, which keep the seal.
struct Ledger {
    private let database: Database
    private var seal: Seal
    /// The key of tables that have one row at most.
    private static let onlyKey = 1.databaseValue

    /// Runs inside a transaction: what `body` writes, and the seal over it.
    static func write(_ database: Database, at now: Timestamp, _ body: (inout Ledger) throws -> Void) throws {
        var ledger = Ledger(database: database, seal: try Seal.read(database))
        try body(&ledger)
        ledger.seal.transactions += 1
        ledger.seal.writtenAt = now
        try ledger.seal.write(database)
    }

    mutating func apply(_ commit: Commit) throws {
        for job in commit.jobs { try put(JournalTable.job, try Self.values(job, record: try Self.text(job))) }
        for id in commit.removed { try remove(JournalTable.job, id.text.databaseValue) }
        for (guest, generation) in commit.generations { try raise(guest, to: generation) }
        for uuid in commit.adopted { try put(JournalTable.adopted, [uuid.databaseValue]) }
        if commit.endsRecovery { try remove(JournalTable.recovery, Self.onlyKey) }
    }

    mutating func setDaemon(_ uuid: String) throws {
        try put(JournalTable.daemon, [Self.onlyKey, uuid.databaseValue])
    }

    mutating func setRecoveryNeed(_ need: RecoveryNeed) throws {
        try put(
            JournalTable.recovery,
            [Self.onlyKey, need.reason.databaseValue, need.since.microseconds.databaseValue])
    }

    /// The row of a job: its record, and what people look for with SQL.
    static func values(_ job: JobRecord, record: String) throws -> [DatabaseValue] {
        [
            job.id.text.databaseValue, job.plan.guestUUID.text.databaseValue, Int(job.phase.rawValue).databaseValue,
            job.submittedAt.microseconds.databaseValue, job.changedAt.microseconds.databaseValue, record.databaseValue,
        ]
    }

    private static func text(_ job: JobRecord) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(job), as: UTF8.self)
    }

    /// A generation only goes up. SQLite's integers are signed, so they are compared here.
    private mutating func raise(_ guest: DomainUUID, to generation: UInt64) throws {
        let sql = "SELECT generation FROM guest WHERE uuid = ?"
        let stored = try Int64.fetchOne(database, sql: sql, arguments: [guest.text])
        if let stored, UInt64(bitPattern: stored) >= generation { return }
        try put(JournalTable.guest, [guest.text.databaseValue, Int64(bitPattern: generation).databaseValue])
    }

    private mutating func put(_ table: JournalTable, _ values: [DatabaseValue]) throws {
        if let old = try table.checksum(of: values[0], database) { seal.remove(old) }
        seal.add(try table.put(values, database))
    }

    private mutating func remove(_ table: JournalTable, _ key: DatabaseValue) throws {
        guard let old = try table.checksum(of: key, database) else { return }
        try table.delete(key, database)
        seal.remove(old)
    }
}
