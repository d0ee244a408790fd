import CIM
import Synchronization

/// Lets calls in or refuses them, and has written down what must be. Roles may change while connections are open: every
/// call is judged by itself.
package final class AccessControl: Sendable {
    /// What the server reads times from.
    package struct Clocks: Sendable {
        var now: @Sendable () -> ContinuousClock.Instant
        /// Microseconds since 1970-01-01T00:00:00Z.
        var wallClock: @Sendable () -> Int64

        package init(
            now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
            wallClock: @escaping @Sendable () -> Int64
        ) {
            self.now = now
            self.wallClock = wallClock
        }
    }

    private struct State {
        var policy: AccessPolicy
        var checks: CheckQuota
        /// Refusals of callers below operators that are written down one by one: anybody on the machine may be one, and must
        /// not fill the disk. The others are counted.
        var refusals = TokenBuckets(perMinute: 60)
    }

    private let state: Mutex<State>
    private let clocks: Clocks
    private let log: any AuditLog

    package init(policy: AccessPolicy, checks: CheckLimits, log: any AuditLog, clocks: Clocks) {
        state = Mutex(State(policy: policy, checks: CheckQuota(checks)))
        self.log = log
        self.clocks = clocks
    }

    package func change(policy: AccessPolicy, checks: CheckLimits) {
        state.withLock { state in
            state.policy = policy
            state.checks.change(checks)
        }
    }

    // MARK: A call

    /// Whether a caller may read, without a visit: nothing of it would be written down.
    func allowsReading(_ caller: Caller) -> Bool {
        state.withLock { $0.policy.level(of: caller) != nil }
    }

    /// Judges a call. `leave` must follow.
    func enter(_ caller: Caller, connection: UInt64, asking demand: AccessDemand) -> AccessVisit {
        let now = clocks.now()
        var visit = AccessVisit(
            caller: caller, connection: connection, demand: demand, began: now,
            beganAtMicroseconds: clocks.wallClock())
        state.withLock { state in
            visit.level = state.policy.level(of: caller)
            visit.refusal = state.policy.refusal(of: caller, asking: demand)
            if visit.refusal == nil, demand.isCheck, visit.level == .checker, let user = caller.userID {
                visit.refusal = state.checks.begin(user, at: now)
                visit.countsAsCheck = visit.refusal == nil
            }
        }
        return visit
    }

    /// - Parameter record: what the call was and how it ended; asked for only when it is to be written down.
    func leave(_ visit: AccessVisit, _ record: () -> AuditRecord) {
        if visit.countsAsCheck, let user = visit.caller.userID { state.withLock { $0.checks.end(user) } }
        guard visit.demand.kind != .read || visit.refusal != nil else { return }
        write(visit.caller, visit.level, isRefusal: visit.refusal != nil) {
            var record = record()
            record.level = visit.level
            record.durationMicroseconds = (clocks.now() - visit.began).wholeMicroseconds
            return record
        }
    }

    /// A request that was refused before it was a call.
    func refused(_ caller: Caller, _ record: (_ beganAtMicroseconds: Int64) -> AuditRecord) {
        let level = state.withLock { $0.policy.level(of: caller) }
        write(caller, level, isRefusal: true) {
            var record = record(clocks.wallClock())
            record.level = level
            return record
        }
    }

    private func write(_ caller: Caller, _ level: AccessLevel?, isRefusal: Bool, _ record: () -> AuditRecord) {
        let now = clocks.now()
        let user = caller.userID ?? .max
        let isTrusted = level.map { $0 >= .operator } ?? false
        let isWritten = !isRefusal || isTrusted || state.withLock { $0.refusals.take(user, at: now) == nil }
        if isWritten { log.record(record()) } else { log.omit() }
    }
}

/// A call that has been judged.
struct AccessVisit: Sendable {
    let caller: Caller
    let connection: UInt64
    let demand: AccessDemand
    let began: ContinuousClock.Instant
    let beganAtMicroseconds: Int64
    fileprivate(set) var level: AccessLevel?
    /// What to answer instead of carrying it out.
    fileprivate(set) var refusal: CIMError?
    fileprivate var countsAsCheck = false
}

extension Duration {
    fileprivate var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
