import Glibc
import NIOCore

/// A listening Unix socket and the file that names it.
struct UnixSocketFile: Sendable {
    let path: String
    /// Non-blocking and listening; owned by whoever takes it.
    let descriptor: CInt
    private let device: dev_t
    private let inode: ino_t

    /// Bytes a path may have: `sun_path` without its end.
    static let pathBytes = 107
    /// Connections the kernel holds until they are accepted (capped by `net.core.somaxconn`).
    static let backlog: CInt = 4096

    /// Makes the socket in a directory that is the server's own: nobody else may read or write there, so that nobody
    /// can put another file in the socket's place or hold the directory's lock, and only those may enter who may
    /// connect. The file's mode is so never the only thing between others and the server. A dead server's file is
    /// replaced, anything else is left alone.
    ///
    /// The directory is locked meanwhile: of two servers that start at once, one must not take the other's
    /// new file for a dead server's.
    static func listen(
        at path: String, for access: UnixSocketAccess = .owner, waitingOn loop: any EventLoop
    ) async throws(HTTPTransportError) -> UnixSocketFile {
        try checkLength(path)
        let directory = try openDirectory(of: path)
        defer { close(directory) }
        try await lock(directory, of: path, waitingOn: loop)
        try removeStale(path)
        let socket = try bind(path)
        do throws(HTTPTransportError) {
            try socket.permit(access, directory)
            return socket
        } catch {
            try socket.remove()
            close(socket.descriptor)
            throw error
        }
    }

    /// Lets others connect than until now; who is connected stays so.
    func permit(_ access: UnixSocketAccess) throws(HTTPTransportError) {
        let directory = try Self.openDirectory(of: path)
        defer { close(directory) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
            throw HTTPTransportError(.systemCall, "the socket \(path) is not this server's any more: restart it")
        }
        try permit(access, directory)
    }

    /// The file is its owner's alone until its directory has the new mode.
    private func permit(_ access: UnixSocketAccess, _ directory: CInt) throws(HTTPTransportError) {
        let group = access.groupID ?? gid_t.max
        guard chmod(path, UnixSocketAccess.owner.fileMode) == 0, fchown(directory, uid_t.max, group) == 0,
            fchmod(directory, access.directoryMode) == 0, lchown(path, uid_t.max, group) == 0,
            chmod(path, access.fileMode) == 0
        else { throw .systemCall("let others at \(path) (\(access))") }
    }

    /// Removes the file if it is still ours. Must be called while the socket still listens: until the file
    /// is gone any other server that starts finds this one alive, and keeps its hands off.
    func remove() throws(HTTPTransportError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
        if unlink(path) != 0 && errno != ENOENT { throw .systemCall("remove the socket file \(path)") }
    }

    static func checkLength(_ path: String) throws(HTTPTransportError) {
        guard !path.isEmpty, path.utf8.count <= pathBytes, !path.utf8.contains(0) else {
            throw HTTPTransportError(
                .pathTooLong,
                "the socket path \(path) has \(path.utf8.count) bytes: a Unix socket's path has 1 to \(pathBytes); "
                    + "choose a shorter one")
        }
    }

    // MARK: Directory

    private static func openDirectory(of path: String) throws(HTTPTransportError) -> CInt {
        let directory = parent(of: path)
        if mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw HTTPTransportError(
                .directoryUnavailable,
                "the socket's directory \(directory) cannot be created: \(lastError()); "
                    + "create it, with mode 0700, or choose another path")
        }
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw HTTPTransportError(
                .directoryUnavailable, "the socket's directory \(directory) cannot be opened: \(lastError())")
        }
        do {
            try checkPrivate(descriptor, directory)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func checkPrivate(_ descriptor: CInt, _ directory: String) throws(HTTPTransportError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .systemCall("look at the directory \(directory)") }
        guard status.st_uid == geteuid() else {
            throw HTTPTransportError(
                .directoryNotPrivate,
                "the socket's directory \(directory) belongs to user \(status.st_uid), not to \(geteuid()), "
                    + "who runs this server: give it a directory of its own")
        }
        // Whether others may enter is what `permit` sets.
        guard status.st_mode & 0o066 == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw HTTPTransportError(
                .directoryNotPrivate,
                "others may read or write in the socket's directory \(directory) (mode \(mode)): "
                    + "chmod 700 \(directory), or choose a directory of its own")
        }
    }

    private static func lock(
        _ directory: CInt, of path: String, waitingOn loop: any EventLoop
    ) async throws(HTTPTransportError) {
        // Two seconds: a start under way takes a few system calls.
        for _ in 0..<100 {
            if flock(directory, LOCK_EX | LOCK_NB) == 0 { return }
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .systemCall("lock the directory \(parent(of: path))")
            }
            await pause(.milliseconds(20), on: loop)
        }
        throw HTTPTransportError(
            .addressInUse,
            "another server has been starting at \(path) for two seconds: stop it, or choose another path")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    // MARK: File

    private static func removeStale(_ path: String) throws(HTTPTransportError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .systemCall("look at \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw HTTPTransportError(
                .notASocket, "\(path) exists and is no socket: it is left alone; remove it, or choose another path")
        }
        switch try UnixSocket.connect(to: path) {
        case .connected(let descriptor):
            close(descriptor)
            throw inUse(path)
        case .failed(EAGAIN), .failed(EINPROGRESS): throw inUse(path)
        case .failed(ENOENT): return
        case .failed(ECONNREFUSED):
            if unlink(path) != 0 && errno != ENOENT { throw .systemCall("remove the dead server's socket \(path)") }
        case .failed(EPROTOTYPE):
            throw HTTPTransportError(
                .notASocket, "\(path) is a socket of another kind: it is left alone; remove it, or choose another path")
        case .failed(let number):
            throw .systemCall("find out whether a server answers at \(path)", number)
        }
    }

    private static func inUse(_ path: String) -> HTTPTransportError {
        HTTPTransportError(.addressInUse, "another daemon answers on \(path): stop it, or choose another path")
    }

    private static func bind(_ path: String) throws(HTTPTransportError) -> UnixSocketFile {
        let descriptor = try UnixSocket.open()
        do throws(HTTPTransportError) {
            guard UnixSocket.withAddress(of: path, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
                throw .systemCall("make the socket \(path)")
            }
            // Before listening: until then nobody can connect, whatever mode the umask gave it.
            guard chmod(path, 0o600) == 0 else { throw .systemCall("set the mode of \(path)") }
            var status = stat()
            guard lstat(path, &status) == 0 else { throw .systemCall("look at \(path)") }
            guard Glibc.listen(descriptor, backlog) == 0 else { throw .systemCall("listen at \(path)") }
            return UnixSocketFile(path: path, descriptor: descriptor, device: status.st_dev, inode: status.st_ino)
        } catch {
            close(descriptor)
            throw error
        }
    }
}
