import Glibc

/// A file that lines are added to. Each line is one write, so that lines of ours are whole whoever else reads or renames the
/// file meanwhile.
struct AuditFile {
    let path: String
    private var descriptor: CInt = -1
    /// A line was cut off where the disk was full: the next begins on a line of its own.
    private var isTorn = false

    struct Failure: Error {
        let reason: String
    }

    init(path: String) { self.path = path }

    /// Opens the file, or makes it with mode 0600; what is open already is closed when that succeeds.
    ///
    /// Another mode than 0600 stays, so that an admin may let a group read; a file that others may write, or that is
    /// another user's, is refused.
    mutating func open() throws(Failure) {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let opened = Glibc.open(path, flags, 0o600)
        guard opened >= 0 else { throw Self.failure("open") }
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(opened)
            throw Failure(reason: "it is not a regular file")
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            Glibc.close(opened)
            throw Failure(reason: "others may write it: it must belong to the daemon's user, with mode 0600")
        }
        close()
        descriptor = opened
        isTorn = false
    }

    mutating func append(_ line: String) throws(Failure) {
        if descriptor < 0 { try open() }
        let bytes = Array(((isTorn ? "\n" : "") + line + "\n").utf8)
        var count = write(descriptor, bytes, bytes.count)
        while count < 0, errno == EINTR { count = write(descriptor, bytes, bytes.count) }
        guard count >= 0 else { throw Self.failure("write") }
        isTorn = count < bytes.count
        if isTorn { throw Failure(reason: "only \(count) of \(bytes.count) bytes were written: is the disk full?") }
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private static func failure(_ what: String) -> Failure {
        Failure(reason: "cannot \(what) it: \(String(cString: strerror(errno)))")
    }
}
