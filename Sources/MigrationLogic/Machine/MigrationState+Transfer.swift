import HypervisorAPI

extension MigrationState {
    mutating func progressSampled(_ id: JobID, _ statistics: Reading<JobStatistics>, _ step: inout Step) {
        guard var job = jobs[id], job.phase == .transferring || job.isMoving else { return }
        if let statistics = statistics.value {
            job.progress.take(statistics)
            // Not committed: progress is only shown, and the next sample brings it again.
            jobs[id] = job
        }
        // While a move is only watched, each look at both hosts asks for a sample.
        guard job.phase == .transferring else { return }
        step.effects.append(.wake(.sampleProgress(id), afterMilliseconds: options.progressMilliseconds))
    }

    mutating func transferEnded(_ id: JobID, _ ending: TransferEnding, at now: Timestamp, _ step: inout Step) {
        guard jobs[id]?.phase == .transferring else { return }
        commit(id, &step) { record in
            switch ending {
            case .returned:
                record.transferCallEnded = true
                record.enter(.verifying, at: now, "the hypervisor says done; reading both hosts")
            case .failed(let error):
                record.transferError = error
                record.transferCallEnded = !error.code.leavesOutcomeOpen
                record.enter(.verifying, at: now, "the transfer's call ended with: \(error); reading both hosts")
            }
        }
        guard let job = jobs[id] else { return }
        if job.transferError?.code == .unknownOutcome {
            // The deadline passed: what is still under way is to stop, and the guest to stay where it is.
            commit(id, &step) { $0.note("past its deadline: asking \($0.plan.source.name) to abort", at: now) }
            step.effects.append(.abortTransfer(id, job.plan.source, job.plan.guestUUID))
        }
        step.effects.append(readEvidence(job))
    }

