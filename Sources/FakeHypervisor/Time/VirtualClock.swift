import Synchronization

/// A clock that stands still until it is told to advance. Whoever sleeps on it wakes in the order of the
/// deadlines, and at equal deadlines in the order of arrival: always the same for the same commands.
///
/// A simulation alternates: let every task run until all of them wait, then `advance(to: nextDeadline)`.
package final class VirtualClock: Clock {
    /// A point in time: the distance from the clock's beginning.
    package struct Instant: InstantProtocol {
        package let offset: Duration

        package init(offset: Duration) { self.offset = offset }

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }
    }

    private struct Sleeper {
        let id: UInt64
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        /// By deadline, then by arrival.
        var sleepers: [Sleeper] = []
        var lastID: UInt64 = 0
        /// Sleeps that were cancelled before they had begun.
        var cancelled: Set<UInt64> = []
        var watchers = ThresholdWatchers()
    }

    private let state = Mutex(State())

    package init() {}

    package var now: Instant { state.withLock { $0.now } }
    package var minimumResolution: Duration { .zero }

    /// When the next sleeper wakes; `nil` when nobody sleeps.
    package var nextDeadline: Instant? { state.withLock { $0.sleepers.first?.deadline } }

    /// How many tasks sleep.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    package func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { begin(Sleeper(id: id, deadline: deadline, continuation: $0)) }
        } onCancel: {
            cancel(id)
        }
    }

    /// Moves the time forward and wakes, in order, everybody whose deadline is reached.
    package func advance(by duration: Duration) { advance(to: now.advanced(by: duration)) }

    /// As `advance(by:)`; an instant that has passed already changes nothing.
    package func advance(to instant: Instant) {
        let woken = state.withLock { state in
            state.now = max(state.now, instant)
            let count = state.sleepers.prefix { $0.deadline <= state.now }.count
            let woken = Array(state.sleepers.prefix(count))
            state.sleepers.removeFirst(count)
            return woken
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Waits until at least `count` tasks sleep on this clock. A cancelled wait returns at once.
    package func waitForSleepers(_ count: Int) async {
        let watcher = state.withLock { $0.watchers.add(threshold: count, current: $0.sleepers.count) }
        await watcher.wait()
    }

    private func begin(_ sleeper: Sleeper) {
        enum Beginning { case due, cancelled, asleep([Signal]) }
        let beginning: Beginning = state.withLock { state in
            if state.cancelled.contains(sleeper.id) { return .cancelled }
            if sleeper.deadline <= state.now { return .due }
            let place = state.sleepers.firstIndex { $0.deadline > sleeper.deadline } ?? state.sleepers.endIndex
            state.sleepers.insert(sleeper, at: place)
            return .asleep(state.watchers.reached(state.sleepers.count))
        }
        switch beginning {
        case .due: sleeper.continuation.resume()
        case .cancelled: sleeper.continuation.resume(throwing: CancellationError())
        case .asleep(let watchers): for watcher in watchers { watcher.raise() }
        }
    }

    private func cancel(_ id: UInt64) {
        let sleeper: Sleeper? = state.withLock { state in
            guard let place = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: place)
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}

/// Who waits for how many sleepers.
private struct ThresholdWatchers {
    private var waiting: [(threshold: Int, signal: Signal)] = []

    mutating func add(threshold: Int, current: Int) -> Signal {
        let signal = Signal()
        if current >= threshold { signal.raise() } else { waiting.append((threshold, signal)) }
        return signal
    }

    mutating func reached(_ count: Int) -> [Signal] {
        let reached = waiting.filter { $0.threshold <= count }.map(\.signal)
        waiting.removeAll { $0.threshold <= count }
        return reached
    }
}
