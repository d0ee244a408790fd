import GRDB
import Glibc
import MigrationLogic
import Synchronization

/// The journal on disk, opened by `JournalFile`.
///
/// What a commit that returned wrote is on the disk (`JournalDatabase`); every row that is read back is verified
/// against its checksum, and all rows together against the last transaction's seal.
package final class SQLiteJournal: JournalStore {
    package let path: String
    private let database: JournalDatabase
    private let daemon: String
    /// Kept while the journal is open.
    private let lock: Mutex<FileLock?>

    init(_ database: JournalDatabase, daemon: String, _ lock: FileLock) {
        path = database.path
        self.database = database
        self.daemon = daemon
        self.lock = Mutex(lock)
    }

    package func load() async throws(JournalError) -> JournalContents {
        let daemon = daemon
        return try await use { (database) throws(JournalError) in try database.load().contents(daemon: daemon) }
    }

    package func commit(_ commit: Commit) async throws(JournalError) {
        try await use { (database) throws(JournalError) in
            try database.write(at: UTCText.now()) { try $0.apply(commit) }
        }
    }

    package func backUp(to path: String) async throws(JournalError) {
        try await use { (database) throws(JournalError) in try Backup.write(database, to: path) }
    }

    package func close() async throws(JournalError) {
        let database = database
        try await offThePool { () throws(JournalError) in try database.close() }
        lock.withLock { $0 = nil }
    }

    private func use<Value: Sendable>(
        _ body: @escaping @Sendable (JournalDatabase) throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        let database = database
        do throws(JournalError) {
            return try await offThePool { () throws(JournalError) in try body(database) }
        } catch {
            guard error.code == .corrupt else { throw error }
            throw JournalError(
                .corrupt, path: error.path,
                "\(error.message) Start migrationd again: it sets a damaged journal aside and says what is not known.")
        }
    }
}
