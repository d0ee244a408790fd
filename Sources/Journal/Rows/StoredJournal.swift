import FoundationEssentials
import GRDB
import HypervisorAPI
import MigrationLogic

/// Everything that the file holds, verified.
struct StoredJournal: Sendable {
    /// `nil` in a file of the first version, until the first start with this one.
    var daemon: String?
    var jobs: [JobRecord] = []
    var generations: [DomainUUID: UInt64] = [:]
    var adopted: Set<String> = []
    var recoveryNeed: RecoveryNeed?
    var writtenAt = Timestamp(microseconds: 0)

    /// Reads all rows.
    /// - Throws: `RowDamage` naming table and row, `DatabaseError`.
    init(_ database: Database) throws {
        let seal = try Seal.read(database)
        var found = Seal(digest: try Seal.schemaChecksum(database))
        for table in JournalTable.sealed {
            for row in try table.rows(database) {
                found.add(row.checksum)
                try take(row)
            }
        }
        guard found.rowCount == seal.rowCount, found.digest == seal.digest else {
            throw RowDamage(
                text: "the \(found.rowCount) rows that are there are not the \(seal.rowCount) of its last transaction")
        }
        jobs.sort { ($0.submittedAt, $0.id) < ($1.submittedAt, $1.id) }
        writtenAt = seal.writtenAt
    }

    private mutating func take(_ row: JournalTable.VerifiedRow) throws {
        switch row.table.name {
        case JournalTable.job.name: jobs.append(try Self.job(row))
        case JournalTable.guest.name:
            guard let uuid = DomainUUID(try row.value(0)) else { throw row.damage("it is not a UUID") }
            generations[uuid] = UInt64(bitPattern: try row.value(1))
        case JournalTable.adopted.name: adopted.insert(try row.value(0))
        case JournalTable.daemon.name: daemon = try row.value(1)
        default:
            recoveryNeed = RecoveryNeed(
                reason: try row.value(1), since: Timestamp(microseconds: try row.value(2, as: Int64.self)))
        }
    }

    private static func job(_ row: JournalTable.VerifiedRow) throws -> JobRecord {
        let text = try row.value(5, as: String.self)
        guard let job = try? JSONDecoder().decode(JobRecord.self, from: Data(text.utf8)) else {
            throw row.damage("its record cannot be decoded")
        }
        guard row.values == (try Ledger.values(job, record: text)) else {
            throw row.damage("its record is another job's, or from another time")
        }
        return job
    }

    func contents(daemon: String) -> JournalContents {
        JournalContents(
            daemon: daemon, jobs: jobs, generations: generations, adopted: adopted, recoveryNeed: recoveryNeed)
    }
}
