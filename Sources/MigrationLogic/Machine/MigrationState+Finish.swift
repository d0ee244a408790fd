import HypervisorAPI

/// Once it is proved where the guest is: what the move left on both hosts is put right, one act after the other, each
/// decided from fresh evidence.
extension MigrationState {
    /// Where the guest is has been proved: the job goes to its end, by way of what is left to do.
    mutating func settle(
        _ id: JobID, _ settled: SettledOutcome, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        commit(id, &step) { record in
            record.knowledge = []
            record.settled = settled
            record.failedActs = 0
            record.actIsOpen = false
            record.isMoving = false
        }
        finish(id, evidence, at: now, &step)
    }

    mutating func finish(_ id: JobID, _ evidence: Evidence, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], let settled = job.settled else { return }
        guard let next = Finishing.nextAct(job, evidence) else {
            end(id, as: settled.phase, at: now, settled.text + Finishing.leftover(job, evidence), &step)
            return
        }
        let isFirst = job.phase != .finishing
        commit(id, &step) { record in
            if isFirst { record.enter(.finishing, at: now, settled.text) }
        }
        intend(id, next.side, next.act, at: now, &step)
        if isFirst { startQueued(at: now, &step) }
    }

    mutating func finishingActEnded(
        _ id: JobID, _ intended: IntendedAct, _ error: HypervisorError?, at now: Timestamp, _ step: inout Step
    ) {
        guard let job = jobs[id], let settled = job.settled else { return }
        let isDone = error.map { intended.act.isDone(despite: $0, isOpen: job.actIsOpen) } ?? true
        if isDone {
            commit(id, &step) { record in
                record.failedActs = 0
                record.actIsOpen = false
                record.knowledge = []
                if case .deleteVolume(let order, _) = intended.act { record.staged.removeAll { $0 == order } }
            }
        } else if let error {
            tellObstacle(id, intended, error, &step)
        }
        guard job.transferBeganAt == nil else {
            let next = jobs[id] ?? job
            step.effects.append(
                isDone ? readEvidence(next) : .wake(.verifyAgain(id), afterMilliseconds: pauseAfterFailure(next)))
            return
        }
        // Nothing was moved: there is nothing to read, only the preparation to be undone.
        if !isDone {
            commit(id, &step) { $0.intendedAct = intended }
            step.effects.append(.wake(.actAgain(id), afterMilliseconds: pauseAfterFailure(job)))
        } else if !intendNext(id, at: now, &step) {
            end(id, as: settled.phase, at: now, settled.text, &step)
        }
    }

    /// What a finishing job waits for, for people.
    private mutating func tellObstacle(
        _ id: JobID, _ intended: IntendedAct, _ error: HypervisorError, _ step: inout Step
    ) {
        let words = "\(intended.act.words) has not succeeded yet: \(error)"
        guard jobs[id]?.knowledge != [words] else { return }
        commit(id, &step) { $0.knowledge = [words] }
    }

    /// Soon at first, then as seldom as an undecided job is read.
    private func pauseAfterFailure(_ job: JobRecord) -> Int {
        job.failedActs <= options.preparationAttempts
            ? options.verifyRetryMilliseconds : options.undecidedRetryMilliseconds
    }
}
