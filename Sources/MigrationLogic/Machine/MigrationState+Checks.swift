import HypervisorAPI

extension MigrationState {
    mutating func beginRun(_ run: RunID, _ plan: MigrationPlan, _ step: inout Step) {
        runs[run] = CheckRun(plan: plan)
        var facts = Facts(
            plan: plan, sharedPaths: options.sharedPaths, ownership: ownership(of: plan.guestUUID))
        facts.staged = run.jobID.flatMap { jobs[$0] }?.staged ?? []
        step.effects.append(.gatherFacts(run, facts))
    }

    /// What was read has become old: it is read again.
    mutating func checkAgain(_ run: RunID, _ step: inout Step) {
        guard let old = runs[run] else { return }
        beginRun(run, old.plan, &step)
    }

    mutating func gathered(_ run: RunID, _ facts: Facts, at now: Timestamp, _ step: inout Step) {
        guard runs[run] != nil else { return }
        let findings = BuiltInChecks.evaluate(facts)
        runs[run]?.facts = facts
        runs[run]?.findings = findings
        guard options.externalChecksAreOn, !isCancelled(run) else {
            finish(run, at: now, &step)
            return
        }
        // External checks are told of both ends: they run once both are known.
        guard case .known(.some) = facts.guest, facts.destinationIdentity.value != nil else {
            runs[run]?.findings.append(
                Finding(
                    checkID: "external-checks", severity: .error,
                    message: "Not run: guest and destination must be known first.",
                    remedy: "Mend what the other findings name, then check again."))
            finish(run, at: now, &step)
            return
        }
        step.effects.append(.runExternalChecks(run, ExternalCheckContext(plan: facts.plan, jobID: run.jobID)))
    }

    mutating func externalChecksEnded(_ run: RunID, _ findings: [Finding], at now: Timestamp, _ step: inout Step) {
        guard runs[run] != nil else { return }
        runs[run]?.findings += findings
        finish(run, at: now, &step)
    }

    private func isCancelled(_ run: RunID) -> Bool {
        run.jobID.flatMap { jobs[$0] }?.cancelIsRequested ?? false
    }

    private mutating func finish(_ run: RunID, at now: Timestamp, _ step: inout Step) {
        guard let ended = runs.removeValue(forKey: run) else { return }
        switch run {
        case .check(let request):
            step.effects.append(.reply(request, .checked(CheckReport(plan: ended.plan, findings: ended.findings))))
        case .job(let id):
            finishChecks(of: id, ended, at: now, &step)
        }
    }

    private mutating func finishChecks(of id: JobID, _ run: CheckRun, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], job.phase == .checking else { return }
        commit(id, &step) { record in
            record.findings = run.findings
            record.sourceHostUUID = run.facts?.sourceIdentity.value?.uuid
            record.destinationHostUUID = run.facts?.destinationIdentity.value?.uuid
        }
        if job.cancelIsRequested {
            giveUp(id, .cancelled, "cancelled before the transfer began", at: now, &step)
            return
        }
        let refusals = run.findings.filter(\.severity.refuses)
        guard Verdict(run.findings).isMigratable, let facts = run.facts, let transfer = TransferPlan.make(facts),
            let guest = facts.guest.value ?? nil
        else {
            commit(id, &step) { $0.errors = refusals.map(JobError.init) }
            giveUp(id, .failed, "refused by \(refusals.map(\.checkID).joined(separator: ", "))", at: now, &step)
            return
        }
        prepare(id, transfer, guest, StorageCopy.plan(facts).filter { !$0.isThere }.map(\.order), at: now, &step)
    }
}

extension RunID {
    /// The job that the run belongs to; `nil` for a check alone.
    package var jobID: JobID? {
        if case .job(let id) = self { id } else { nil }
    }
}
