import GRDB

/// SQLite's errors as the journal's.
enum SQLiteErrors {
    static func translated<Value>(
        _ path: String, doing what: String, _ body: () throws -> Value
    ) throws(JournalError) -> Value {
        do { return try body() } catch { throw journalError(error, path: path, doing: what) }
    }

    private static func journalError(_ error: any Error, path: String, doing what: String) -> JournalError {
        switch error {
        case let error as JournalError: error
        case let error as RowDamage: JournalError(.corrupt, path: path, "\(what) failed: \(error.text).")
        case let error as DatabaseError: journalError(error, path: path, doing: what)
        default: JournalError(.corrupt, path: path, "\(what) failed: \(error).")
        }
    }

    private static func journalError(_ error: DatabaseError, path: String, doing what: String) -> JournalError {
        let words = "\(what) failed: \(error.message ?? "SQLite error") (\(error.extendedResultCode.rawValue))."
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return JournalError(.inUse, path: path, "\(words) Another process has it open: stop that first.")
        // The statements are always the same: that one makes no sense (SQLITE_ERROR), or breaks a rule, is the file's
        // doing.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_FORMAT,
            .SQLITE_TOOBIG:
            return JournalError(.corrupt, path: path, words)
        case .SQLITE_FULL:
            return JournalError(.diskFull, path: path, "\(words) Make room on its disk.")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return JournalError(
                .cannotOpen, path: path, "\(words) Let the daemon's user write to it: see daemon.stateDirectory.")
        case .SQLITE_IOERR:
            return JournalError(.failed, path: path, "\(words) The disk reports an error: look at the kernel's log.")
        case .SQLITE_MISUSE:
            return JournalError(.closed, path: path, words)
        default:
            return JournalError(.failed, path: path, words)
        }
    }
}
