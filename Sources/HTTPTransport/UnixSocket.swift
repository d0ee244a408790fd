import Glibc
import NIOCore

/// Stream sockets of the Unix domain, non-blocking.
enum UnixSocket {
    enum Connection {
        /// The caller owns the descriptor.
        case connected(CInt)
        /// The error number. `EAGAIN`: a server listens, and its queue is full.
        case failed(CInt)
    }

    static func open() throws(HTTPTransportError) -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw .systemCall("open a Unix socket") }
        return descriptor
    }

    /// Connecting in the Unix domain takes no time: it succeeds or fails at once.
    static func connect(to path: String) throws(HTTPTransportError) -> Connection {
        let descriptor = try open()
        if withAddress(of: path, { Glibc.connect(descriptor, $0, $1) }) == 0 { return .connected(descriptor) }
        let number = errno
        close(descriptor)
        return .failed(number)
    }

    /// The address of a path of at most 107 bytes, for one system call.
    static func withAddress(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(UnixSocketFile.pathBytes)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

/// Waits without holding a thread. A cancelled task waits as long.
func pause(_ time: TimeAmount, on loop: any EventLoop) async {
    await withUnsafeContinuation { continuation in
        loop.scheduleTask(in: time) { continuation.resume() }
    }
}

func lastError() -> String { errorText(errno) }

func errorText(_ number: CInt) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension HTTPTransportError {
    /// - Parameter what: what was tried, to follow "cannot".
    static func systemCall(_ what: String, _ number: CInt = errno) -> HTTPTransportError {
        HTTPTransportError(.systemCall, "cannot \(what): \(errorText(number)) (error \(number))")
    }
}
