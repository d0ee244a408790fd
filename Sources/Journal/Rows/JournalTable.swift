import GRDB

/// What is wrong with a row or with the rows as a whole.
struct RowDamage: Error {
    let text: String
}

/// A table whose rows carry a checksum over all their columns.
struct JournalTable: Sendable {
    let name: String
    /// All columns but the checksum; the first is the key.
    let columns: [String]

    static let job = JournalTable(
        name: "job", columns: ["id", "guestUUID", "phase", "submittedAt", "changedAt", "record"])
    static let guest = JournalTable(name: "guest", columns: ["uuid", "generation"])
    static let adopted = JournalTable(name: "adopted", columns: ["uuid"])
    static let daemon = JournalTable(name: "daemon", columns: ["id", "uuid"])
    static let recovery = JournalTable(name: "recovery", columns: ["id", "reason", "since"])
    static let seal = JournalTable(name: "seal", columns: ["id", "transactions", "rowCount", "digest", "writtenAt"])

    /// The tables over whose rows the seal stands.
    static let sealed = [job, guest, adopted, daemon, recovery]

    struct VerifiedRow {
        let table: JournalTable
        let values: [DatabaseValue]
        let checksum: UInt64

        /// A column's value.
        /// - Throws: `RowDamage` when it is of another type.
        func value<Value: DatabaseValueConvertible>(_ index: Int, as type: Value.Type = Value.self) throws -> Value {
            guard let value = Value.fromDatabaseValue(values[index]) else {
                throw damage("its \(table.columns[index]) is not what it must be")
            }
            return value
        }

        func damage(_ what: String) -> RowDamage {
            RowDamage(text: "row \(values[0]) of table \(table.name): \(what)")
        }
    }

    /// All rows, each with its checksum verified.
    /// - Throws: `RowDamage`, `DatabaseError`.
    func rows(_ database: Database) throws -> [VerifiedRow] {
        let selected = (columns + ["checksum"]).joined(separator: ", ")
        return try Row.fetchAll(database, sql: "SELECT \(selected) FROM \(name) ORDER BY \(columns[0])").map { row in
            let values = columns.indices.map { row[$0] as DatabaseValue }
            let checksum = RowChecksum.of(values, in: name)
            let verified = VerifiedRow(table: self, values: values, checksum: checksum)
            guard row[columns.count] as DatabaseValue == Int64(bitPattern: checksum).databaseValue else {
                throw verified.damage("its checksum does not match its columns")
            }
            return verified
        }
    }

    /// The checksum of the row with this key, as stored; `nil` when there is no such row.
    func checksum(of key: DatabaseValue, _ database: Database) throws -> UInt64? {
        try Int64.fetchOne(
            database, sql: "SELECT checksum FROM \(name) WHERE \(columns[0]) = ?", arguments: [key]
        ).map(UInt64.init(bitPattern:))
    }

    /// Inserts or replaces a row, and returns its checksum.
    func put(_ values: [DatabaseValue], _ database: Database) throws -> UInt64 {
        let checksum = RowChecksum.of(values, in: name)
        let all = columns + ["checksum"]
        try database.execute(
            sql: """
                INSERT INTO \(name) (\(all.joined(separator: ", "))) \
                VALUES (\(all.map { _ in "?" }.joined(separator: ", "))) \
                ON CONFLICT (\(columns[0])) DO UPDATE SET \
                \(all.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", "))
                """,
            arguments: StatementArguments(values + [Int64(bitPattern: checksum).databaseValue]))
        return checksum
    }

    func delete(_ key: DatabaseValue, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM \(name) WHERE \(columns[0]) = ?", arguments: [key])
    }
}
