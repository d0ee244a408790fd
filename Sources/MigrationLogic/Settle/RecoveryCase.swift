import HypervisorAPI

/// What a host shows of a guest, as far as it matters to where the guest is.
package enum Sighting: String, Hashable, Sendable, CaseIterable {
    /// No answer, or another host's.
    case unreadable
    case absent
    /// Defined, and does not run.
    case defined
    /// Runs, or was stopped by somebody other than a migration.
    case running
    /// Paused in the middle of a move: one half of something.
    case held

    package init(_ observation: Observation) {
        switch observation {
        case .unreadable: self = .unreadable
        case .absent: self = .absent
        case .present(let domain) where !domain.isActive: self = .defined
        case .present(let domain): self = domain.isHeldByMove ? .held : .running
        }
    }
}

extension DomainSummary {
    /// Paused by a migration, which alone knows when it may go on.
    var isHeldByMove: Bool {
        guard state == .paused else { return false }
        return switch pausedReason {
        case .migration, .postCopy, .postCopyFailed, .startingUp: true
        case .user, .inputOutputError, .other, .none: false
        }
    }
}

/// How far a job had come, as far as it matters to what is done next.
package enum RecoveryPhase: String, Hashable, Sendable, CaseIterable {
    /// Queued, checking or preparing: the transfer's intent is not in the journal.
    case notBegun = "not begun"
    /// The transfer's intent is in the journal, and its call has not come back with an end: it may be on its way.
    case callOpen = "call open"
    /// The transfer's call came back, or its move was seen and is over.
    case callEnded = "call ended"
    /// Where the guest is has been proved; what is left is put right.
    case finishing
    case ended

    package init(_ job: JobRecord) {
        switch job.phase {
        case .queued, .checking, .preparing: self = .notBegun
        case .transferring, .verifying, .undecided:
            self = job.transferCallEnded || job.wasReattached ? .callEnded : .callOpen
        case .finishing: self = .finishing
        case .completed, .failed, .cancelled: self = .ended
        }
    }
}

/// Whether libvirt works on the guest.
package enum Work: String, Hashable, Sendable, CaseIterable {
    case none, active, unknown

    package init(_ jobIsActive: Bool?) {
        self =
            switch jobIsActive {
            case .some(true): .active
            case .some(false): .none
            case .none: .unknown
            }
    }
}

/// Everything that decides what is done with a job: the columns of the recovery table.
package struct RecoveryCase: Hashable, Sendable {
    package var phase: RecoveryPhase
    package var kind: MigrationKind
    /// The destination's two reads say the same.
    package var readsAgree: Bool
    package var source: Sighting
    package var destination: Sighting
    /// The copy at the destination carries this job's mark: this job made it.
    package var isMarked: Bool
    package var work: Work

    package init(
        phase: RecoveryPhase, kind: MigrationKind, readsAgree: Bool, source: Sighting, destination: Sighting,
        isMarked: Bool, work: Work
    ) {
        self.phase = phase
        self.kind = kind
        self.readsAgree = readsAgree
        self.source = source
        self.destination = destination
        self.isMarked = isMarked
        self.work = work
    }

    package init(_ job: JobRecord, _ evidence: Evidence) {
        let fenced = job.settled.flatMap { job.isFenced($0.side.other) ? $0.side.other : nil }
        self.init(
            phase: RecoveryPhase(job), kind: job.plan.kind, readsAgree: evidence.readsAgree,
            source: Sighting(evidence.source), destination: Sighting(evidence.destinationAgain),
            isMarked: job.mark.map { evidence.destinationAgain.domain?.mark == $0.raised } ?? false,
            work: Work(evidence.jobIsActive))
        if let fenced { leaveOut(fenced) }
    }

    /// A host that an admin vouches for as switched off holds nothing, for as long as it does not answer.
    private mutating func leaveOut(_ side: Side) {
        guard (side == .source ? source : destination) == .unreadable else { return }
        if side == .source { source = .absent } else { destination = .absent }
        if work == .unknown { work = .none }
    }
}

extension JobRecord {
    /// An admin vouched for this side's host as switched off.
    func isFenced(_ side: Side) -> Bool { resolution?.fenced.contains(plan.host(side).name) ?? false }
}

/// What a row of the recovery table has done.
package enum RecoveryAction: String, Hashable, Sendable, CaseIterable {
    /// The job waits for a place again, and everything is checked again.
    case queueAgain = "queue again"
    case nothing
    /// Read both hosts again; such reads do not count against the job.
    case readAgain = "read again"
    /// The move is proved to be this job's: the job goes on with it, and can stop it.
    case reattach
    /// Somebody's move runs: it is left alone, and read again.
    case watch
    /// Nothing is proved: read again; after enough of it the job is undecided. Nothing is touched.
    case wait
    /// At the source, but the call may still be on its way: read again until it was seen there long enough.
    case lookAgain = "look again"
    case settleAtDestination = "settle: at the destination"
    case settleAtSource = "settle: at the source"
    case settleStopped = "settle: stopped at the source"
    /// What is left to be put right is done, one act at a time.
    case finish
}
