import HypervisorAPI
import Synchronization

/// One subscriber's events, bounded. Overflowing, it drops them all and says so instead.
final class EventQueue: Sendable {
    private struct State {
        var events: [HostEvent] = []
        var isFinished = false
        var waiter: CheckedContinuation<HostEvent?, Never>?
    }

    private enum Outcome { case event(HostEvent?), wait }

    private let bound: Int
    private let state = Mutex(State())

    /// - Parameter bound: events that may wait, at least 1.
    init(bound: Int) { self.bound = max(1, bound) }

    func push(_ event: HostEvent) {
        let waiter: CheckedContinuation<HostEvent?, Never>? = state.withLock { state in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            if state.events.count >= bound {
                state.events = [.eventsLost]
            } else if state.events != [.eventsLost] {
                state.events.append(event)
            }
            return nil
        }
        waiter?.resume(returning: event)
    }

    /// What waits is still delivered.
    func finish() {
        let waiter: CheckedContinuation<HostEvent?, Never>? = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// `nil` when the queue is finished and empty, or the task is cancelled. One caller at a time.
    func next() async -> HostEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Outcome = state.withLock { state in
                    if !state.events.isEmpty { return .event(state.events.removeFirst()) }
                    if state.isFinished { return .event(nil) }
                    state.waiter = continuation
                    return .wait
                }
                if case .event(let event) = outcome { continuation.resume(returning: event) }
            }
        } onCancel: {
            finish()
        }
    }

    func stream() -> AsyncStream<HostEvent> {
        AsyncStream { await self.next() }
    }
}

/// Whom a host tells what happens on it. The subscriber owns the queue: when it drops its stream, the
/// subscription is over.
struct Subscription: Sendable {
    let host: Int
    let client: ClientID
    weak let queue: EventQueue?
}
