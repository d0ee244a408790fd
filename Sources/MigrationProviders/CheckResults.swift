import HypervisorAPI
import MigrationLogic
import Synchronization

/// What a check came to, and when.
struct CheckResult: Sendable {
    let report: CheckReport
    let checkedAt: Timestamp

    var key: CheckResults.Key {
        CheckResults.Key(guest: report.plan.guestUUID, destination: report.plan.destination.name)
    }
}

/// What the last check of each guest for each host came to.
///
/// Kept in memory only: a check is stale as soon as it has ended, so that nothing is lost with the process that a new check
/// would not tell better. Bounded in number and age (docs/decisions/0011).
package final class CheckResults: Sendable {
    struct Key: Hashable, Sendable {
        var guest: DomainUUID
        var destination: String
    }

    private let bound: Int
    private let lifetimeMicroseconds: Int64
    private let now: @Sendable () -> Timestamp
    private let kept = Mutex<[Key: CheckResult]>([:])

    /// - Parameters:
    ///   - bound: how many pairs of guest and host are kept; at least 1.
    ///   - lifetime: how long each is kept.
    package init(bound: Int = 1000, lifetime: Duration = .seconds(86_400), now: @escaping @Sendable () -> Timestamp) {
        self.bound = bound
        lifetimeMicroseconds = lifetime.components.seconds * 1_000_000
        self.now = now
    }

    func add(_ report: CheckReport) {
        let result = CheckResult(report: report, checkedAt: now())
        kept.withLock { kept in
            kept[result.key] = result
            guard kept.count > bound else { return }
            let oldest = kept.min { $0.value.checkedAt < $1.value.checkedAt }
            if let oldest { kept[oldest.key] = nil }
        }
    }

    /// The newest first.
    var all: [CheckResult] {
        current { Array($0.values) }.sorted {
            ($1.checkedAt, $0.key.destination) < ($0.checkedAt, $1.key.destination)
        }
    }

    subscript(key: Key) -> CheckResult? { current { $0[key] } }

    /// Those of one guest, the newest first.
    func of(_ guest: DomainUUID) -> [CheckResult] { all.filter { $0.key.guest == guest } }

    private func current<Value: Sendable>(_ read: ([Key: CheckResult]) -> Value) -> Value {
        let now = now()
        return kept.withLock { kept in
            let old = kept.filter { now.microseconds(since: $0.value.checkedAt) > lifetimeMicroseconds }
            for key in old.keys { kept[key] = nil }
            return read(kept)
        }
    }
}
