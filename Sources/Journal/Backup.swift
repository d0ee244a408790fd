import GRDB
import Glibc

/// A copy of an open journal in one file.
enum Backup {
    /// - Throws: `.cannotOpen` when the file exists. Nothing is left behind when it fails.
    static func write(_ source: JournalDatabase, to path: String) throws(JournalError) {
        try Files.with(path, O_RDWR | O_CREAT | O_EXCL, doing: "making the backup") { (_) throws(JournalError) in }
        do throws(JournalError) {
            try fill(source, path)
        } catch {
            // The first error is the one to tell.
            try? Files.removeDatabase(path)
            throw error
        }
    }

    private static func fill(_ source: JournalDatabase, _ path: String) throws(JournalError) {
        let target = try JournalDatabase(path: path)
        do throws(JournalError) {
            try target.read(doing: "writing the backup") { copy in
                try source.read(doing: "backing it up") { journal in
                    try SQLiteErrors.translated(path, doing: "writing the backup") { try journal.backup(to: copy) }
                }
            }
        } catch {
            try? target.close()
            throw error
        }
        try target.close()
        // Read again from the disk, by a connection that has none of its pages in memory.
        let copy = try JournalDatabase(path: path)
        let verified = Result { () throws(JournalError) in try copy.verify() }
        try copy.close()
        _ = try verified.get()
        try Files.sync(path)
        try Files.syncDirectory(of: path)
    }
}
