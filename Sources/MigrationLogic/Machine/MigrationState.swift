import HashTreeCollections
import HypervisorAPI

/// The heart: decides and never does. An event goes in; what must be made durable and what is to be done
/// come out. A value: the driver steps a copy and adopts it only when the commit is durable.
///
/// Invariants:
/// 1. A job that changes anything at a hypervisor has committed the intent before: an act as `intendedAct`, the transfer
///    as phase `transferring`.
/// 2. At most one job that has not ended holds a guest (`jobHolding`).
/// 3. At most `runningMigrations` jobs are checking, preparing, transferring or verifying.
/// 4. A job ends after its transfer began only by a row of `RecoveryTable` that says where the guest is, or by an admin's
///    resolution that both hosts do not contradict.
/// 5. A job that is not settled changes nothing but by its transfer and its abort.
/// 6. While `recoveryNeed` is set, nothing is changed at any hypervisor.
///
///     queued ─► checking ─► preparing ─► transferring ─► verifying ─► finishing ─► completed | failed | cancelled
///       │          │            │              ▲ (reattach) │ ▲            ▲
///       ▼          ▼            ▼              └────────────┤ └─► undecided┘ (settled, or resolved by an admin)
///    cancelled   failed | cancelled (by way of finishing)   └─────► …
package struct MigrationState: Sendable {
    package var options: LogicOptions
    package internal(set) var hosts: TreeDictionary<String, HostState>
    package internal(set) var jobs: TreeDictionary<JobID, JobRecord>
    package internal(set) var isStopping = false
    /// This daemon's UUID: the owner in its marks.
    package let daemon: String
    /// Other owners whose marks count as ours.
    package internal(set) var adopted: Set<String>
    /// The highest generation committed for each guest.
    package internal(set) var generations: TreeDictionary<DomainUUID, UInt64>
    /// Why nothing is changed until every host has been read; `nil` when the journal can be relied on.
    package internal(set) var recoveryNeed: RecoveryNeed?
    /// Requests whose guest is being looked for.
    var requests: TreeDictionary<RequestID, PendingRequest> = [:]
    var runs: TreeDictionary<RunID, CheckRun> = [:]
    /// Admins' words on jobs whose hosts are being read for them.
    var resolutions: TreeDictionary<RequestID, Resolution> = [:]
    var recoveries: TreeDictionary<RequestID, RecoveryOrder> = [:]
    /// Jobs whose abort has been asked for and not been answered.
    var aborting: Set<JobID> = []
    /// Looks at moves that were taken up again, in this process.
    var reattachedLooks: [JobID: Int] = [:]
    /// Nobody waits for an answer any more.
    var isClosing = false
    /// Hosts that an alarm will have read.
    var refreshing: Set<String> = []

    /// - Parameter contents: what the journal holds.
    package init(options: LogicOptions, contents: JournalContents) {
        self.options = options
        daemon = contents.daemon
        adopted = contents.adopted
        generations = TreeDictionary(uniqueKeysWithValues: contents.generations.map { ($0.key, $0.value) })
        recoveryNeed = contents.recoveryNeed
        hosts = TreeDictionary(
            uniqueKeysWithValues: options.resolver.hosts.map { ($0.name, HostState(description: $0)) })
        self.jobs = TreeDictionary(uniqueKeysWithValues: contents.jobs.map { ($0.id, $0) })
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
        case .closing: close(&step)
        case .stopping: stop(at: now, &step)
        case .checkRequested(let id, let request): accept(id, .check(request), &step)
        case .migrateRequested(let id, let job, let request): accept(id, .migrate(job, request), &step)
        case .cancelRequested(let id, let job): cancel(job, for: id, at: now, &step)
        case .guestLocated(let id, let locations): located(id, locations, at: now, &step)
        case .requestDropped(let id): drop(id)
        case .checksStale(let run): checkAgain(run, &step)
        case .factsGathered(let run, let facts): gathered(run, facts, at: now, &step)
        case .externalChecksEnded(let run, let findings): externalChecksEnded(run, findings, at: now, &step)
        case .transferEnded(let job, let ending): transferEnded(job, ending, at: now, &step)
        case .progressSampled(let job, let statistics): progressSampled(job, statistics, &step)
        case .abortEnded(let job, let error): abortEnded(job, error, at: now, &step)
        case .evidenceRead(let job, let evidence): evidenceRead(job, evidence, at: now, &step)
        case .actEnded(let job, let error): actEnded(job, error, at: now, &step)
        case .logsRead(let job, let logs): logsRead(job, logs, &step)
        case .resolveRequested(let id, let job, let resolution): resolve(job, resolution, for: id, &step)
        case .evidenceReadToResolve(let id, let job, let evidence):
            evidenceReadToResolve(job, evidence, for: id, at: now, &step)
        case .recoveryRequested(let id, let order): recover(order, for: id, &step)
        case .hostsRead(let id, let readings): hostsRead(readings, for: id, at: now, &step)
        case .reconfigured(let options): reconfigure(options, at: now, &step)
        case .hostChanged(let name): readHost(name, &step)
        case .hostRead(let name, let reading): hostRead(name, reading, at: now, &step)
        case .alarm(let alarm): ring(alarm, at: now, &step)
        }
        return step
    }

    private mutating func ring(_ alarm: Alarm, at now: Timestamp, _ step: inout Step) {
        switch alarm {
        case .refresh(let host):
            refresh(host, &step)
            pruneHistory(sparing: nil, at: now, &step)
        case .sampleProgress(let id):
            guard let job = jobs[id], job.phase == .transferring else { return }
            step.effects.append(.sampleProgress(id, job.plan.source, job.plan.guestUUID))
        case .abortAgain(let id):
            guard let job = jobs[id], job.phase == .transferring else { return }
            abort(job, &step)
        case .verifyAgain(let id):
            guard let job = jobs[id], job.isRead, job.intendedAct == nil else { return }
            step.effects.append(readEvidence(job))
        case .actAgain(let id):
            guard let job = jobs[id], job.phase == .preparing || job.phase == .finishing else { return }
            doIntended(id, &step)
        }
    }

    private mutating func drop(_ request: RequestID) {
        requests[request] = nil
        resolutions[request] = nil
        recoveries[request] = nil
    }

    // MARK: Shared by the machine's parts

    /// Changes a job and makes the change part of the step's commit.
    mutating func commit(_ id: JobID, _ step: inout Step, _ change: (inout JobRecord) -> Void) {
        guard var job = jobs[id] else { return }
        change(&job)
        jobs[id] = job
        step.commit.merge(Commit(jobs: [job]))
    }

    func readEvidence(_ job: JobRecord) -> Effect { .readEvidence(job.id, evidenceQuery(job)) }

    func evidenceQuery(_ job: JobRecord) -> EvidenceQuery {
        EvidenceQuery(
            source: host(.source, of: job), destination: host(.destination, of: job), guest: job.plan.guestUUID,
            sourceHostUUID: job.sourceHostUUID, destinationHostUUID: job.destinationHostUUID)
    }

    /// Where a job's host is reached now: a host whose URI was changed is followed, if its own UUID is known to be checked.
    func host(_ side: Side, of job: JobRecord) -> HostDescription {
        let given = job.plan.host(side)
        let uuid = side == .source ? job.sourceHostUUID : job.destinationHostUUID
        guard uuid != nil, !given.isUnlisted, let current = hosts[given.name]?.description else { return given }
        return current
    }

    static func noSuchJob(_ id: JobID) -> RequestError {
        RequestError(.noSuchJob, "No such job: \(id). `migrationd jobs` lists the jobs.")
    }

    /// Ends a job, gives its place to the next, and has both hosts read again.
    mutating func end(_ id: JobID, as phase: JobPhase, at now: Timestamp, _ text: String, _ step: inout Step) {
        commit(id, &step) { $0.enter(phase, at: now, text) }
        aborting.remove(id)
        reattachedLooks[id] = nil
        if let plan = jobs[id]?.plan {
            readHost(plan.source.name, &step)
            readHost(plan.destination.name, &step)
        }
        pruneHistory(sparing: id, at: now, &step)
        startQueued(at: now, &step)
    }

    /// Forgets the jobs that ended first, and those that ended too long ago; never the one that ends now, whose outcome
    /// nobody has read yet.
    mutating func pruneHistory(sparing job: JobID?, at now: Timestamp, _ step: inout Step) {
        let ended = jobs.values.filter { $0.isEnded && $0.id != job }
            .sorted { ($0.endedAt ?? $0.submittedAt, $0.id) < ($1.endedAt ?? $1.submittedAt, $1.id) }
        // The one that ended last is kept in any case, by number.
        let kept = max(1, options.jobHistory) - (job == nil ? 0 : 1)
        let tooMany = max(0, ended.count - kept)
        let bound = options.jobHistoryDays.map { Int64($0) * 86_400_000_000 } ?? .max
        let tooOld = ended.prefix { now.microseconds(since: $0.endedAt ?? $0.submittedAt) > bound }.count
        let removed = ended.prefix(max(tooMany, tooOld)).map(\.id)
        guard !removed.isEmpty else { return }
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
