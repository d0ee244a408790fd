import HypervisorAPI
import Synchronization

/// The connections to one host for one purpose, and the calls on them.
///
/// A call waits on the caller's side while a thread makes it. Its deadline and the cancellation of the caller's
/// task end the wait, never the call: no libvirt call can be taken back.
final class ConnectionPool<Link: Sendable>: Sendable {
    struct Limits: Sendable {
        /// Connections at most; one more is made when every one is full.
        var connections: Int
        /// What each of them takes.
        var each: ConnectionState<Link>.Limits
        /// Calls past their deadline, on all of them together, at which no more are taken.
        var stuck: Int
    }

    typealias Sleep = @Sendable (Duration) async throws -> Void

    private struct State {
        var connections: [Connection<Link>] = []
        var isShutDown = false
        var drainWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let uri: String
    private let limits: Limits
    private let connectTimeout: Duration
    private let connector: Connector<Link>
    private let sleep: Sleep
    private let nextID = Atomic<CallID>(0)
    private let state = Mutex(State())

    /// - Parameter sleep: waits for so long or until its task is cancelled; for the deadlines.
    init(
        uri: String, limits: Limits, connectTimeout: Duration, connector: Connector<Link>,
        sleep: @escaping Sleep = { try await Task.sleep(for: $0) }
    ) {
        self.uri = uri
        self.limits = limits
        self.connectTimeout = connectTimeout
        self.connector = connector
        self.sleep = sleep
    }

    /// Makes a call on a thread of its own and waits for its end until `timeout` has passed.
    func call<Value: Sendable>(
        _ name: String, timeout: Duration, isUrgent: Bool = false,
        _ body: @escaping @Sendable (Link) throws(HypervisorError) -> Value
    ) async throws(HypervisorError) -> Value {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let result: Result<Value, HypervisorError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = startTimer(id, timeout)
                submit(
                    PendingCall(
                        id: id, name: name, isUrgent: isUrgent,
                        fail: { [uri] end in continuation.resume(returning: .failure(end.error(call: name, uri: uri)))
                        },
                        run: { link, ended in Self.run(body, link, ended, continuation) },
                        stopTimer: { timer.cancel() }))
                // The handler below may have run before there was anything to abandon.
                if Task.isCancelled { abandon(id) }
            }
        } onCancel: {
            abandon(id)
        }
        return try result.get()
    }

    private static func run<Value: Sendable>(
        _ body: (Link) throws(HypervisorError) -> Value, _ link: Link, _ ended: (HypervisorError?) -> Bool,
        _ continuation: CheckedContinuation<Result<Value, HypervisorError>, Never>
    ) {
        let result: Result<Value, HypervisorError>
        var failure: HypervisorError?
        do throws(HypervisorError) {
            result = .success(try body(link))
        } catch {
            failure = error
            result = .failure(error)
        }
        if ended(failure) { continuation.resume(returning: result) }
    }

    private func submit(_ call: PendingCall<Link>) {
        typealias Outcome = (connection: Connection<Link>, steps: [ConnectionState<Link>.Step])
        let (connection, steps): Outcome = state.withLock { state in
            let connection = choose(&state)
            if state.isShutDown { _ = connection.decide { $0.shutDown() } }
            let overdue = state.connections.reduce(0) { $0 + $1.overdue }
            if overdue >= bound(isUrgent: call.isUrgent) {
                return (connection, [.stopTimer(call), .fail(call, .hostStuck(overdue))])
            }
            return (connection, connection.decide { $0.submit(call) })
        }
        connection.perform(steps)
    }

    /// An ordinary call has no use for the place of an urgent one, so it is stuck earlier.
    private func bound(isUrgent: Bool) -> Int {
        isUrgent ? limits.stuck : min(limits.stuck, limits.connections * (limits.each.calls - limits.each.reserved))
    }

    /// The connection with the most room, or a new one when none has any.
    private func choose(_ state: inout State) -> Connection<Link> {
        let best = state.connections.map { (connection: $0, load: $0.load) }.min { $0.load < $1.load }
        if let best, best.load < limits.each.calls || state.connections.count >= limits.connections {
            return best.connection
        }
        let connection = Connection(
            limits: limits.each, connector: connector, changed: { [weak self] in self?.changed() })
        state.connections.append(connection)
        return connection
    }

    // MARK: Deadlines

    private func startTimer(_ id: CallID, _ timeout: Duration) -> Task<Void, Never> {
        Task { [weak self, sleep, connectTimeout] in
            do {
                if connectTimeout < timeout {
                    try await sleep(connectTimeout)
                    self?.tell { $0.expireConnecting(id) }
                    try await sleep(timeout - connectTimeout)
                } else {
                    try await sleep(timeout)
                }
                self?.tell { $0.expire(id) }
            } catch {
                // Stopped: the call has ended.
            }
        }
    }

    private func abandon(_ id: CallID) { tell { $0.abandon(id) } }

    /// Tells every connection: which one has the call is not recorded, and there are few.
    private func tell(_ event: (inout ConnectionState<Link>) -> [ConnectionState<Link>.Step]) {
        for connection in state.withLock({ $0.connections }) { connection.perform(connection.decide(event)) }
    }

    // MARK: End

    /// Ends every wait, begins to close every connection and takes no more calls.
    func refuseCalls() {
        state.withLock { $0.isShutDown = true }
        tell { $0.shutDown() }
    }

    /// `refuseCalls`, and returns when every connection is closed, or after `timeout`.
    func shutDown(timeout: Duration) async {
        refuseCalls()
        await withCheckedContinuation { continuation in
            state.withLock { $0.drainWaiters.append(continuation) }
            Task { [sleep] in
                // Interrupted or not, waiting any longer is over then.
                do { try await sleep(timeout) } catch {}
                endDrain()
            }
            changed()
        }
    }

    private func changed() {
        let isDrained = state.withLock { $0.isShutDown && $0.connections.allSatisfy(\.isDrained) }
        if isDrained { endDrain() }
    }

    private func endDrain() {
        let waiters = state.withLock { state in
            defer { state.drainWaiters = [] }
            return state.drainWaiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
