import Glibc

/// Unix sockets that only the process's own user can connect to.
enum ListeningSocket {
    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 16

    /// A listening socket that had its mode (0600) before it had its name. One that nobody listens on any more is
    /// replaced.
    /// - Parameter path: at most 107 bytes.
    /// - Throws: `.inputOutput`
    static func open(_ path: String) throws(SimulationError) -> Int32 {
        let bytes = Array(path.utf8)
        var address = sockaddr_un()
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw SimulationError(
                .inputOutput, "“\(path)” cannot name a socket", remedy: "use a path of 1 to 107 bytes")
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        try removeStale(path, address)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("making a socket", errno) }
        let named = fchmod(descriptor, 0o600) == 0 && call(bind, descriptor, address) == 0
        guard named, Glibc.listen(descriptor, backlog) == 0 else {
            let number = errno
            close(descriptor)
            throw failure("listening on \(path)", number)
        }
        return descriptor
    }

    /// Removes the name of a socket whose server is gone, and nothing else.
    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(SimulationError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SimulationError(.inputOutput, "\(path) is no socket", remedy: "move it away or use another path")
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw failure("making a socket", errno) }
        defer { close(probe) }
        guard call(connect, probe, address) != 0, errno == ECONNREFUSED else {
            throw SimulationError(
                .inputOutput, "another process listens on \(path)", remedy: "stop it or use another path")
        }
        guard unlink(path) == 0 else { throw failure("removing \(path)", errno) }
    }

    private static func call(
        _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32, _ address: sockaddr_un
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ what: String, _ number: Int32) -> SimulationError {
        failure("\(what): \(String(cString: strerror(number)))")
    }

    static func failure(_ what: String) -> SimulationError {
        SimulationError(.inputOutput, what, remedy: "check the path and its directory's permissions")
    }
}
