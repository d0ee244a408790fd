import HypervisorAPI
import Synchronization

/// A client of a simulated world. A world may have several, one after another or at once: closing one is what
/// the end of its process would be to the hosts.
///
/// Its URIs: `fake+tcp://alpha.example/system` names a host by its address or its name, as a peer can use it;
/// `fake:///alpha` names one as its own machine would. The port, the user, the query and the rest of the path
/// mean nothing.
package final class SimulatedHypervisor: Hypervisor {
    package struct Options: Hashable, Sendable, Codable {
        /// Of every call but `migrate`, in the injected clock's time. Longer than the 30 s that a call waits for a
        /// domain's job.
        package var callDeadline: Duration
        /// Calls to one host whose callers gave up; while there are so many, no more are made.
        package var stuckCallsPerHost: Int
        /// Events that may wait for their consumer.
        package var waitingEvents: Int

        package init(
            callDeadline: Duration = .seconds(35), stuckCallsPerHost: Int = 8, waitingEvents: Int = 1000
        ) {
            self.callDeadline = callDeadline
            self.stuckCallsPerHost = stuckCallsPerHost
            self.waitingEvents = waitingEvents
        }
    }

    let world: SimulatedWorld
    let options: Options
    private let client: ClientID
    private let hosts = Mutex<[String: SimulatedHost]>([:])

    package init(world: SimulatedWorld, options: Options = Options()) {
        self.world = world
        self.options = options
        client = world.withState { $0.nextClientID() }
    }

    package func host(_ uri: HypervisorURI) -> any HypervisorHost {
        hosts.withLock { hosts in
            if let host = hosts[uri.text] { return host }
            let host = SimulatedHost(uri: uri, hypervisor: self)
            hosts[uri.text] = host
            return host
        }
    }

    package func shutDown() async { disconnect() }

    /// As the end of the client's process: at once, and unheard by whoever waits for an answer.
    package func disconnect() { world.withState { $0.close(client) } }

    /// Makes a call and waits for its answer, its deadline or the end of the task.
    func call<Value: Sendable>(
        _ call: HostCall, _ uri: HypervisorURI, deadline: Duration, _ action: @escaping WorldState.Action<Value>
    ) async throws(HypervisorError) -> Value {
        let request = WorldState.Request(
            call: call, uri: uri, client: client, deadline: deadline, stuckLimit: options.stuckCallsPerHost)
        let reply = Reply<Value, HypervisorError>()
        let id = world.withState { $0.nextCallID() }
        let result = await withTaskCancellationHandler {
            world.withState { state in
                state.receive(request, id, reply: reply, action)
                if Task.isCancelled { state.abandon(id, "the wait was cancelled") }
            }
            return await reply.value()
        } onCancel: {
            world.withState { $0.abandon(id, "the wait was cancelled") }
        }
        return try result.get()
    }

    /// As `call`, with the deadline of the options, for what is answered at once.
    func ask<Value: Sendable>(
        _ call: HostCall, _ uri: HypervisorURI,
        _ answer: @escaping @Sendable (inout WorldState, Int) throws(Refusal) -> Value
    ) async throws(HypervisorError) -> Value {
        try await self.call(call, uri, deadline: options.callDeadline) { state, ticket throws(Refusal) in
            try answer(&state, ticket.host)
        }
    }

    /// - Returns: the queue that the host's events go to.
    func subscribe(_ uri: HypervisorURI) async throws(HypervisorError) -> EventQueue {
        let queue = EventQueue(bound: options.waitingEvents)
        let client = client
        return try await ask(.events, uri) { state, host in
            state.subscriptions.append(Subscription(host: host, client: client, queue: queue))
            return queue
        }
    }
}
