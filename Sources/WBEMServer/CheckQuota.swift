import CIM

/// The checks that callers of the level `checker` may have: a check runs programs, and so costs more than a read.
struct CheckQuota: Sendable {
    private var started: TokenBuckets
    private var atOnce: Int
    private var running: [UInt32: Int] = [:]

    init(_ limits: CheckLimits) {
        started = TokenBuckets(perMinute: limits.perMinute)
        atOnce = limits.atOnce
    }

    /// Other limits from now on; what has been used stays used.
    mutating func change(_ limits: CheckLimits) {
        started.perMinute = limits.perMinute
        atOnce = limits.atOnce
    }

    /// - Returns: `nil` when the check may begin; `end` must follow then.
    mutating func begin(_ user: UInt32, at now: ContinuousClock.Instant) -> CIMError? {
        let count = running[user] ?? 0
        guard count < atOnce else {
            return CIMError(
                .serverLimitsExceeded,
                "\(count) checks of uid \(user) are running, as many as the role checker may have at once "
                    + "(access.checksAtOnce): try again when one of them has ended.")
        }
        if let seconds = started.take(user, at: now) {
            return CIMError(
                .serverLimitsExceeded,
                "uid \(user) has had \(started.perMinute) checks within a minute, as many as the role checker may "
                    + "(access.checksPerMinute): try again in \(seconds) s.")
        }
        running[user] = count + 1
        return nil
    }

    mutating func end(_ user: UInt32) {
        guard let count = running[user] else { return }
        running[user] = count > 1 ? count - 1 : nil
    }
}

/// How many checks one checker may have.
package struct CheckLimits: Hashable, Sendable {
    /// At least 1.
    package var perMinute: Int
    /// At least 1.
    package var atOnce: Int

    package init(perMinute: Int, atOnce: Int) {
        self.perMinute = perMinute
        self.atOnce = atOnce
    }
}
