import Dispatch
import Glibc

/// A Unix-socket client that sends and receives bytes as they are, never blocks a thread, and gives up after sixty
/// seconds: the machine may be busy with other tests.
final class RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Response: Equatable {
        var status: Int
        /// Status line and fields, as received.
        var head: String
        var body: String

        func field(_ name: String) -> String? {
            head.split(separator: "\r\n").dropFirst().lazy
                .map { $0.split(separator: ":", maxSplits: 1) }
                .first { $0.first?.lowercased() == name.lowercased() }
                .map { $0.count < 2 ? "" : $0[1].drop { $0 == " " }.description }
        }
    }

    let descriptor: CInt
    private let queue = DispatchQueue(label: "RawClient")

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect to \(path): errno \(errno)") }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// The other side of a connection that a test accepted.
    init(accepted: CInt) {
        descriptor = accepted
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        let deadline = DispatchTime.now() + 60
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN, DispatchTime.now() < deadline {
                await wait(writing: true, until: deadline)
            } else {
                throw Failure(description: "send: errno \(errno) after \(sent) of \(bytes.count) bytes")
            }
        }
    }

    /// What the kernel takes at once; less than everything when the server does not read.
    func sendNow(_ bytes: [UInt8]) -> Int {
        Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    /// The next bytes; empty at the end.
    func receive() async throws -> [UInt8] {
        let deadline = DispatchTime.now() + 60
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count >= 0 { return Array(buffer[..<count]) }
            guard errno == EAGAIN, DispatchTime.now() < deadline else {
                throw Failure(description: "receive: errno \(errno)")
            }
            await wait(writing: false, until: deadline)
        }
    }

    func receiveToEnd() async throws -> String {
        var all: [UInt8] = []
        while case let bytes = try await receive(), !bytes.isEmpty { all += bytes }
        return String(decoding: all, as: UTF8.self)
    }

    func receive(bytes wanted: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < wanted {
            let bytes = try await receiveAtMost(wanted - all.count)
            if bytes.isEmpty { throw Failure(description: "the end came after \(all.count) of \(wanted) bytes") }
            all += bytes
        }
        return all
    }

    /// One response with `Content-Length`, and not a byte more.
    func response(toHead: Bool = false) async throws -> Response {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try await receive(bytes: 1) }
        let text = String(decoding: head, as: UTF8.self)
        var response = Response(status: Int(text.dropFirst(9).prefix(3)) ?? 0, head: text, body: "")
        guard !toHead, response.status >= 200, let length = response.field("Content-Length").flatMap({ Int($0) }) else {
            return response
        }
        response.body = String(decoding: try await receive(bytes: length), as: UTF8.self)
        return response
    }

    func request(_ text: String) async throws -> Response {
        try await send(text)
        return try await response()
    }

    func endOutput() { shutdown(descriptor, CInt(SHUT_WR)) }

    private func receiveAtMost(_ count: Int) async throws -> [UInt8] {
        let deadline = DispatchTime.now() + 60
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            let got = recv(descriptor, &buffer, count, 0)
            if got >= 0 { return Array(buffer[..<got]) }
            guard errno == EAGAIN, DispatchTime.now() < deadline else {
                throw Failure(description: "receive: errno \(errno)")
            }
            await wait(writing: false, until: deadline)
        }
    }

    private func wait(writing: Bool, until deadline: DispatchTime) async {
        await withCheckedContinuation { continuation in
            let source: any DispatchSourceProtocol =
                writing
                ? DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
                : DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: deadline)
            // Both run on the serial queue; the first cancels the source, which resumes once.
            timer.setEventHandler { source.cancel() }
            source.setEventHandler { source.cancel() }
            source.setCancelHandler {
                timer.cancel()
                continuation.resume()
            }
            timer.resume()
            source.resume()
        }
    }
}
