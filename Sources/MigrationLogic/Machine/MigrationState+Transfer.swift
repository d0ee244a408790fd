import HypervisorAPI

extension MigrationState {
    mutating func beginTransfer(_ id: JobID, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], let transfer = job.transfer else { return }
        commit(id, &step) { record in
            record.transferBeganAt = now
            record.enter(.transferring, at: now, "transferring")
        }
        step.effects.append(
            .transfer(
                id,
                TransferCall(
                    source: job.plan.source, guest: job.plan.guestUUID, transfer: transfer,
                    deadlineSeconds: options.transferDeadlineSeconds)))
        step.effects.append(.wake(.sampleProgress(id), afterMilliseconds: options.progressMilliseconds))
    }

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
        guard let job = jobs[id], job.phase == .transferring, !job.wasReattached else { return }
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
            abort(job, &step)
        }
        step.effects.append(readEvidence(job))
    }

    /// One abort at a time: the next is asked for when this one has been answered.
    mutating func abort(_ job: JobRecord, _ step: inout Step) {
        guard aborting.insert(job.id).inserted else { return }
        step.effects.append(.abortTransfer(job.id, job.plan.source, job.plan.guestUUID))
    }

    mutating func abortEnded(_ id: JobID, _ error: HypervisorError?, at now: Timestamp, _ step: inout Step) {
        aborting.remove(id)
        guard let job = jobs[id], !job.isEnded else { return }
        let text = error.map { "the abort was not accepted: \($0)" } ?? "the abort was accepted"
        // What is asked again and again is told once.
        if job.timeline.last?.text != text { commit(id, &step) { $0.note(text, at: now) } }
        // Too early (the hypervisor's job had not begun) or lost on the way: a cancel that was accepted is asked again, of
        // a move that was taken up again with the next look at it.
        if error != nil, job.cancelIsRequested, job.phase == .transferring, !job.wasReattached {
            step.effects.append(.wake(.abortAgain(id), afterMilliseconds: options.abortRetryMilliseconds))
        }
    }
}
