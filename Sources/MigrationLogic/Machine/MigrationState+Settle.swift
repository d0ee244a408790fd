import HypervisorAPI

/// What both hosts say, looked up in the recovery table, after a transfer and after a restart alike.
extension MigrationState {
    mutating func evidenceRead(_ id: JobID, _ evidence: Evidence, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], job.isRead, job.intendedAct == nil else { return }
        let row = RecoveryTable.row(for: RecoveryCase(job, evidence))
        let reason = evidence.told(row.reason)
        switch row.action {
        case .settleAtDestination: settleAtDestination(job, evidence, at: now, &step)
        case .settleAtSource: settleAtSource(job, evidence, at: now, &step)
        case .settleStopped: settleStopped(job, evidence, at: now, &step)
        case .lookAgain where job.sourceSightings < options.sourceSightings:
            lookAgain(job, evidence, because: reason, at: now, &step)
        case .lookAgain where Sighting(evidence.source) == .defined && job.plan.kind == .live:
            settleStopped(job, evidence, at: now, &step)
        case .lookAgain: settleAtSource(job, evidence, at: now, &step)
        case .finish: finish(id, evidence, at: now, &step)
        case .reattach: reattach(job, evidence, at: now, &step)
        case .watch: keepReading(job, evidence, because: reason, counts: false, at: now, &step)
        case .readAgain, .wait: keepReading(job, evidence, because: reason, counts: true, at: now, &step)
        case .queueAgain, .nothing: break
        }
    }

    private mutating func settleAtDestination(
        _ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        let destination = job.plan.destination.name
        let runs = job.plan.kind == .offline || evidence.destinationAgain.domain?.isActive == true
        let text = "the guest is proved to be on \(destination)" + (runs ? "" : "; it has stopped since")
        commit(job.id, &step) { $0.errors = [] }
        settle(
            job.id, SettledOutcome(side: .destination, phase: .completed, text: text), evidence, at: now, &step)
    }

    private mutating func settleAtSource(
        _ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        let source = job.plan.source.name
        let text = "the guest is proved to be on \(source)"
        let isCancelled = job.cancelIsRequested && (job.transferError != nil || !job.transferCallEnded)
        commit(job.id, &step) { record in
            record.errors =
                isCancelled
                ? []
                : [
                    JobError(
                        source: record.transferError?.code.rawValue ?? "not-moved",
                        message: "Migration failed: \(Self.whyNotMoved(record)). The guest is on \(source).",
                        remedy: "Mend what the message names, check again, then migrate again.",
                        hypervisor: record.transferError)
                ]
        }
        let outcome =
            isCancelled
            ? SettledOutcome(side: .source, phase: .cancelled, text: "cancelled; \(text)")
            : SettledOutcome(side: .source, phase: .failed, text: text)
        settle(job.id, outcome, evidence, at: now, &step)
        if !isCancelled { readLogs(job, &step) }
    }

    private mutating func settleStopped(
        _ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        let source = job.plan.source.name
        commit(job.id, &step) { record in
            record.errors = [
                JobError(
                    source: "guest-stopped", message: "The guest stopped during the move and runs nowhere.",
                    remedy: "Its definition is on \(source): start it there.", hypervisor: job.transferError)
            ]
        }
        let text = "the guest stopped; its definition is on \(source)"
        settle(job.id, SettledOutcome(side: .source, phase: .failed, text: text), evidence, at: now, &step)
        readLogs(job, &step)
    }

    private static func whyNotMoved(_ job: JobRecord) -> String {
        if let error = job.transferError {
            return error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
        }
        if job.wasReattached { return "the move that ran on while migrationd was away did not arrive" }
        return job.transferCallEnded
            ? "the hypervisor reported success, but the guest did not move"
            : "migrationd was stopped before the transfer's call came back, and the transfer did not take place"
    }

    /// A call that never came back may have been sent a moment ago, and libvirt waits up to 30 s for a guest's job lock
    /// before a migration shows: the guest counts as left behind only when it was seen there for longer than that.
    private mutating func lookAgain(
        _ job: JobRecord, _ evidence: Evidence, because reason: String, at now: Timestamp, _ step: inout Step
    ) {
        jobs[job.id]?.sourceSightings += 1
        keepReading(jobs[job.id] ?? job, evidence, because: reason, counts: false, at: now, &step)
    }

    /// The move that goes on is ours: it is shown, and can be stopped, as if we had never been away.
    private mutating func reattach(
        _ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        if job.phase != .transferring || !job.wasReattached {
            commit(job.id, &step) { record in
                record.wasReattached = true
                record.knowledge = []
                record.errors = []
                record.enter(.transferring, at: now, "the move goes on and is proved to be this job's; taken up again")
            }
            step.effects.append(.sampleProgress(job.id, job.plan.source, job.plan.guestUUID))
        }
        jobs[job.id]?.isMoving = true
        jobs[job.id]?.verifyAttempts = 0
        abortIfDue(job, &step)
        step.effects.append(.wake(.verifyAgain(job.id), afterMilliseconds: options.verifyRetryMilliseconds))
    }

    /// A cancel that was accepted is asked again until it is heard; a move past its deadline is to stop. The deadline is
    /// counted in looks, from the taking up: a wall clock that jumps must not end a healthy move.
    private mutating func abortIfDue(_ job: JobRecord, _ step: inout Step) {
        let looks = (reattachedLooks[job.id] ?? 0) + 1
        reattachedLooks[job.id] = looks
        let isLate = looks * options.verifyRetryMilliseconds >= options.transferDeadlineSeconds * 1000
        if job.cancelIsRequested || isLate { abort(job, &step) }
    }

    /// Reads again later; after too many reads that proved nothing, the job is called undecided and gives its
    /// place to others, while it goes on being read.
    private mutating func keepReading(
        _ job: JobRecord, _ evidence: Evidence, because reason: String, counts: Bool, at now: Timestamp,
        _ step: inout Step
    ) {
        noteReading(job, evidence, because: reason, at: now, &step)
        jobs[job.id]?.isMoving = evidence.jobIsActive == true
        if evidence.jobIsActive == true {
            jobs[job.id]?.sourceSightings = 0
            step.effects.append(.sampleProgress(job.id, job.plan.source, job.plan.guestUUID))
        }
        if counts { countAttempt(job, because: reason, at: now, &step) }
        let isSlow = jobs[job.id]?.phase == .undecided
        let pause = isSlow ? options.undecidedRetryMilliseconds : options.verifyRetryMilliseconds
        step.effects.append(.wake(.verifyAgain(job.id), afterMilliseconds: pause))
    }

    private mutating func noteReading(
        _ job: JobRecord, _ evidence: Evidence, because reason: String, at now: Timestamp, _ step: inout Step
    ) {
        let knowledge = evidence.knowledge(job.plan)
        guard job.knowledge != knowledge || job.phase == .transferring else { return }
        commit(job.id, &step) { record in
            record.knowledge = knowledge
            if record.phase == .transferring {
                record.enter(.verifying, at: now, "the move is over or cannot be seen (\(reason)); reading both hosts")
            } else {
                record.note("not settled: \(reason)", at: now)
            }
        }
    }

    private mutating func countAttempt(
        _ job: JobRecord, because reason: String, at now: Timestamp, _ step: inout Step
    ) {
        let attempts = job.verifyAttempts + 1
        jobs[job.id]?.verifyAttempts = attempts
        let isLate = now.microseconds(since: job.changedAt) >= Int64(options.verifyDeadlineMilliseconds) * 1000
        guard jobs[job.id]?.phase == .verifying, attempts >= options.verifyAttempts || isLate else { return }
        let hosts = "\(job.plan.source.name) and \(job.plan.destination.name)"
        commit(job.id, &step) { record in
            record.errors = [
                JobError(
                    source: "undecided",
                    message: "Where the guest is could not be proved: \(reason). Nothing more was touched.",
                    remedy: "Look at \(hosts); the job ends by itself when both answer and agree. Or say which copy is "
                        + "the guest: migrationd resolve \(job.id) --keep source|destination.",
                    hypervisor: record.transferError)
            ]
            record.enter(.undecided, at: now, "undecided: \(reason)")
        }
        readLogs(job, &step)
        startQueued(at: now, &step)
    }

    // MARK: Logs

    private func readLogs(_ job: JobRecord, _ step: inout Step) {
        let hosts = [job.plan.source, job.plan.destination].filter { $0.qemuLogDirectory != nil }
        guard !hosts.isEmpty else { return }
        step.effects.append(.readLogs(job.id, guestName: job.plan.guestName, hosts))
    }

    mutating func logsRead(_ id: JobID, _ logs: [LogExcerpt], _ step: inout Step) {
        guard jobs[id] != nil, !logs.isEmpty else { return }
        commit(id, &step) { $0.logs = logs }
    }
}

extension JobRecord {
    /// Both hosts are read for it, from time to time.
    var isRead: Bool {
        switch phase {
        case .verifying, .undecided: true
        case .finishing: transferBeganAt != nil
        case .transferring: wasReattached
        case .queued, .checking, .preparing, .completed, .failed, .cancelled: false
        }
    }
}
