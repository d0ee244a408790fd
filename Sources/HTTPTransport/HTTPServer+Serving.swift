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
        // NIO listens again, with a queue of its own length: a client that waits for no one finds it full (EAGAIN).
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: UnixSocketFile.backlog)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTPAcceptPause(report: report))
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = try Self.peer(core.value.nextConnectionNumber(), of: channel, report)
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
                            core.eventLoop.execute { core.value.finished(request, outcome) }
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

    /// What the kernel does not tell stays unknown: a peer without a user is nobody.
    private static func peer(
        _ connection: UInt64, of channel: any Channel, _ report: (HTTPServerEvent) -> Void
    ) throws -> HTTPPeer {
        var peer = HTTPPeer(connection: connection)
        var reason: HTTPTransportError?
        try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
            do throws(HTTPTransportError) {
                let credentials = try UnixPeer(of: descriptor)
                peer.processID = credentials.processID
                peer.userID = credentials.userID
                peer.groupID = credentials.groupID
                peer.supplementaryGroupIDs = try UnixPeer.supplementaryGroups(of: descriptor)
            } catch {
                reason = error
            }
        }
        if let reason { report(.peerUnknown(peer, reason: reason.message)) }
        return peer
    }
}
