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
    func handle(_ work: AsyncStream<HTTPServerCore.Work>, _ core: Core) async {
        let handler = self.handler
        await withDiscardingTaskGroup { group in
            for await item in work {
                switch item {
                case .handle(let request):
                    group.addTask {
                        let response = await handler(request)
                        core.eventLoop.execute { core.value.finished(request.peer, response) }
                    }
                case .end(let cancelling):
                    if cancelling { group.cancelAll() }
                }
            }
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
