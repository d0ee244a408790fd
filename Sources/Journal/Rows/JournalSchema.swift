import GRDB

/// The file's format, as steps from each version to the next. A step is never changed or removed: files are out there
/// that have taken it. A later step that touches the schema or a sealed table ends by writing `Seal.counted`.
///
/// A record is decoded without defaults: a field that is new in `JobRecord`, or in what it holds, and not optional, comes
/// with a step of its own that puts it into the records that are there.
enum JournalSchema {
    static let firstMigration = "jobs"

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(firstMigration) { database in
            try database.create(table: "job") { table in
                table.primaryKey("id", .text)
                table.column("guestUUID", .text).notNull().indexed()
                table.column("phase", .integer).notNull()
                table.column("submittedAt", .integer).notNull()
                table.column("changedAt", .integer).notNull()
                table.column("record", .text).notNull()
            }
        }
        migrator.registerMigration("recovery", migrate: addRecovery)
        return migrator
    }

    private static func addRecovery(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE job ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
                CREATE TABLE seal (id INTEGER PRIMARY KEY, transactions INTEGER NOT NULL, rowCount INTEGER NOT NULL,
                    digest INTEGER NOT NULL, writtenAt INTEGER NOT NULL, checksum INTEGER NOT NULL);
                CREATE TABLE guest (uuid TEXT PRIMARY KEY NOT NULL, generation INTEGER NOT NULL,
                    checksum INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE adopted (uuid TEXT PRIMARY KEY NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
                CREATE TABLE daemon (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, checksum INTEGER NOT NULL);
                CREATE TABLE recovery (id INTEGER PRIMARY KEY, reason TEXT NOT NULL, since INTEGER NOT NULL,
                    checksum INTEGER NOT NULL);
                """)
        try completeRecords(database)
        let columns = JournalTable.job.columns
        for row in try Row.fetchAll(database, sql: "SELECT \(columns.joined(separator: ", ")) FROM job") {
            _ = try JournalTable.job.put(columns.indices.map { row[$0] as DatabaseValue }, database)
        }
        try Seal.counted(database).write(database)
    }

    /// What the first version's records lack. A job under way had begun its transfer when it entered that phase; without a
    /// time it would count as one that had not.
    private static func completeRecords(_ database: Database) throws {
        try database.execute(
            sql: """
                UPDATE job SET record = json_insert(record,
                    '$.wasReattached', json('false'), '$.pendingActs', json('[]'), '$.staged', json('[]'),
                    '$.actIsOpen', json('false'), '$.failedActs', 0, '$.logs', json('[]'));
                UPDATE job SET record = json_insert(record, '$.plan.request.copiesStorage', json('false'))
                    WHERE json_type(record, '$.plan.request') = 'object';
                UPDATE job SET record = json_insert(record, '$.transfer.live._0.copiedDisks', json('[]'))
                    WHERE json_type(record, '$.transfer.live._0') = 'object';
                UPDATE job SET record = json_insert(record, '$.transferBeganAt', json_extract(record, '$.changedAt'))
                    WHERE phase IN (4, 5, 9) AND json_type(record, '$.changedAt') = 'object';
                """)
    }
}
