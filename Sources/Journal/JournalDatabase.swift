import GRDB
import Glibc
import MigrationLogic

/// A connection to a journal's file, with the settings that make a commit durable. Everything here waits for the disk.
///
/// Invariants:
/// 1. One process at a time has the file open (`locking_mode=EXCLUSIVE`): one daemon writes for its hosts.
/// 2. A transaction that returned is on the disk: write-ahead log with `synchronous=FULL`, both read back after
///    opening, since a later PRAGMA can silently reset them.
/// 3. A transaction's frames are in the log once, in order (`cache_spill=OFF`): `WriteAheadLog` relies on it.
struct JournalDatabase: Sendable {
    let path: String
    let queue: DatabaseQueue

    /// Connects to a file that exists.
    init(path: String) throws(JournalError) {
        self.path = path
        queue = try SQLiteErrors.translated(path, doing: "opening it") {
            var configuration = GRDB.Configuration()
            configuration.label = "journal"
            configuration.prepareDatabase { database in
                try database.execute(
                    sql: """
                        PRAGMA locking_mode = EXCLUSIVE;
                        PRAGMA journal_mode = WAL;
                        PRAGMA synchronous = FULL;
                        PRAGMA cache_spill = OFF;
                        PRAGMA cell_size_check = ON;
                        """)
            }
            return try DatabaseQueue(path: path, configuration: configuration)
        }
        try checkDurability()
    }

    /// Makes an empty file, readable by its owner only, and connects to it.
    init(creating path: String) throws(JournalError) {
        try Files.with(path, O_RDWR | O_CREAT | O_EXCL, doing: "making it") { (_) throws(JournalError) in }
        try self.init(path: path)
        try migrate()
    }

    /// Only this connection has the file open, so that statements in a row read the same contents.
    func read<Value>(doing what: String, _ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try SQLiteErrors.translated(path, doing: what) {
            try queue.writeWithoutTransaction { database in
                // GRDB's synchronous calls hand a closed connection to SQLite, which does not survive it.
                guard database.sqliteConnection != nil else {
                    throw JournalError(.closed, path: path, "\(what) failed: the journal is closed.")
                }
                return try body(database)
            }
        }
    }

    /// One transaction.
    func write(at now: Timestamp, _ body: (inout Ledger) throws -> Void) throws(JournalError) {
        try read(doing: "writing to it") { database in
            try database.inTransaction(.immediate) {
                try Ledger.write(database, at: now, body)
                return .commit
            }
        }
    }

    func load() throws(JournalError) -> StoredJournal {
        try read(doing: "reading it") { try StoredJournal($0) }
    }

    func migrate() throws(JournalError) {
        try SQLiteErrors.translated(path, doing: "bringing it to this version") {
            try JournalSchema.migrator.migrate(queue)
        }
    }

    /// Folds the log into the file and closes it: one file is left, and it is durable.
    func close() throws(JournalError) {
        try SQLiteErrors.translated(path, doing: "closing it") { try queue.close() }
    }

    private func checkDurability() throws(JournalError) {
        let (mode, synchronous) = try read(doing: "opening it") { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(database, sql: "PRAGMA synchronous")
            )
        }
        guard mode == "wal", synchronous == 2 else {
            throw JournalError(
                .notDurable, path: path,
                "journal_mode is \(mode ?? "?") and synchronous \(synchronous ?? -1), not wal and 2 (FULL). "
                    + "The file system may not support it.")
        }
    }
}

extension JournalDatabase {
    /// Proves that this is a whole journal, of this version or made one, and reads it.
    ///
    /// `integrity_check` and not `quick_check`: a job is found by an index when it is replaced, and only the former
    /// compares indexes with their tables. A journal has some thousands of rows, so it takes milliseconds.
    /// - Throws: `.corrupt` naming what is wrong, `.newer`.
    func verify() throws(JournalError) -> StoredJournal {
        let faults = try read(doing: "checking it") { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check(5)")
        }
        guard faults == ["ok"] else {
            throw JournalError(.corrupt, path: path, "is damaged: \(faults.joined(separator: "; ")).")
        }
        try checkVersion()
        try migrate()
        return try load()
    }

    private func checkVersion() throws(JournalError) {
        let migrator = JournalSchema.migrator
        let applied = try read(doing: "reading its version") { try migrator.appliedIdentifiers($0) }
        guard applied.contains(JournalSchema.firstMigration) else {
            throw JournalError(.corrupt, path: path, "has none of a journal's tables.")
        }
        let unknown = applied.subtracting(migrator.migrations)
        guard !unknown.isEmpty else { return }
        // Versions never leave a step out, so a strange one in place of a known one is a damaged name.
        guard applied.isSuperset(of: migrator.migrations) else {
            throw JournalError(.corrupt, path: path, "is damaged: its version is \(applied.sorted()).")
        }
        throw JournalError(
            .newer, path: path,
            "was written by a newer migrationd (\(unknown.sorted())). Run that version; nothing was changed.")
    }
}
