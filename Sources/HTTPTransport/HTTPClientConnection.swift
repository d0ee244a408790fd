import Glibc
import NIOCore
import NIOPosix

/// What a client sends.
package struct HTTPClientRequest: Sendable {
    package var method: String
    /// Visible ASCII, beginning with `/`.
    package var path: String
    /// `Host`, `Content-Length` and `Connection` are written by the connection; what stands here of them is
    /// replaced, but for `Host`.
    package var headers: HTTPHeaderFields
    package var body: [UInt8]

    package init(
        method: String = "POST", path: String, headers: HTTPHeaderFields = HTTPHeaderFields(), body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}

/// A connection to an HTTP server on a Unix socket; one call at a time, several after each other.
package final class HTTPClientConnection: Sendable {
    /// What a response may be at most; beyond it a call ends with `.responseTooLarge`.
    package struct Options: Sendable, Hashable {
        /// The response's header fields, in bytes.
        package var headerBytes = 65_536
        package var headerFields = 100
        /// The response's body, transfer coding undone, in bytes.
        package var bodyBytes = 268_435_456

        package init() {}
    }

    package let socketPath: String
    private let channel: any Channel
    private let calls: NIOLoopBound<HTTPClientHandler>

    private init(socketPath: String, channel: any Channel, calls: NIOLoopBound<HTTPClientHandler>) {
        self.socketPath = socketPath
        self.channel = channel
        self.calls = calls
    }

    /// Whether another call can be made. A server may close at any moment, so a call can fail all the same.
    package var isOpen: Bool { channel.isActive }

    /// Connects, waiting while a server's queue of connections is full.
    ///
    /// Throws `.pathTooLong`, `.noSuchSocket`, `.connectionRefused`, `.permissionDenied`, `.notASocket`,
    /// `.deadlineExceeded`, `.cancelled`, `.systemCall`.
    /// - Parameter timeout: for connecting.
    package static func connect(
        to socketPath: String, options: Options = Options(), timeout: Duration = .seconds(5)
    ) async throws(HTTPTransportError) -> HTTPClientConnection {
        try UnixSocketFile.checkLength(socketPath)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        let descriptor = try await descriptor(socketPath, until: deadline, on: loop)
        let limits = HTTPClientExchange.Limits(
            statusLineBytes: options.headerBytes,
            fields: HTTPFieldReader.Limits(bytes: options.headerBytes, count: options.headerFields),
            bodyBytes: options.bodyBytes)
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = HTTPClientHandler(limits: limits, socketPath: socketPath)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .withConnectedSocket(descriptor).get()
            let calls = try await loop.submit {
                let handler = try channel.pipeline.syncOperations.handler(type: HTTPClientHandler.self)
                return NIOLoopBound(handler, eventLoop: loop)
            }.get()
            return HTTPClientConnection(socketPath: socketPath, channel: channel, calls: calls)
        } catch {
            throw HTTPTransportError(.systemCall, "cannot use the connection to \(socketPath): \(error)")
        }
    }

    /// Sends a request and waits for the whole response. After any error the connection is closed, save
    /// `.connectionBusy` and `.invalidRequest`.
    ///
    /// Throws `.invalidRequest`, `.connectionBusy`, `.connectionClosed`, `.deadlineExceeded`, `.cancelled`,
    /// `.closedEarly`, `.notHTTP`, `.responseTooLarge`.
    /// - Parameters:
    ///   - timeout: for the whole call.
    ///   - closing: the last call on this connection; tells the server so.
    package func send(
        _ request: HTTPClientRequest, timeout: Duration, closing: Bool = false
    ) async throws(HTTPTransportError) -> HTTPClientResponse {
        let head = try HTTPRequestText.head(request, closing: closing)
        let loop = channel.eventLoop
        let promise = loop.makePromise(of: HTTPClientResponse.self)
        let calls = self.calls
        do {
            return try await withTaskCancellationHandler {
                loop.execute {
                    calls.value.call(
                        head: head, body: request.body, isHead: request.method == "HEAD",
                        timeout: timeout, promise: promise)
                }
                // A task cancelled beforehand ran `onCancel` before the call was there to be cancelled.
                if Task.isCancelled { loop.execute { calls.value.cancel(promise) } }
                return try await promise.futureResult.get()
            } onCancel: {
                loop.execute { calls.value.cancel(promise) }
            }
        } catch let error as HTTPTransportError {
            throw error
        } catch {
            throw HTTPTransportError(.connectionClosed, "the call to \(socketPath) failed: \(error)")
        }
    }

    package func close() async {
        await withUnsafeContinuation { continuation in
            channel.closeFuture.whenComplete { _ in continuation.resume() }
            channel.close(promise: nil)
        }
    }

    // MARK: Connecting

    private static func descriptor(
        _ path: String, until deadline: NIODeadline, on loop: any EventLoop
    ) async throws(HTTPTransportError) -> CInt {
        while true {
            if Task.isCancelled { throw HTTPTransportError(.cancelled, "connecting to \(path) was cancelled") }
            switch try UnixSocket.connect(to: path) {
            case .connected(let descriptor): return descriptor
            case .failed(EAGAIN), .failed(EINTR):
                guard .now() < deadline else {
                    throw HTTPTransportError(
                        .deadlineExceeded,
                        "the server at \(path) takes no connection, its queue is full: see if it hangs, or try later")
                }
                await pause(.milliseconds(10), on: loop)
            case .failed(let number): throw connectError(path, number)
            }
        }
    }

    private static func connectError(_ path: String, _ number: CInt) -> HTTPTransportError {
        switch number {
        case ENOENT, ENOTDIR:
            HTTPTransportError(
                .noSuchSocket, "there is no socket at \(path): start the daemon, or give the path it listens at")
        case ECONNREFUSED:
            HTTPTransportError(
                .connectionRefused,
                "nothing answers at \(path), where a dead server or a file of another kind was left: start the daemon")
        case EACCES, EPERM:
            HTTPTransportError(
                .permissionDenied,
                "user \(geteuid()) may not open the socket \(path): call as a user whom the daemon's configuration lets in"
            )
        case EPROTOTYPE:
            HTTPTransportError(.notASocket, "\(path) is no stream socket: give the path the daemon listens at")
        default: .systemCall("connect to \(path)", number)
        }
    }
}
