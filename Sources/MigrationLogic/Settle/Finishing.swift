import HypervisorAPI

/// What is left to do once it is proved where the guest is: one act at a time, each decided from fresh evidence, so that
/// an act that was done already is not asked for again. Removes only what bears this job's mark.
enum Finishing {
    /// `nil`: everything is as it should be, or what is not may not be touched.
    static func nextAct(_ job: JobRecord, _ evidence: Evidence) -> IntendedAct? {
        guard let settled = job.settled, let kept = evidence.last(settled.side).domain else { return nil }
        if let act = definitionOfKept(job, kept) { return IntendedAct(side: settled.side, act: act) }
        if let act = otherCopy(job, evidence, settled.side) { return IntendedAct(side: settled.side.other, act: act) }
        if let act = runOfKept(job, kept) { return IntendedAct(side: settled.side, act: act) }
        // Only once nothing of the guest is there: a copy that is left may have them open.
        if settled.side == .source, evidence.destinationAgain == .absent, let order = job.staged.first {
            return IntendedAct(side: .destination, act: .deleteVolume(order))
        }
        return nil
    }

    /// What stays although it should not, in words; empty when nothing does.
    static func leftover(_ job: JobRecord, _ evidence: Evidence) -> String {
        guard let settled = job.settled else { return "" }
        let host = job.plan.host(settled.side.other).name
        let volumes =
            settled.side == .source && !job.staged.isEmpty
            ? "; left on \(host): \(job.staged.map(\.path).joined(separator: ", "))" : ""
        guard let other = evidence.last(settled.side.other).domain else { return volumes }
        return volumes + (other.isActive
            ? "; a copy of it is active on \(host), where nothing was touched"
            : "; a definition of it is on \(host), where nothing was touched")
    }

    /// The guest must be defined where it is before its definition elsewhere goes.
    private static func definitionOfKept(_ job: JobRecord, _ kept: DomainSummary) -> DomainAct? {
        if case .live(let live) = job.transfer, live.isPersistent, kept.isActive, !kept.isPersistent {
            return .makePersistent
        }
        // A migration drops the flag, and the preparation dropped it at the source.
        if job.startsWithHost == true, kept.isPersistent, !kept.startsWithHost { return .setStartsWithHost(true) }
        return nil
    }

    private static func otherCopy(_ job: JobRecord, _ evidence: Evidence, _ side: Side) -> DomainAct? {
        guard let other = evidence.last(side.other).domain, let mark = job.mark(side.other), other.mark == mark else {
            return nil
        }
        if other.isActive {
            guard let run = other.id, mayEnd(other, job, evidence.last(side).domain) else { return nil }
            return .destroy(run: run)
        }
        return other.isPersistent ? .undefine(mark) : nil
    }

    /// A half that a migration left paused, while the guest runs where it was proved to be; or whatever an admin gave up.
    private static func mayEnd(_ other: DomainSummary, _ job: JobRecord, _ kept: DomainSummary?) -> Bool {
        guard let kept, kept.isActive else { return false }
        if let resolution = job.resolution { return !job.isFenced(resolution.keep.other) }
        return other.isHeldByMove && !kept.isHeldByMove
    }

    /// An admin said that this half is the guest: it goes on.
    private static func runOfKept(_ job: JobRecord, _ kept: DomainSummary) -> DomainAct? {
        guard job.resolution != nil, kept.isHeldByMove, let run = kept.id else { return nil }
        return .resume(run: run)
    }
}

extension JobRecord {
    /// What this job's copy on that side carries.
    func mark(_ side: Side) -> OwnershipMark? { side == .source ? mark : mark?.raised }
}
