import HypervisorAPI

/// What is left to do once it is proved where the guest is: one act at a time, each decided from fresh evidence, so that
/// an act that was done already is not asked for again. Removes only what bears this job's mark.
enum Finishing {
    /// `nil`: everything is as it should be, or what is not may not be touched.
    static func nextAct(_ job: JobRecord, _ evidence: Evidence) -> IntendedAct? {
        guard let settled = job.settled, let kept = evidence.last(settled.side).domain else { return nil }
        // What is there now may have come from somebody else since; an admin's word is about what is there.
        if kept.mark == job.mark(settled.side) || job.resolution != nil {
            if let act = definitionOfKept(job, kept) { return IntendedAct(side: settled.side, act: act) }
            let other = evidence.last(settled.side.other).domain
            // Before the other half is ended: if this one cannot go on, nothing is lost yet.
            if let act = runOfKept(job, kept, other) { return IntendedAct(side: settled.side, act: act) }
            if let act = otherCopy(job, kept, other) { return IntendedAct(side: settled.side.other, act: act) }
        }
        // Only once nothing of the guest is there: a copy that is left may have them open.
        if settled.side == .source, evidence.destinationAgain == .absent, let order = job.staged.first {
            return IntendedAct(side: .destination, act: .deleteVolume(order, onlyIfEmpty: false))
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
        return volumes
            + (other.isActive
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

    private static func otherCopy(_ job: JobRecord, _ kept: DomainSummary, _ other: DomainSummary?) -> DomainAct? {
        guard let other, let settled = job.settled, let mark = job.mark(settled.side.other), other.mark == mark else {
            return nil
        }
        guard other.isActive else { return other.isPersistent ? .undefine(mark) : nil }
        guard let run = other.id, kept.isActive, !kept.isHeldByMove else { return nil }
        // A half that the move left paused, and that is still paused when it is ended; or whatever an admin gave up.
        if let resolution = job.resolution {
            return job.isFenced(resolution.keep.other) ? nil : .destroy(run: run, onlyIfPaused: other.isHeldByMove)
        }
        return other.isHeldByMove ? .destroy(run: run, onlyIfPaused: true) : nil
    }

    /// An admin said that this half is the guest: it goes on, unless the other one runs.
    private static func runOfKept(_ job: JobRecord, _ kept: DomainSummary, _ other: DomainSummary?) -> DomainAct? {
        guard job.resolution != nil, kept.isHeldByMove, let run = kept.id else { return nil }
        if let other, other.isActive, !other.isHeldByMove { return nil }
        return .resume(run: run)
    }
}

extension JobRecord {
    /// What this job's copy on that side carries.
    func mark(_ side: Side) -> OwnershipMark? { side == .source ? mark : mark?.raised }
}
