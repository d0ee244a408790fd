import HypervisorAPI
import Synchronization

/// Hosts and guests in memory, with a time of their own. `SimulatedHypervisor` calls its hosts, `commands`
/// and the control socket interfere with them.
///
/// The world moves only while `run()` runs: then whoever waits is woken. What is read is always up to date,
/// `run()` or not.
package final class SimulatedWorld: Sendable {
    private struct Guarded: Sendable {
        var state: WorldState
        /// What `run()` sleeps until.
        var armed: Duration?
        var rearm: Signal?

        /// The signal that makes `run()` look again, when it sleeps for the wrong time.
        mutating func takeSignal() -> Signal? {
            guard let signal = rearm, state.nextWake != armed else { return nil }
            rearm = nil
            return signal
        }
    }

    private let wall: WallTime
    private let guarded: Mutex<Guarded>

    /// - Parameters:
    ///   - clock: what the time comes from.
    ///   - speed: seconds of the world per second of the clock: above 0, at most 10,000.
    /// - Throws: `.invalidValue` when the description contradicts itself or the speed is out of range.
    package init(
        _ description: WorldDescription, clock: any Clock<Duration> = ContinuousClock(), speed: Double = 1
    ) throws(SimulationError) {
        try description.validate()
        try Timeline.check(speed: speed)
        wall = WallTime(clock)
        guarded = Mutex(Guarded(state: WorldState(description, speed: speed)))
    }

    /// Lets the time pass until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let signal = Signal()
            let wake = arm(signal)
            await withTaskGroup(of: Void.self) { group in
                if let wake { group.addTask { await self.sleep(until: wake) } }
                group.addTask { await signal.wait() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// Reads or changes the world as it is now. `body` must not wait.
    func withState<Result: Sendable, Failure: Error>(
        _ body: (inout WorldState) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let now = wall.now()
        let (result, rearm) = try guarded.withLock { guarded throws(Failure) in
            guarded.state.catchUp(toWall: now)
            defer {
                guarded.state.grantLocks()
                guarded.state.oversee()
            }
            let result = try body(&guarded.state)
            return (result, guarded.takeSignal())
        }
        rearm?.raise()
        return result
    }

    private func arm(_ signal: Signal) -> Duration? {
        let now = wall.now()
        return guarded.withLock { guarded in
            guarded.state.catchUp(toWall: now)
            guarded.state.oversee()
            guarded.armed = guarded.state.nextWake
            guarded.rearm = signal
            return guarded.armed
        }
    }

    private func sleep(until wake: Duration) async {
        do {
            try await wall.sleep(wake)
        } catch {
            // Cancelled: `run()` looks at the agenda again, or ends.
        }
    }
}
