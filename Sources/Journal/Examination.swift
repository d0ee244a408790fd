import Glibc

/// What a journal's file is, found out without changing it: SQLite works on a copy, because opening and closing a
/// database already folds its log into it.
enum Examination {
    case missing
    case damaged(String)
    /// The notice is for an admin.
    case intact(StoredJournal, notice: String?)

    /// - Throws: what is not damage: `.inUse`, `.newer`, `.cannotOpen`, `.diskFull`, `.notDurable`, `.failed`.
    static func of(_ path: String) throws(JournalError) -> Examination {
        guard try Files.exists(path) else { return .missing }
        try checkUsable(path)
        return try ofCopy(path, path + ".examined")
    }

    /// - Throws: `.cannotOpen` for what is no file, or cannot be written; `.inUse`.
    private static func checkUsable(_ path: String) throws(JournalError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw JournalError(errno: errno, path: path, doing: "looking at it") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw JournalError(.cannotOpen, path: path, "is not a file (or is a link). See daemon.stateDirectory.")
        }
        try FileLock.checkFree(path)
        guard status.st_mode & 0o077 == 0 || chmod(path, 0o600) == 0 else {
            throw JournalError(errno: errno, path: path, doing: "making it private")
        }
    }

    private static func ofCopy(_ path: String, _ copy: String) throws(JournalError) -> Examination {
        try Files.removeDatabase(copy)
        let result = Result { () throws(JournalError) in
            try takeCopy(of: path, copy)
            return try judge(copy)
        }
        try Files.removeDatabase(copy)
        do throws(JournalError) {
            return try result.get()
        } catch {
            // What is said of the copy is true of the file.
            let about = error.path == copy ? path : error.path
            throw JournalError(error.code, path: about, error.message)
        }
    }

    /// Copies a database that nobody has open. The shared-memory file is not needed: SQLite makes it from the log.
    static func takeCopy(of path: String, _ copy: String) throws(JournalError) {
        for part in Files.parts where part != "-shm" {
            guard try Files.exists(path + part) else { continue }
            try Files.copy(path + part, to: copy + part)
        }
    }

    /// Judges a database that is only ours: it may be changed.
    static func judge(_ copy: String) throws(JournalError) -> Examination {
        let log = WriteAheadLog(try Files.read(copy + "-wal") ?? [])
        if let fault = DatabaseHeader.fault(in: try Files.read(copy) ?? []) { return .damaged("\(fault).") }
        if case .damaged(let what) = log.finding { return .damaged("\(what).") }
        do throws(JournalError) {
            let database = try JournalDatabase(path: copy)
            let stored = Result { () throws(JournalError) in try database.verify() }
            // Its end does not matter: it is a copy.
            try? database.close()
            return .intact(try stored.get(), notice: notice(log))
        } catch {
            if error.code == .corrupt { return .damaged(error.message) }
            throw error
        }
    }

    private static func notice(_ log: WriteAheadLog) -> String? {
        guard case .torn(let frames) = log.finding else { return nil }
        return
            "The journal's log ended in \(frames) frames of a transaction that was cut off before it returned, as by "
            + "a loss of power; they were dropped."
    }
}
