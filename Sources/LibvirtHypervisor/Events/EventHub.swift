import HypervisorAPI
import Synchronization

/// Hands one connection's events to those who listen. Each has a bounded buffer of their own.
///
/// When a buffer is full, the oldest event in it goes and `.eventsLost` is added at its end: whatever was lost, the
/// consumer meets an `.eventsLost` after it, even if nothing more ever happens.
final class EventHub: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<HostEvent>.Continuation] = [:]
        var next = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// Events from now on; at an end at once when the connection has ended.
    func listen(buffer: Int) -> AsyncStream<HostEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: HostEvent.self, bufferingPolicy: .bufferingNewest(max(buffer, 2)))
        let number: Int? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        if let number {
            continuation.onTermination = { [weak self] _ in self?.forget(number) }
        } else {
            continuation.finish()
        }
        return stream
    }

    /// Called by one thread only (the event loop's), so that every listener sees the same order.
    func publish(_ event: HostEvent) {
        // Outside of the lock: a listener's end calls `forget`.
        for continuation in state.withLock({ Array($0.listeners.values) }) {
            if case .dropped = continuation.yield(event) { continuation.yield(.eventsLost) }
        }
    }

    /// The connection has ended.
    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return state.listeners
        }
        for continuation in listeners.values { continuation.finish() }
    }

    private func forget(_ number: Int) {
        _ = state.withLock { $0.listeners.removeValue(forKey: number) }
    }
}
