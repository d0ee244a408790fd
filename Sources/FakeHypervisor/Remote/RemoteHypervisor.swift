import HypervisorAPI
import NIOCore
import NIOPosix
import Synchronization

/// A client of a world that another process keeps (`RemoteWorldServer`): the same as `SimulatedHypervisor`, but that
/// its own process may die without the world, and several processes may share one. Its deadlines pass in real time.
package final class RemoteHypervisor: Hypervisor {
    private struct State {
        var hosts: [String: RemoteHost] = [:]
        /// The connection, or the attempt at one.
        var link: EventLoopFuture<RemoteLink>?
        var attempt = 0
        var isShutDown = false
    }

    let options: SimulatedHypervisor.Options
    private let path: String
    private let connectTimeout: TimeAmount
    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    /// - Parameters:
    ///   - path: the socket of the process that keeps the world.
    ///   - connectTimeout: until a connection is given up that is not made.
    package init(
        path: String, options: SimulatedHypervisor.Options = SimulatedHypervisor.Options(),
        connectTimeout: Duration = .seconds(10), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.path = path
        self.options = options
        self.connectTimeout = TimeAmount(connectTimeout)
        eventLoop = group.next()
    }

    package func host(_ uri: HypervisorURI) -> any HypervisorHost {
        state.withLock { state in
            if let host = state.hosts[uri.text] { return host }
            let host = RemoteHost(uri: uri, hypervisor: self)
            state.hosts[uri.text] = host
            return host
        }
    }

    package func shutDown() async {
        let link = state.withLock { state in
            state.isShutDown = true
            return state.link
        }
        do {
            try await link?.get().close()
        } catch {
            // A connection that was not made need not be closed.
        }
    }

    /// Makes a call and waits for its answer, its deadline or the end of the task.
    /// - Parameter queue: where the events go that follow the answer.
    func call(
        _ call: RemoteCall, _ uri: HypervisorURI, deadline: Duration, _ queue: EventQueue? = nil
    ) async throws(HypervisorError) -> RemoteValue {
        let exchange = RemoteExchange(call, uri, queue)
        let timer = eventLoop.scheduleTask(in: TimeAmount(deadline)) { exchange.giveUp("no answer within \(deadline)") }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            send(exchange)
            return await exchange.outcome()
        } onCancel: {
            exchange.giveUp("the wait was cancelled")
        }
        return try result.get()
    }

    private func send(_ exchange: RemoteExchange) {
        guard let link = link() else {
            let error = Refusal(.shutDown, 0, "this process makes no more calls")
            return exchange.end(.failure(exchange.error(error)))
        }
        let path = path
        link.whenComplete { result in
            switch result {
            case .success(let link): exchange.send(on: link)
            case .failure(let error): exchange.end(.failure(exchange.error(.noWorld(path, "\(error)"))))
            }
        }
    }

    /// The connection that there is, or a new one; `nil` after `shutDown`.
    private func link() -> EventLoopFuture<RemoteLink>? {
        state.withLock { state in
            guard !state.isShutDown else { return nil }
            if let link = state.link { return link }
            state.attempt += 1
            let attempt = state.attempt
            let link = connect()
            state.link = link
            // Not before the lock is free: what follows happens on the event loop.
            link.whenFailure { _ in self.forget(attempt) }
            link.whenSuccess { link in link.closeFuture.whenComplete { _ in self.forget(attempt) } }
            return link
        }
    }

    private func forget(_ attempt: Int) {
        state.withLock { state in
            if state.attempt == attempt { state.link = nil }
        }
    }

    private func connect() -> EventLoopFuture<RemoteLink> {
        let options = options
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .connect(unixDomainSocketPath: path)
            .flatMapThrowing { channel in
                let link = RemoteLink(channel)
                try channel.pipeline.syncOperations.addHandler(RemoteLinkHandler(link))
                link.begin(options)
                return link
            }
    }
}
