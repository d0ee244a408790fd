import HypervisorAPI

/// An admin says which copy is the guest, where both hosts could not prove it.
extension MigrationState {
    mutating func resolve(
        _ id: JobID, _ resolution: Resolution, for request: RequestID, _ step: inout Step
    ) {
        do throws(RequestError) {
            try checkTrusted()
            guard let job = jobs[id] else { throw Self.noSuchJob(id) }
            guard job.phase == .undecided || job.phase == .verifying else {
                throw RequestError(
                    .jobNotResolvable, "Job \(id) is \(job.phase): only a job whose outcome is not proved is resolved.")
            }
            try checkFenced(resolution, job)
            resolutions[request] = resolution
            step.effects.append(.readEvidenceToResolve(request, id, evidenceQuery(job)))
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    private func checkFenced(_ resolution: Resolution, _ job: JobRecord) throws(RequestError) {
        let names = [job.plan.source.name, job.plan.destination.name]
        for name in resolution.fenced where !names.contains(name) {
            throw RequestError(
                .jobNotResolvable, "\(name) is not a host of job \(job.id): those are \(names.joined(separator: ", ")).")
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
            guard let job = jobs[id], job.phase == .undecided || job.phase == .verifying else {
                throw RequestError(.jobNotResolvable, "Job \(id) has been settled by itself meanwhile.")
            }
            try Self.check(resolution, job, evidence)
            adopt(resolution, job, evidence, at: now, &step)
            if let job = jobs[id] { step.effects.append(.reply(request, .resolving(job))) }
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    /// What both hosts say must allow it: a dead host needs the admin's word that it is off, and a host that answers has
    /// none to need.
    private static func check(
        _ resolution: Resolution, _ job: JobRecord, _ evidence: Evidence
    ) throws(RequestError) {
        let (kept, other) = (job.plan.host(resolution.keep).name, job.plan.host(resolution.keep.other).name)
        guard evidence.readsAgree, evidence.jobIsActive != true else {
            throw RequestError(.jobNotResolvable, "A move of the guest is still under way: wait, or stop it first.")
        }
        let keptSighting = Sighting(evidence.last(resolution.keep))
        let otherSighting = Sighting(evidence.last(resolution.keep.other))
        let isFenced = resolution.fenced.contains(other)
        switch keptSighting {
        case .unreadable:
            throw RequestError(
                .jobNotResolvable, "\(evidence.last(resolution.keep).text(on: kept)): it cannot be kept unseen.")
        case .absent where otherSighting != .absent:
            throw RequestError(
                .jobNotResolvable, "\(kept) knows no such guest. \(evidence.last(resolution.keep.other).text(on: other)).")
        case .absent, .defined, .running, .held: break
        }
        switch otherSighting {
        case .unreadable where !isFenced:
            throw RequestError(
                .jobNotResolvable,
                "\(evidence.last(resolution.keep.other).text(on: other)): the guest may run there. Switch \(other) off, make "
                    + "sure that it is off, and say so: --fenced \(other).")
        case .absent, .defined, .running, .held:
            if isFenced {
                throw RequestError(.jobNotResolvable, "\(other) answers: it is not switched off. Leave out --fenced.")
            }
        case .unreadable: break
        }
        try checkNothingIsLost(job, resolution, evidence, keptSighting, otherSighting)
    }

    private static func checkNothingIsLost(
        _ job: JobRecord, _ resolution: Resolution, _ evidence: Evidence, _ kept: Sighting, _ other: Sighting
    ) throws(RequestError) {
        let name = job.plan.host(resolution.keep.other).name
        if kept == .defined, other == .running || other == .held {
            throw RequestError(
                .jobNotResolvable, "The guest is active on \(name) and only defined on the other host: keep that one.")
        }
        guard other == .running || other == .held, evidence.last(resolution.keep.other).domain?.mark
            != job.mark(resolution.keep.other)
        else { return }
        throw RequestError(
            .jobNotResolvable,
            "The copy on \(name) does not carry this job's mark: it is not ended by this job. End it by hand if it is not "
                + "the guest.")
    }

    private mutating func adopt(
        _ resolution: Resolution, _ job: JobRecord, _ evidence: Evidence, at now: Timestamp, _ step: inout Step
    ) {
        let host = job.plan.host(resolution.keep).name
        let by = resolution.owner.isEmpty ? "an admin" : resolution.owner
        let fenced = resolution.fenced.isEmpty ? "" : ", who vouches that \(resolution.fenced.joined()) is off"
        let text = "the guest is kept on \(host): resolved by \(by)\(fenced)"
        commit(job.id, &step) { record in
            record.resolution = resolution
            record.errors =
                resolution.keep == .destination
                ? []
                : [
                    JobError(
                        source: "resolved", message: "Migration failed: \(text).",
                        remedy: "Check again, then migrate again.", hypervisor: record.transferError)
                ]
            record.note(text, at: now)
        }
        let phase: JobPhase = resolution.keep == .destination ? .completed : .failed
        settle(job.id, SettledOutcome(side: resolution.keep, phase: phase, text: text), evidence, at: now, &step)
    }
}
