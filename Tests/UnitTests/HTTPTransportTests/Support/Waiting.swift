import Dispatch
import Synchronization

/// What has happened so far, and whoever waits for something to happen.
final class History<Event: Sendable>: Sendable {
    struct TimedOut: Error {
        let seen: [Event]
    }

    private struct Waiter {
        let count: Int
        let matches: @Sendable (Event) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var events: [Event] = []
        var waiters: [Int: Waiter] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    var events: [Event] { state.withLock { $0.events } }

    func add(_ event: Event) {
        let done = state.withLock { state in
            state.events.append(event)
            let ready = state.waiters.filter { Self.isDone($0.value, state.events) }
            for id in ready.keys { state.waiters[id] = nil }
            return ready.values.map(\.continuation)
        }
        for continuation in done { continuation.resume() }
    }

    /// Until as many events as `count` match, or a minute has passed.
    func wait(for count: Int = 1, _ matches: @escaping @Sendable (Event) -> Bool) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let waiter = Waiter(count: count, matches: matches, continuation: continuation)
            let id: Int? = state.withLock { state in
                if Self.isDone(waiter, state.events) { return nil }
                state.nextID += 1
                state.waiters[state.nextID] = waiter
                return state.nextID
            }
            guard let id else { return continuation.resume() }
            DispatchQueue.global().asyncAfter(deadline: .now() + 60) { self.giveUp(id) }
        }
    }

    private func giveUp(_ id: Int) {
        let (waiter, seen) = state.withLock { ($0.waiters.removeValue(forKey: id), $0.events) }
        waiter?.continuation.resume(throwing: TimedOut(seen: seen))
    }

    private static func isDone(_ waiter: Waiter, _ events: [Event]) -> Bool {
        events.count(where: waiter.matches) >= waiter.count
    }
}

/// Holds tasks until it is opened, or they are cancelled.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<Int> = []
        var nextID = 0
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    func pass() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayPass = state.withLock { state in
                    if state.isOpen || state.cancelled.contains(id) { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if mayPass { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.cancelled.insert(id)
                return state.waiting.removeValue(forKey: id)
            }
            continuation?.resume()
        }
    }
}
