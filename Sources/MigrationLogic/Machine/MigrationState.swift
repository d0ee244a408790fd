import HashTreeCollections
import HypervisorAPI

/// The heart: decides and never does. An event goes in; what must be made durable and what is to be done
/// come out. A value: the driver steps a copy and adopts it only when the commit is durable.
///
/// Invariants:
/// 1. A job that changes anything at a hypervisor has been committed in phase `transferring` before.
/// 2. At most one job that has not ended holds a guest (`jobHolding`).
/// 3. At most `runningMigrations` jobs are checking, transferring or verifying.
/// 4. A job ends `completed` or `failed` after its transfer began only by a `Settlement` that proves where the guest is.
/// 5. An undecided job's only effects are reads.
///
///     queued ─► checking ─► transferring ─► verifying ─► completed | failed | cancelled
///       │          │        (finishChecks)  (transferEnded)  ▲  (settle)
///       ▼          ▼                             │           │
///    cancelled   failed | cancelled              └► undecided┘
package struct MigrationState: Sendable {
    package var options: LogicOptions
    package internal(set) var hosts: TreeDictionary<String, HostState>
    package internal(set) var jobs: TreeDictionary<JobID, JobRecord>
    package internal(set) var isStopping = false
    /// Requests whose guest is being looked for.
    var requests: TreeDictionary<RequestID, PendingRequest> = [:]
    var runs: TreeDictionary<RunID, CheckRun> = [:]

    /// - Parameter jobs: what the journal holds.
    package init(options: LogicOptions, jobs: [JobRecord] = []) {
        self.options = options
        hosts = TreeDictionary(
            uniqueKeysWithValues: options.resolver.hosts.map { ($0.name, HostState(description: $0)) })
        self.jobs = TreeDictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0) })
    }

    /// Hosts in the order of the configuration.
    package var orderedHosts: [HostState] { options.resolver.hosts.compactMap { hosts[$0.name] } }

    /// Jobs, oldest first.
    package var orderedJobs: [JobRecord] {
        jobs.values.sorted { ($0.submittedAt, $0.id) < ($1.submittedAt, $1.id) }
    }

    /// The job that holds a guest: accepted and not ended, or undecided.
    package func jobHolding(_ guest: DomainUUID) -> JobRecord? {
        orderedJobs.first { $0.plan.guestUUID == guest && !$0.isEnded }
    }

    package mutating func receive(_ event: Event, at now: Timestamp) -> Step {
        var step = Step()
        switch event {
        case .started: start(at: now, &step)
        case .stopping: stop(at: now, &step)
        case .checkRequested(let id, let request): accept(id, .check(request), &step)
        case .migrateRequested(let id, let job, let request): accept(id, .migrate(job, request), &step)
        case .cancelRequested(let id, let job): cancel(job, for: id, at: now, &step)
        case .guestLocated(let id, let locations): located(id, locations, at: now, &step)
        case .requestDropped(let id): requests[id] = nil
        case .factsGathered(let run, let facts): gathered(run, facts, at: now, &step)
        case .externalChecksEnded(let run, let findings): externalChecksEnded(run, findings, at: now, &step)
        case .transferEnded(let job, let ending): transferEnded(job, ending, at: now, &step)
        case .progressSampled(let job, let statistics): progressSampled(job, statistics, &step)
        case .abortEnded(let job, let error): abortEnded(job, error, at: now, &step)
        case .evidenceRead(let job, let evidence): evidenceRead(job, evidence, at: now, &step)
        case .hostChanged(let name): readHost(name, &step)
        case .hostRead(let name, let reading): hostRead(name, reading, at: now, &step)
        case .alarm(let alarm): ring(alarm, &step)
        }
        return step
    }

    private mutating func ring(_ alarm: Alarm, _ step: inout Step) {
        switch alarm {
        case .refresh(let host):
            readHost(host, &step)
            step.effects.append(.wake(alarm, afterMilliseconds: options.refreshMilliseconds))
        case .sampleProgress(let id):
            guard let job = jobs[id], job.phase == .transferring else { return }
            step.effects.append(.sampleProgress(id, job.plan.source, job.plan.guestUUID))
        case .abortAgain(let id):
            guard let job = jobs[id], job.phase == .transferring else { return }
            step.effects.append(.abortTransfer(id, job.plan.source, job.plan.guestUUID))
        case .verifyAgain(let id):
            guard let job = jobs[id], job.phase == .verifying || job.phase == .undecided else { return }
            step.effects.append(readEvidence(job))
        }
    }

    // MARK: Shared by the machine's parts

    /// Changes a job and makes the change part of the step's commit.
    mutating func commit(_ id: JobID, _ step: inout Step, _ change: (inout JobRecord) -> Void) {
        guard var job = jobs[id] else { return }
        change(&job)
        jobs[id] = job
        step.commit.merge(Commit(jobs: [job]))
    }

    func readEvidence(_ job: JobRecord) -> Effect {
        .readEvidence(
            job.id,
            EvidenceQuery(
                source: job.plan.source, destination: job.plan.destination, guest: job.plan.guestUUID,
                sourceHostUUID: job.sourceHostUUID, destinationHostUUID: job.destinationHostUUID))
    }

    /// Ends a job, gives its place to the next, and has both hosts read again.
    mutating func end(_ id: JobID, as phase: JobPhase, at now: Timestamp, _ text: String, _ step: inout Step) {
        commit(id, &step) { $0.enter(phase, at: now, text) }
        if let plan = jobs[id]?.plan {
            readHost(plan.source.name, &step)
            readHost(plan.destination.name, &step)
        }
        pruneHistory(sparing: id, &step)
        startQueued(at: now, &step)
    }

    /// Forgets the jobs that ended first; never the one that ends now, whose outcome nobody has read yet.
    private mutating func pruneHistory(sparing job: JobID, _ step: inout Step) {
        let ended = orderedJobs.filter { $0.isEnded && $0.id != job }
            .sorted { ($0.endedAt ?? $0.submittedAt, $0.id) < ($1.endedAt ?? $1.submittedAt, $1.id) }
        let kept = max(0, options.jobHistory - 1)
        guard ended.count > kept else { return }
        let removed = ended.prefix(ended.count - kept).map(\.id)
        for id in removed { jobs[id] = nil }
        step.commit.merge(Commit(removed: removed))
    }
}

/// A request whose guest is being looked for.
enum PendingRequest: Sendable {
    case check(MigrationRequest)
    case migrate(JobID, MigrationRequest)

    var request: MigrationRequest {
        switch self {
        case .check(let request), .migrate(_, let request): request
        }
    }
}

/// A run of the checks under way.
struct CheckRun: Sendable {
    var plan: MigrationPlan
    var facts: Facts?
    var findings: [Finding] = []
}
