import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// HTTP/1.1 on a Unix socket, for a handler that sees whole requests and gives whole responses.
///
/// All connections live on one event loop; the handler runs in child tasks of `run`. When a client goes away
/// its handler goes on, and the response is dropped.
package final class HTTPServer: Sendable {
    package typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    private enum Phase {
        case fresh
        case running
        case serving(Core, listener: any Channel, UnixSocketFile)
        case ended
    }

    private struct State {
        var phase = Phase.fresh
        var access: UnixSocketAccess
        /// What the modes have been set for; `nil` before, and when that failed.
        var permitted: UnixSocketAccess?
        var shutdownRequested = false

        init(access: UnixSocketAccess) { self.access = access }

        /// Sets the modes when there is a socket, and keeps for whom.
        mutating func permit(_ access: UnixSocketAccess) throws(HTTPTransportError) {
            if case .serving(_, _, let socket) = phase, access != permitted {
                permitted = nil
                try socket.permit(access)
                permitted = access
            }
            self.access = access
        }
    }

    package let socketPath: String
    package let options: Options
    let handler: Handler
    let wallClock: @Sendable () -> Int
    let report: @Sendable (HTTPServerEvent) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - socketPath: at most 107 bytes, in a directory of the server's own, whose mode it sets.
    ///   - access: whom the modes of the socket and its directory let connect.
    ///   - wallClock: seconds since 1970-01-01T00:00:00Z, for the `Date` field.
    ///   - report: called on the event loop with everything worth a line in a log.
    ///   - handler: called in a child task of `run`; cancelled only when a shutdown runs out of time.
    package init(
        socketPath: String, access: UnixSocketAccess = .owner, options: Options = Options(),
        wallClock: @escaping @Sendable () -> Int = { time(nil) },
        report: @escaping @Sendable (HTTPServerEvent) -> Void = { _ in }, handler: @escaping Handler
    ) {
        self.socketPath = socketPath
        state = Mutex(State(access: access))
        self.options = options
        self.wallClock = wallClock
        self.report = report
        self.handler = handler
    }

    /// Binds, serves, and returns when a shutdown has ended: every connection closed, every handler returned,
    /// the socket file removed. Cancelling the task cuts all connections and cancels the handlers.
    ///
    /// Throws when the socket cannot be had: `.pathTooLong`, `.directoryUnavailable`, `.directoryNotPrivate`,
    /// `.notASocket`, `.addressInUse`, `.systemCall`; `.invalidOptions`; `.alreadyRun`.
    /// - Parameter listening: called once clients can connect.
    package func run(listening: @Sendable () async -> Void = {}) async throws(HTTPTransportError) {
        try options.validate()
        try begin()
        defer { state.withLock { $0.phase = .ended } }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let access = state.withLock { $0.access }
        let socket = try await UnixSocketFile.listen(at: socketPath, for: access, waitingOn: loop)
        let (work, continuation) = AsyncStream<HTTPServerCore.Work>.makeStream()
        let core = await makeCore(on: loop, continuation)
        let listener = try await makeListener(socket, core, on: loop)
        await withTaskCancellationHandler {
            serve(core, listener: listener, socket, for: access)
            await listening()
            await handle(work, core)
        } onCancel: {
            end { $0.cut() }
        }
        // The task may have been cancelled before there was anything to cut.
        if Task.isCancelled { end { $0.cut() } }
        await Self.closed(listener, core)
    }

    /// Stops accepting, lets the exchanges under way finish for at most `shutdownTimeout`, and ends `run`.
    /// Returns at once; may be called at any time, from anywhere, more than once.
    package func beginShutdown() { end { $0.shutDown() } }

    /// Lets others connect than until now. Who is connected stays so.
    package func permit(_ access: UnixSocketAccess) throws(HTTPTransportError) {
        try state.withLock { (state) throws(HTTPTransportError) in try state.permit(access) }
    }

    /// The figures of this moment; `nil` unless the server is serving.
    package func statistics() async -> HTTPServerStatistics? {
        guard case .serving(let core, _, _) = state.withLock({ $0.phase }) else { return nil }
        return await withUnsafeContinuation { continuation in
            core.eventLoop.execute { continuation.resume(returning: core.value.statistics) }
        }
    }

    // MARK: Phases

    private func begin() throws(HTTPTransportError) {
        let isFirst = state.withLock { state in
            guard case .fresh = state.phase else { return false }
            state.phase = .running
            return true
        }
        guard isFirst else {
            throw HTTPTransportError(.alreadyRun, "the server at \(socketPath) was run before: make another one")
        }
    }

    /// - Parameter access: whom the socket was made for; another may have been asked for since.
    private func serve(_ core: Core, listener: any Channel, _ socket: UnixSocketFile, for access: UnixSocketAccess) {
        let (mustEnd, failure) = state.withLock { state -> (Bool, HTTPTransportError?) in
            state.phase = .serving(core, listener: listener, socket)
            state.permitted = access
            do throws(HTTPTransportError) {
                try state.permit(state.access)
                return (state.shutdownRequested, nil)
            } catch {
                return (state.shutdownRequested, error)
            }
        }
        if let failure { report(.socketAccessFailed(reason: failure.message)) }
        if mustEnd { end { $0.shutDown() } }
    }

    private func end(_ how: @escaping @Sendable (HTTPServerCore) -> Void) {
        let phase = state.withLock { state in
            state.shutdownRequested = true
            return state.phase
        }
        guard case .serving(let core, let listener, let socket) = phase else { return }
        core.eventLoop.execute {
            if listener.isActive {
                self.remove(socket)
                listener.close(promise: nil)
            }
            how(core.value)
        }
    }

    private func remove(_ socket: UnixSocketFile) {
        do {
            try socket.remove()
        } catch {
            report(.socketFileLeft(reason: error.message))
        }
    }
}