    mutating func abortEnded(_ id: JobID, _ error: HypervisorError?, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], !job.isEnded else { return }
        commit(id, &step) { record in
            record.note(error.map { "the abort was not accepted: \($0)" } ?? "the abort was accepted", at: now)
        }
        // Too early (the hypervisor's job had not begun) or lost on the way: a cancel that was accepted is asked again.
        if error != nil, job.cancelIsRequested, job.phase == .transferring {
            step.effects.append(.wake(.abortAgain(id), afterMilliseconds: options.abortRetryMilliseconds))
        }
    }

    mutating func evidenceRead(_ id: JobID, _ evidence: Evidence, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], job.phase == .verifying || job.phase == .undecided else { return }
        switch Settlement(kind: job.plan.kind, evidence) {
        case .atDestination(let leftover): settleAtDestination(job, leftover: leftover, at: now, &step)
        case .atSource(let leftover): sighted(job, evidence, leftover: leftover, at: now, &step)
        case .stoppedAtSource where !job.transferCallEnded && job.sourceSightings < options.sourceSightings:
            lookAgain(job, evidence, at: now, &step)
        case .stoppedAtSource:
            commit(id, &step) { record in
                record.errors = [
                    JobError(
                        source: "guest-stopped", message: "The guest stopped during the move and runs nowhere.",
                        remedy: "Its definition is on \(job.plan.source.name): start it there.",
                        hypervisor: job.transferError)
                ]
            }
            end(id, as: .failed, at: now, "the guest stopped; its definition is on \(job.plan.source.name)", &step)
        case .moving:
            // Healthy, however long it takes: only watched.
            keepReading(job, evidence, because: "a job still runs on the guest", counts: false, at: now, &step)
        case .disagreeing:
            keepReading(job, evidence, because: "two reads of the destination differ", counts: true, at: now, &step)
        case .unproved(let reason):
            keepReading(job, evidence, because: reason, counts: true, at: now, &step)
        }
    }

    private mutating func settleAtDestination(
        _ job: JobRecord, leftover: Bool, at now: Timestamp, _ step: inout Step
    ) {
        let source = job.plan.source.name
        let note = leftover ? "; its definition was left on \(source), where nothing was touched" : ""
        commit(job.id, &step) { record in
            record.knowledge = []
            record.errors = []
        }
        end(job.id, as: .completed, at: now, "the guest is proved to be on \(job.plan.destination.name)\(note)", &step)
    }

    /// A call that never came back may have been sent a moment ago, and libvirt waits up to 30 s for a guest's job lock
    /// before a migration shows: the guest counts as left behind only when it was seen there for longer than that.
    private mutating func sighted(
        _ job: JobRecord, _ evidence: Evidence, leftover: Bool, at now: Timestamp, _ step: inout Step
    ) {
        guard job.transferCallEnded || job.sourceSightings >= options.sourceSightings else {
            lookAgain(job, evidence, at: now, &step)
            return
        }
        settleAtSource(job, leftover: leftover, at: now, &step)
    }

    private mutating func lookAgain(_ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step) {
        jobs[job.id]?.sourceSightings += 1
        keepReading(
            jobs[job.id] ?? job, evidence, because: "the transfer may not have begun yet", counts: false, at: now, &step
        )
    }

    private mutating func settleAtSource(_ job: JobRecord, leftover: Bool, at now: Timestamp, _ step: inout Step) {
        let source = job.plan.source.name
        let note = leftover ? "; a definition of it is on \(job.plan.destination.name), where nothing was touched" : ""
        let text = "the guest is proved to be on \(source)\(note)"
        commit(job.id, &step) { record in
            record.knowledge = []
            record.errors = []
        }
        if job.cancelIsRequested, job.transferError != nil || !job.transferCallEnded {
            end(job.id, as: .cancelled, at: now, "cancelled; \(text)", &step)
            return
        }
        commit(job.id, &step) { record in
            record.errors = [
                JobError(
                    source: record.transferError?.code.rawValue ?? "not-moved",
                    message: "Migration failed: \(Self.whyNotMoved(record)). The guest is on \(source).",
                    remedy: "Mend what the message names, check again, then migrate again.",
                    hypervisor: record.transferError)
            ]
        }
        end(job.id, as: .failed, at: now, text, &step)
    }

    private static func whyNotMoved(_ job: JobRecord) -> String {
        if let error = job.transferError {
            return error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
        }
        return job.transferCallEnded
            ? "the hypervisor reported success, but the guest did not move"
            : "migrationd was stopped before the transfer's call came back, and the transfer did not take place"
    }

    /// Reads again later; after too many reads that proved nothing, the job is called undecided and gives its
    /// place to others, while it goes on being read.
    private mutating func keepReading(
        _ job: JobRecord, _ evidence: Evidence, because reason: String, counts: Bool, at now: Timestamp,
        _ step: inout Step
    ) {
        let knowledge = evidence.knowledge(source: job.plan.source.name, destination: job.plan.destination.name)
        let attempts = job.verifyAttempts + (counts ? 1 : 0)
        let isNews = job.knowledge != knowledge
        let isLate =
            counts && now.microseconds(since: job.changedAt) >= Int64(options.verifyDeadlineMilliseconds) * 1000
        let becomesUndecided = job.phase == .verifying && (attempts >= options.verifyAttempts || isLate)
        if isNews || becomesUndecided {
            commit(job.id, &step) { record in
                record.knowledge = knowledge
                if isNews { record.note("not settled: \(reason)", at: now) }
            }
        }
        jobs[job.id]?.verifyAttempts = attempts
        jobs[job.id]?.isMoving = evidence.jobIsActive == true
        if evidence.jobIsActive == true {
            jobs[job.id]?.sourceSightings = 0
            step.effects.append(.sampleProgress(job.id, job.plan.source, job.plan.guestUUID))
            if job.cancelIsRequested {
                step.effects.append(.abortTransfer(job.id, job.plan.source, job.plan.guestUUID))
            }
        }
        if becomesUndecided { becomeUndecided(job, because: reason, at: now, &step) }
        let pause =
            jobs[job.id]?.phase == .undecided ? options.undecidedRetryMilliseconds : options.verifyRetryMilliseconds
        step.effects.append(.wake(.verifyAgain(job.id), afterMilliseconds: pause))
    }

    private mutating func becomeUndecided(
        _ job: JobRecord, because reason: String, at now: Timestamp, _ step: inout Step
    ) {
        commit(job.id, &step) { record in
            record.errors = [
                JobError(
                    source: "undecided",
                    message: "Where the guest is could not be proved: \(reason). Nothing more was touched.",
                    remedy:
                        "Look at \(job.plan.source.name) and \(job.plan.destination.name); the job ends by itself when both "
                        + "answer and agree.",
                    hypervisor: record.transferError)
            ]
            record.enter(.undecided, at: now, "undecided: \(reason)")
        }
        startQueued(at: now, &step)
    }
}
