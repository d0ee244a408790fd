import GRDB
import MigrationLogic

/// What the rows together must be. A row's checksum finds a changed row; a row that is gone, or one as it was before a
/// write that the disk lost, is found here. Every transaction renews it.
struct Seal: Equatable {
    /// Transactions since the file was made.
    var transactions: Int64 = 0
    /// Rows of all sealed tables.
    var rowCount: Int64 = 0
    /// The sum, modulo 2^64, of all rows' checksums and of the schema's.
    var digest: UInt64 = 0
    var writtenAt = Timestamp(microseconds: 0)

    private static let key = 1.databaseValue

    static func read(_ database: Database) throws -> Seal {
        let rows = try JournalTable.seal.rows(database)
        guard let row = rows.first, rows.count == 1 else {
            throw RowDamage(text: "table seal has \(rows.count) rows instead of 1")
        }
        return Seal(
            transactions: try row.value(1), rowCount: try row.value(2), digest: UInt64(bitPattern: try row.value(3)),
            writtenAt: Timestamp(microseconds: try row.value(4)))
    }

    func write(_ database: Database) throws {
        _ = try JournalTable.seal.put(
            [
                Self.key, transactions.databaseValue, rowCount.databaseValue, Int64(bitPattern: digest).databaseValue,
                writtenAt.microseconds.databaseValue,
            ], database)
    }

    /// The seal that the rows and the schema call for, counted anew. A migration ends with writing it.
    static func counted(_ database: Database) throws -> Seal {
        var seal = Seal(digest: try schemaChecksum(database))
        for table in JournalTable.sealed {
            for row in try table.rows(database) { seal.add(row.checksum) }
        }
        return seal
    }

    mutating func add(_ checksum: UInt64) {
        rowCount += 1
        digest &+= checksum
    }

    mutating func remove(_ checksum: UInt64) {
        rowCount -= 1
        digest &-= checksum
    }

    /// A wrong letter in a table's definition is damage like one in a row.
    static func schemaChecksum(_ database: Database) throws -> UInt64 {
        let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
        var checksum = RowChecksum()
        for row in try Row.fetchAll(database, sql: sql) {
            for index in 0..<4 { checksum.add(row[index] as DatabaseValue) }
        }
        return checksum.value
    }
}
