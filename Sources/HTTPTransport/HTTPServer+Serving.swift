import Glibc
import NIOCore
import NIOPosix

extension HTTPServer {
    typealias Core = NIOLoopBound<HTTPServerCore>

    func makeCore(on loop: any EventLoop, _ work: AsyncStream<HTTPServerCore.Work>.Continuation) async -> Core {
        await withUnsafeContinuation { continuation in
            loop.execute {
                let core = HTTPServerCore(
                    loop: loop, options: self.options, work: work, wallClock: self.wallClock, report: self.report)
                continuation.resume(returning: NIOLoopBound(core, eventLoop: loop))
            }
        }
    }

    /// Hands the listening socket to the event loop, which owns it from here on.
    func makeListener(
        _ socket: UnixSocketFile, _ core: Core, on loop: any EventLoop
    ) async throws(HTTPTransportError) -> any Channel {
        let report = self.report
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTPAcceptPause(report: report))
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                Self.peerCredentials(of: channel).flatMapThrowing { credentials in
                    let peer = Self.peer(core.value.nextConnectionNumber(), credentials)
                    let connection = HTTPServerConnection(peer: peer, core: core.value)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        do {
            return try await bootstrap.withBoundSocket(socket.descriptor).get()
        } catch {
            try socket.remove()
            throw HTTPTransportError(.systemCall, "cannot serve at \(socket.path): \(error)")
        }
    }

    /// Runs the handler, one child task a request, until the core says that all is over.
    ///
    /// What is short runs on the event loop's thread; what may take long goes to the cooperative pool: a large request,
    /// whose reading takes time, and a streamed body, whose making does.
    func handle(_ work: AsyncStream<HTTPServerCore.Work>, _ core: Core) async {
        let handler = self.handler
        let options = self.options
        let loopThread = EventLoopTaskExecutor(core.eventLoop)
        await withTaskExecutorPreference(loopThread) {
            await withDiscardingTaskGroup { group in
                for await item in work {
                    switch item {
                    case .handle(let request):
                        let isShort = request.body.count <= options.shortBodyBytes
                        group.addTask(executorPreference: isShort ? loopThread : globalConcurrentExecutor) {
                            let response = HTTPResponseText.checked(await handler(request))
                            let outcome = await Self.outcome(of: response, request, options.streamPieceBytes, core)
                            core.eventLoop.execute { core.value.finished(request.peer, outcome) }
                        }
                    case .end(let cancelling):
                        if cancelling { group.cancelAll() }
                    }
                }
            }
        }
    }

    /// Writes a streamed body, if there is one to write.
    private static func outcome(
        of response: HTTPResponse, _ request: HTTPRequest, _ pieceBytes: Int, _ core: Core
    ) async -> HTTPServerExchange.Outcome {
        guard case .stream(let stream) = response.body, request.method != "HEAD",
            HTTPResponseText.allowsBody(response.status)
        else { return .response(response) }
        let writer = HTTPBodyWriter(pieceBytes: pieceBytes) { (piece) async throws(HTTPTransportError) in
            let isTaken = await withUnsafeContinuation { continuation in
                core.eventLoop.execute {
                    core.value.send(piece, of: response, to: request.peer) { continuation.resume(returning: $0) }
                }
            }
            guard isTaken else {
                throw HTTPTransportError(.connectionClosed, "the client is gone, or did not read its response in time")
            }
        }
        do {
            let trailers = try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await stream.write(to: writer)
            }
            return .streamed(response, rest: writer.takeRest(), trailers: trailers)
        } catch {
            return .broken("\(error)")
        }
    }

    /// Until every connection is closed and the listener too.
    static func closed(_ listener: any Channel, _ core: Core) async {
        await withUnsafeContinuation { continuation in
            listener.closeFuture.whenComplete { _ in
                core.value.whenEmpty { continuation.resume() }
            }
        }
    }

    // MARK: Peers

    /// `struct ucred`, which the Glibc module does not show (unix(7), `SO_PEERCRED`).
    private struct Credentials: Sendable {
        var processID: Int32
        var userID: UInt32
        var groupID: UInt32
    }

    private static func peerCredentials(of channel: any Channel) -> EventLoopFuture<Credentials?> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(nil)
        }
        // The type must have the size the kernel writes; it has `struct ucred`'s three members.
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return credentials.map { $0 }
    }

    private static func peer(_ connection: UInt64, _ credentials: Credentials?) -> HTTPPeer {
        HTTPPeer(
            connection: connection, processID: credentials?.processID, userID: credentials?.userID,
            groupID: credentials?.groupID)
    }
}
