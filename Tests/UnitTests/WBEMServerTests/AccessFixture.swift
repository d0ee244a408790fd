import Synchronization
import WBEMServer

/// Keeps records.
final class KeptAudit: AuditLog {
    private struct Kept {
        var records: [AuditRecord] = []
        var omitted = 0
    }

    private let kept = Mutex(Kept())
    var records: [AuditRecord] { kept.withLock { $0.records } }
    var omitted: Int { kept.withLock { $0.omitted } }

    func record(_ record: AuditRecord) { kept.withLock { $0.records.append(record) } }
    func omit() { kept.withLock { $0.omitted += 1 } }
}

/// A clock that stands still until it is set.
final class SetClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) { instant.withLock { $0 = $0.advanced(by: duration) } }
}

extension AccessControl {
    /// The caller of `Sent` has `level`.
    static func level(
        _ level: AccessLevel?, checks: CheckLimits = CheckLimits(perMinute: 2, atOnce: 10),
        audit: any AuditLog = KeptAudit(), clock: SetClock = SetClock()
    ) -> AccessControl {
        let grants = level.map { [$0: AccessPolicy.Grant(users: [1000])] } ?? [:]
        return AccessControl(
            policy: AccessPolicy(grants: grants, ownUser: 7), checks: checks, log: audit,
            clocks: Clocks(now: { clock.now }, wallClock: { 1_795_000_000_123_456 }))
    }

    /// Whoever asks in these tests may do everything.
    static func open() -> AccessControl { level(.admin) }
}
