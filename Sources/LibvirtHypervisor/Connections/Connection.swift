import HypervisorAPI
import Synchronization

/// How a connection is made and ended; both block, and both are called on threads of their own.
struct Connector<Link: Sendable>: Sendable {
    /// Makes a connection. `lost` is to be called once the connection is known to have ended.
    let open: @Sendable (_ lost: @escaping @Sendable () -> Void) throws(HypervisorError) -> Link
    let close: @Sendable (Link) -> Void
}

/// Does what `ConnectionState` says, and tells it what came of that.
final class Connection<Link: Sendable>: Sendable {
    private let state: Mutex<ConnectionState<Link>>
    private let connector: Connector<Link>
    /// Called after each change by which the connection may have become drained.
    private let changed: @Sendable () -> Void

    init(
        limits: ConnectionState<Link>.Limits, connector: Connector<Link>, changed: @escaping @Sendable () -> Void
    ) {
        state = Mutex(ConnectionState(limits: limits))
        self.connector = connector
        self.changed = changed
    }

    var load: Int { state.withLock { $0.load } }
    var overdue: Int { state.withLock { $0.overdue } }
    var isDrained: Bool { state.withLock { $0.isDrained } }

    /// What follows from an event. The steps are to be given to `perform`, outside of any lock.
    func decide(
        _ event: (inout ConnectionState<Link>) -> [ConnectionState<Link>.Step]
    ) -> [ConnectionState<Link>.Step] {
        state.withLock { event(&$0) }
    }

    func perform(_ steps: [ConnectionState<Link>.Step]) {
        for step in steps {
            switch step {
            case .open(let generation): open(generation)
            case .start(let call, let link, let generation): start(call, link, generation)
            case .fail(let call, let end): call.fail(end)
            case .stopTimer(let call): call.stopTimer()
            case .close(let link): close(link)
            }
        }
    }

    private func open(_ generation: UInt64) {
        do throws(ThreadError) {
            try startThread { [self] in
                do throws(HypervisorError) {
                    let link = try connector.open { [weak self] in self?.lost(generation) }
                    perform(decide { $0.opened(link, generation: generation) })
                } catch {
                    perform(decide { $0.openFailed(error, generation: generation) })
                }
                changed()
            }
        } catch {
            let failure = HypervisorError(
                code: .connectionFailed, message: error.message, call: "pthread_create", uri: "")
            perform(decide { $0.openFailed(failure, generation: generation) })
            changed()
        }
    }

    private func start(_ call: PendingCall<Link>, _ link: Link, _ generation: UInt64) {
        do throws(ThreadError) {
            try startThread { [self] in
                call.run(link) { error in
                    let (isAwaited, steps) = ended(call.id, error, generation)
                    perform(steps)
                    return isAwaited
                }
                changed()
            }
        } catch {
            let (isAwaited, steps) = ended(call.id, nil, generation)
            if isAwaited { call.fail(.noThread(error)) }
            perform(steps)
        }
    }

    private func ended(
        _ id: CallID, _ error: HypervisorError?, _ generation: UInt64
    ) -> (isAwaited: Bool, steps: [ConnectionState<Link>.Step]) {
        state.withLock { state in
            let lost = error?.code == .connectionLost ? state.lost(generation: generation) : []
            let (isAwaited, steps) = state.ended(id)
            return (isAwaited, lost + steps)
        }
    }

    private func lost(_ generation: UInt64) {
        perform(decide { $0.lost(generation: generation) })
    }

    private func close(_ link: Link) {
        let finish: @Sendable () -> Void = { [self] in
            connector.close(link)
            state.withLock { $0.closed() }
            changed()
        }
        // Without a thread the connection stays open until the process ends: closing is a remote call, which may
        // not hold the thread at hand (it may be one of the cooperative pool's).
        do throws(ThreadError) { try startThread(finish) } catch { state.withLock { $0.closed() } }
    }
}
