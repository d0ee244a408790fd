import HypervisorAPI

/// A job's number: unique for all time, also across restarts.
package struct JobID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }
    package static func < (lhs: JobID, rhs: JobID) -> Bool { lhs.text < rhs.text }
}

/// Where a job is on its way. Values of Migrationd_MigrationJob.Phase.
package enum JobPhase: UInt16, Hashable, Sendable, Codable, CaseIterable {
    case queued = 2
    case checking = 3
    case transferring = 4
    /// The transfer's call ended; both hosts are read to see what came of it.
    case verifying = 5
    case completed = 6
    case failed = 7
    case cancelled = 8
    /// What came of it is not proved. Nothing is touched; both hosts are read again from time to time.
    case undecided = 9
    /// The checks have passed; the guest is marked as being moved.
    case preparing = 10
    /// Where the guest is was proved; what the move left on both hosts is put right.
    case finishing = 11

    /// Nothing more happens to the job.
    package var isEnded: Bool { self == .completed || self == .failed || self == .cancelled }
    /// Takes one of the places that limits.runningMigrations gives.
    package var isRunning: Bool {
        switch self {
        case .checking, .preparing, .transferring, .verifying: true
        case .queued, .completed, .failed, .cancelled, .undecided, .finishing: false
        }
    }
}

/// Why a job did not do what was asked.
package struct JobError: Hashable, Sendable, Codable {
    /// A check's identifier, a hypervisor error's code, or one of ours.
    package var source: String
    package var message: String
    package var remedy: String
    /// What the hypervisor said, verbatim; `nil` when it was not its doing.
    package var hypervisor: HypervisorError?

    package init(source: String, message: String, remedy: String = "", hypervisor: HypervisorError? = nil) {
        self.source = source
        self.message = message
        self.remedy = remedy
        self.hypervisor = hypervisor
    }

    package init(_ finding: Finding) {
        self.init(
            source: finding.checkID,
            message: finding.seen.isEmpty ? finding.message : "\(finding.message) Seen: \(finding.seen)",
            remedy: finding.remedy)
    }
}

/// A migration from request to outcome: what the journal keeps and what a job instance shows.
package struct JobRecord: Hashable, Sendable, Codable {
    package let id: JobID
    package let plan: MigrationPlan
    package let submittedAt: Timestamp
    package internal(set) var startedAt: Timestamp?
    package internal(set) var changedAt: Timestamp
    package internal(set) var endedAt: Timestamp?
    package internal(set) var phase: JobPhase
    package internal(set) var findings: [Finding]
    /// The two hosts' own UUIDs, as read before the transfer: evidence counts only from these.
    package internal(set) var sourceHostUUID: String?
    package internal(set) var destinationHostUUID: String?
    /// What the hypervisor was asked to do; `nil` before the checks have passed.
    package internal(set) var transfer: Transfer?
    /// What the transfer's call came back with, when it was an error.
    package internal(set) var transferError: HypervisorError?
    /// The transfer's call came back and said how it ended. Otherwise (a lost connection, a deadline, a restart) it may
    /// still be on its way.
    package internal(set) var transferCallEnded: Bool
    /// The hypervisor still works on a move of the guest, as last read.
    package internal(set) var isMoving: Bool
    /// The move was seen on its way and proved to be this job's, though its call never came back.
    package internal(set) var wasReattached: Bool
    /// What the guest at the source was marked with; the copy at the destination carries `mark.raised`.
    package internal(set) var mark: OwnershipMark?
    /// The source started the guest at boot; `nil` before that was read.
    package internal(set) var startsWithHost: Bool?
    /// When the transfer's intent was committed.
    package internal(set) var transferBeganAt: Timestamp?
    /// Where the guest was proved to be; `nil` before.
    package internal(set) var settled: SettledOutcome?
    package internal(set) var resolution: Resolution?
    /// The act that is being done, or was when the process ended.
    package internal(set) var intendedAct: IntendedAct?
    /// Acts that follow it, in this order, before anything else is done for the job.
    package internal(set) var pendingActs: [IntendedAct]
    /// Volumes that this job made at the destination, or may have: in the journal before each is made.
    package internal(set) var staged: [VolumeOrder]
    /// An attempt at the act under way was sent, and what came of it is not known.
    package internal(set) var actIsOpen: Bool
    /// Acts in a row that did not succeed.
    package internal(set) var failedActs: Int
    package internal(set) var logs: [LogExcerpt]
    /// Reads in a row that found the guest at the source while the call's end was not known.
    package internal(set) var sourceSightings: Int
    package internal(set) var progress: TransferProgress
    package internal(set) var cancelIsRequested: Bool
    package internal(set) var errors: [JobError]
    /// What is known of the guest on each host, for an undecided job.
    package internal(set) var knowledge: [String]
    package internal(set) var timeline: [TimelineEntry]
    /// Reads of both hosts that proved nothing, since the transfer's call ended.
    package internal(set) var verifyAttempts: Int

    package init(id: JobID, plan: MigrationPlan, at: Timestamp) {
        self.id = id
        self.plan = plan
        submittedAt = at
        changedAt = at
        phase = .queued
        findings = []
        progress = TransferProgress()
        transferCallEnded = false
        isMoving = false
        wasReattached = false
        pendingActs = []
        staged = []
        actIsOpen = false
        failedActs = 0
        logs = []
        sourceSightings = 0
        cancelIsRequested = false
        errors = []
        knowledge = []
        timeline = [
            TimelineEntry(
                at: at, text: "submitted by \(plan.request.owner.isEmpty ? "an unnamed client" : plan.request.owner)")
        ]
        verifyAttempts = 0
    }

    /// `nil` until the checks have run.
    package var verdict: Verdict? { findings.isEmpty ? nil : Verdict(findings) }
    package var isEnded: Bool { phase.isEnded }

    /// 0...100; 100 only when the guest is proved to be at the destination.
    package var percent: UInt16 { phase == .completed ? 100 : progress.percent }

    package var virshCommand: String? {
        transfer.map { VirshCommand.text(guest: plan.guestName, sourceURI: plan.source.uri, $0) }
    }

    /// Whether the flag that tells the hypervisor not to object to the disks is set.
    package var allowsUnsafeDisks: Bool {
        if case .live(let live) = transfer { live.allowsUnsafeDisks } else { false }
    }

    mutating func enter(_ phase: JobPhase, at: Timestamp, _ text: String) {
        self.phase = phase
        changedAt = at
        if phase == .checking { startedAt = startedAt ?? at }
        if phase.isEnded { endedAt = at }
        note(text, at: at)
    }

    /// A job that stays undecided for weeks must not grow for weeks: of a long story the beginning and the end are kept.
    private static let timelineBound = 200
    private static let timelineBeginning = 50

    mutating func note(_ text: String, at: Timestamp) {
        timeline.append(TimelineEntry(at: at, text: text))
        guard timeline.count > Self.timelineBound else { return }
        // The first line after the beginning says how many are gone, itself not counted.
        let place = Self.timelineBeginning
        let isCut = timeline[place].text.hasSuffix(Self.leftOut)
        let gone = isCut ? Int(timeline[place].text.prefix { $0.isNumber }) ?? 0 : 0
        timeline.removeSubrange(place...place + 1)
        let count = gone + (isCut ? 1 : 2)
        timeline.insert(TimelineEntry(at: at, text: "\(count)\(Self.leftOut)"), at: place)
    }

    private static let leftOut = " lines are left out here"
}
