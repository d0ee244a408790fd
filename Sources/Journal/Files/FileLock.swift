import Glibc

/// Who holds it may look at, rename and replace the journal's files; kept until it is dropped, or the process dies.
///
/// A file of its own, since SQLite's lock is on the journal's inode: it says nothing while the journal is being
/// replaced, and closing any descriptor of that inode drops it (fcntl(2)). The file stays: removing it would let two
/// processes lock two files of one name.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `.inUse` when another holds it.
    init(journal path: String) throws(JournalError) {
        // Nothing may throw once the descriptor is stored: `deinit` would close it a second time.
        descriptor = try Self.locked(path)
    }

    deinit {
        // Not left to `close`: a child that was forked and has not become another program yet would hold the lock on.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    private static func locked(_ path: String) throws(JournalError) -> Int32 {
        let name = path + ".lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw JournalError(errno: errno, path: name, doing: "opening the lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw JournalError(errno: number, path: name, doing: "locking it") }
            throw inUse(path)
        }
        return descriptor
    }

    /// Finds the locks of programs that know SQLite's only: migrationd's first version, `sqlite3`.
    static func checkFree(_ path: String) throws(JournalError) {
        try Files.with(path, O_RDWR, doing: "opening it for writing") { descriptor throws(JournalError) in
            // SQLite's lock bytes: the pending one, the reserved one and 510 shared ones from 1 GiB on.
            var lock = Glibc.flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_whence = Int16(SEEK_SET)
            lock.l_start = 0x4000_0000
            lock.l_len = 512
            guard fcntl(descriptor, F_GETLK, &lock) == 0 else {
                throw JournalError(errno: errno, path: path, doing: "looking for locks")
            }
            if lock.l_type != Int16(F_UNLCK) { throw inUse(path) }
        }
    }

    private static func inUse(_ path: String) -> JournalError {
        JournalError(.inUse, path: path, "another process has it open. Stop that migrationd first.")
    }
}
