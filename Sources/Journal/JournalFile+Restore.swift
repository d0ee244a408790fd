import FoundationEssentials
import MigrationLogic

/// A backup that is now the journal.
package struct RestoredJournal: Sendable {
    package let contents: JournalContents
    /// The path of the journal that was there before; `nil` when there was none.
    package let setAside: String?
}

extension JournalFile {
    /// Makes a backup the journal. It says that it needs recovery: a backup is older than the world.
    /// - Throws: `.inUse` while a daemon has the journal open; `.corrupt`, `.newer`, `.foreign`, `.cannotOpen` about
    ///   the backup. Nothing was changed then.
    package func restore(from backup: String, now: Timestamp) async throws(JournalError) -> RestoredJournal {
        try await offThePool { () throws(JournalError) in
            let lock = try FileLock(journal: path)
            defer { withExtendedLifetime(lock) {} }
            if try Files.exists(path) { try FileLock.checkFree(path) }
            try Files.removeDatabase(unfinished)
            do throws(JournalError) {
                return try restoreLocked(backup, now)
            } catch {
                // The first error is the one to tell; what is left is removed at the next start.
                try? Files.removeDatabase(unfinished)
                throw error.path == unfinished ? JournalError(error.code, path: backup, error.message) : error
            }
        }
    }

    private func restoreLocked(_ backup: String, _ now: Timestamp) throws(JournalError) -> RestoredJournal {
        let stored = try examineBackup(backup)
        let daemon = try daemon(of: stored, backup)
        let need = RecoveryNeed(
            reason: "The journal was restored from a backup, \(backup), whose last change was on "
                + "\(UTCText.readable(stored.writtenAt)); what was done since then is not in it.",
            since: now)
        let database = try JournalDatabase(path: unfinished)
        let written = Result { () throws(JournalError) in
            try database.write(at: now) { ledger in
                try ledger.setDaemon(daemon)
                try ledger.setRecoveryNeed(need)
            }
        }
        try database.close()
        try written.get()
        let old = try SetAside.replaced.take(path, at: now)
        try putInPlace()
        var contents = stored.contents(daemon: daemon)
        contents.recoveryNeed = need
        return RestoredJournal(contents: contents, setAside: old)
    }

    /// Copies the backup and proves that it is a whole journal that this program can read.
    private func examineBackup(_ backup: String) throws(JournalError) -> StoredJournal {
        guard try Files.exists(backup) else {
            throw JournalError(.cannotOpen, path: backup, "there is no such backup.")
        }
        try Examination.takeCopy(of: backup, unfinished)
        switch try Examination.judge(unfinished) {
        case .intact(let stored, _): return stored
        case .missing: throw JournalError(.cannotOpen, path: backup, "there is no such backup.")
        case .damaged(let why):
            throw JournalError(.corrupt, path: backup, "cannot be restored: \(why) Use another; nothing was changed.")
        }
    }

    private func daemon(of stored: StoredJournal, _ backup: String) throws(JournalError) -> String {
        guard case .known(let own) = try identity.read() else {
            return stored.daemon ?? UUID().uuidString.lowercased()
        }
        guard let other = stored.daemon, other != own else { return own }
        throw JournalError(
            .foreign, path: backup,
            "is a backup of daemon \(other), and this is daemon \(own). If that one is no more and this is to take its "
                + "place, remove \(identityFile) first; nothing was changed.")
    }
}
