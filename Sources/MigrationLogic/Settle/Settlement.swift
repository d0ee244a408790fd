import HypervisorAPI

/// What the evidence proves. Decided from what both hosts say, never from a call's error code.
package enum Settlement: Hashable, Sendable {
    /// The guest is at the destination and nowhere else. `leftover`: its definition stayed at the source.
    case atDestination(leftover: Bool)
    /// The guest is at the source, and at the destination there is at most an inactive definition.
    case atSource(leftover: Bool)
    /// The guest stopped during the move: its definition is at the source, and nothing of it is at the destination.
    case stoppedAtSource
    /// A job still runs on the guest: the move goes on.
    case moving
    /// The two reads of the destination differ: read again.
    case disagreeing
    /// Nothing is proved, for this reason. Nothing may be touched.
    case unproved(String)

    package init(kind: MigrationKind, _ evidence: Evidence) {
        guard evidence.destinationFirst.agrees(with: evidence.destinationAgain) else {
            self = .disagreeing
            return
        }
        if evidence.jobIsActive == true {
            self = .moving
            return
        }
        switch (evidence.source, evidence.destinationAgain) {
        case (.unreadable(let reason), _): self = .unproved("the source could not be read: \(reason)")
        case (_, .unreadable(let reason)): self = .unproved("the destination could not be read: \(reason)")
        case _ where evidence.jobIsActive == nil: self = .unproved("whether a job runs on the guest could not be read")
        case (.absent, .absent): self = .unproved("neither host knows the guest")
        case (.absent, .present(let there)): self = Self.onlyThere(kind, there)
        case (.present(let here), .absent): self = Self.onlyHere(kind, here)
        case (.present(let here), .present(let there)): self = Self.onBoth(kind, here, there)
        }
    }

    private static func onlyThere(_ kind: MigrationKind, _ there: DomainSummary) -> Settlement {
        switch kind {
        case .offline: .atDestination(leftover: false)
        case .live where there.isActive: settledIfRunnable(there, .atDestination(leftover: false))
        case .live: .unproved("the guest runs nowhere; its definition is at the destination")
        }
    }

    private static func onlyHere(_ kind: MigrationKind, _ here: DomainSummary) -> Settlement {
        switch kind {
        case .offline: .atSource(leftover: false)
        case .live where here.isActive: settledIfRunnable(here, .atSource(leftover: false))
        case .live: .stoppedAtSource
        }
    }

    private static func onBoth(_ kind: MigrationKind, _ here: DomainSummary, _ there: DomainSummary) -> Settlement {
        switch (kind, here.isActive, there.isActive) {
        case (_, true, true): .unproved("the guest is active on both hosts")
        case (.live, true, false): settledIfRunnable(here, .atSource(leftover: true))
        case (.live, false, true): settledIfRunnable(there, .atDestination(leftover: true))
        case (.live, false, false): .unproved("the guest runs nowhere; it is defined on both hosts")
        case (.offline, _, _): .unproved("the guest is defined on both hosts")
        }
    }

    /// A guest that a migration left paused is one half of something: not settled until it is known of what.
    private static func settledIfRunnable(_ domain: DomainSummary, _ settled: Settlement) -> Settlement {
        guard domain.state == .paused else { return settled }
        switch domain.pausedReason {
        case .migration, .postCopy, .postCopyFailed, .startingUp:
            return .unproved("the guest is paused (\(domain.pausedReason?.rawValue ?? "")) in the middle of a move")
        case .user, .inputOutputError, .other, .none:
            return settled
        }
    }
}

extension Observation {
    /// Whether two reads of one host say the same: there or not, and in the same run.
    func agrees(with other: Observation) -> Bool {
        switch (self, other) {
        case (.present(let first), .present(let second)):
            first.isActive == second.isActive && first.id == second.id && first.isPersistent == second.isPersistent
        case (.absent, .absent), (.unreadable, .unreadable): true
        default: false
        }
    }
}
