import HypervisorAPI

/// An admin says which copy is the guest, where both hosts could not prove it, or has a job end that cannot finish.
extension MigrationState {
    mutating func resolve(
        _ id: JobID, _ resolution: Resolution, for request: RequestID, _ step: inout Step
    ) {
        do throws(RequestError) {
            try checkTrusted()
            guard let job = jobs[id] else { throw Self.noSuchJob(id) }
            try Self.checkPhase(job)
            try checkFenced(resolution, job)
            resolutions[request] = resolution
            step.effects.append(.readEvidenceToResolve(request, id, evidenceQuery(job)))
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    private static func checkPhase(_ job: JobRecord) throws(RequestError) {
        switch job.phase {
        case .undecided, .finishing: return
        case .verifying:
            throw RequestError(
                .jobNotResolvable,
                "Job \(job.id) is still being verified: it ends by itself, or becomes undecided, and can be resolved then."
            )
        case .queued, .checking, .preparing, .transferring, .completed, .failed, .cancelled:
            throw RequestError(
                .jobNotResolvable,
                "Job \(job.id) is not to be resolved (\(job.phase)): only a job whose outcome is not proved, or that cannot "
                    + "finish, is."
            )
        }
    }

    private func checkFenced(_ resolution: Resolution, _ job: JobRecord) throws(RequestError) {
        let names = [job.plan.source.name, job.plan.destination.name]
        for name in resolution.fenced {
            guard names.contains(name) else {
                throw RequestError(
                    .jobNotResolvable,
                    "\(name) is not a host of job \(job.id): those are \(names.joined(separator: ", ")).")
            }
            // Under another URI than the job was given, perhaps.
            if let host = hosts[name], case .reachable = host.contact, host.description != job.plan.source,
                host.description != job.plan.destination
            {
                throw RequestError(
                    .jobNotResolvable, "\(name) answers at \(host.description.uri): it is not switched off.")
            }
        }
        if resolution.fenced.contains(job.plan.host(resolution.keep).name) {
            throw RequestError(
                .jobNotResolvable,
                "The guest cannot be kept on \(job.plan.host(resolution.keep).name), which is said to be switched off.")
        }
    }

    mutating func evidenceReadToResolve(
        _ id: JobID, _ evidence: Evidence, for request: RequestID, at now: Timestamp, _ step: inout Step
    ) {
        guard let resolution = resolutions.removeValue(forKey: request) else { return }
        do throws(RequestError) {
            guard let job = jobs[id], job.phase == .undecided || job.phase == .finishing else {
                throw RequestError(.jobNotResolvable, "Job \(id) has been settled by itself meanwhile.")
            }
            if let settled = job.settled {
                try ResolutionCheck(resolution, job, evidence).checkLeaving(settled)
                leave(job, settled, resolution, evidence, at: now, &step)
            } else {
                try ResolutionCheck(resolution, job, evidence).check()
                adopt(resolution, job, evidence, at: now, &step)
            }
            if let job = jobs[id] { step.effects.append(.reply(request, .resolving(job))) }
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    private mutating func adopt(
        _ resolution: Resolution, _ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        let host = job.plan.host(resolution.keep).name
        let kept = Sighting(evidence.last(resolution.keep))
        // Held: it is made to go on, and the job ends only then.
        let isWhole = kept == .running || kept == .held || (kept == .defined && job.plan.kind == .offline)
        let isCompleted = resolution.keep == .destination && isWhole
        let state =
            isWhole
            ? "the guest is kept on \(host)"
            : kept == .absent ? "the guest is nowhere" : "the guest is kept on \(host), where it does not run"
        let text = "\(state): resolved by \(resolution.words)"
        commit(job.id, &step) { record in
            record.resolution = resolution
            record.errors =
                isCompleted
                ? []
                : [
                    JobError(
                        source: "resolved", message: "Migration failed: \(text).",
                        remedy: "Check again, then migrate again.", hypervisor: record.transferError)
                ]
            record.note(text, at: now)
        }
        settle(
            job.id, SettledOutcome(side: resolution.keep, phase: isCompleted ? .completed : .failed, text: text),
            evidence, at: now, &step)
    }

    /// Ends a job that has something left to do and cannot; what stays is told.
    private mutating func leave(
        _ job: JobRecord, _ settled: SettledOutcome, _ resolution: Resolution, _ evidence: Evidence, at now: Timestamp,
        _ step: inout Step
    ) {
        let undone = ([job.intendedAct].compactMap(\.self) + job.pendingActs).map { intended in
            "\(job.plan.host(intended.side).name): \(intended.act.words)"
        }
        commit(job.id, &step) { record in
            record.resolution = resolution
            record.intendedAct = nil
            record.pendingActs = []
            record.knowledge = []
        }
        let left = undone.isEmpty ? "" : "; not done: \(undone.joined(separator: ", "))"
        let text = settled.text + Finishing.leftover(job, evidence) + left
        end(job.id, as: settled.phase, at: now, "\(text); ended by \(resolution.words)", &step)
    }
}

extension Resolution {
    /// Who said it, and what they vouch for.
    fileprivate var words: String {
        let by = owner.isEmpty ? "an admin" : owner
        return fenced.isEmpty ? by : "\(by), who vouches that \(fenced.joined(separator: ", ")) is off"
    }
}
