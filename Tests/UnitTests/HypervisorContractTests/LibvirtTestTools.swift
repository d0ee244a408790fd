import Glibc
import HypervisorAPI
import Synchronization

@testable import LibvirtHypervisor

/// A gate for threads that may block: closed until `open`. Nothing here waits for time to pass.
final class Gate: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0, "no pipe")
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Blocks until somebody opens the gate, once for each `open`.
    func wait() {
        var byte: UInt8 = 0
        while read(readEnd, &byte, 1) < 0 && errno == EINTR {}
    }

    func open() {
        var byte: UInt8 = 1
        write(writeEnd, &byte, 1)
    }
}

/// A sleep whose end the test decides, by the duration that was asked for.
final class ManualSleep: Sendable {
    private struct State {
        var sleepers: [UInt64: (duration: Duration, wake: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<UInt64> = []
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    func sleep(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    guard !state.cancelled.contains(id) else { return true }
                    state.sleepers[id] = (duration, continuation)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.wake.resume(throwing: CancellationError())
        }
    }

    var durations: [Duration] { state.withLock { $0.sleepers.values.map(\.duration).sorted() } }

    /// Ends every sleep of that duration, once there is one; gives up after `patience` looks.
    func endSleeps(of duration: Duration) async {
        await holdsSoon { self.durations.contains(duration) }
        let sleepers = state.withLock { state in
            let chosen = state.sleepers.filter { $0.value.duration == duration }
            for id in chosen.keys { state.sleepers[id] = nil }
            return chosen.values
        }
        for sleeper in sleepers { sleeper.wake.resume() }
    }
}

/// Yields until `condition` holds; false when it does not within 10 s.
@discardableResult
func holdsSoon(_ condition: @Sendable () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        await Task.yield()
    }
    return true
}

/// Connections in memory: numbered, counted, and made to fail or hang at will.
final class FakeConnections: Sendable {
    struct State {
        var opened = 0
        var closed: [Int] = []
        var failure: HypervisorError?
        var losses: [@Sendable () -> Void] = []
    }

    let state = Mutex(State())
    /// When set, opening waits for it.
    let gate: Gate?

    init(gate: Gate? = nil) { self.gate = gate }

    var opened: Int { state.withLock { $0.opened } }
    var closed: [Int] { state.withLock { $0.closed } }

    func fail(with error: HypervisorError?) { state.withLock { $0.failure = error } }

    /// The connection of that number ends.
    func lose(_ number: Int) { state.withLock { $0.losses[number - 1] }() }

    var connector: Connector<Int> {
        Connector(
            open: { lost throws(HypervisorError) in
                let number = self.state.withLock { state in
                    state.opened += 1
                    state.losses.append(lost)
                    return state.opened
                }
                self.gate?.wait()
                if let failure = self.state.withLock({ $0.failure }) { throw failure }
                return number
            },
            close: { link in self.state.withLock { $0.closed.append(link) } })
    }
}

func hypervisorError(_ code: HypervisorError.Code) -> HypervisorError {
    HypervisorError(code: code, message: "test", call: "test", uri: "test:///")
}
