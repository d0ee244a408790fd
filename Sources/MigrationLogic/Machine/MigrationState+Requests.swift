import HypervisorAPI

extension MigrationState {
    /// Takes a request in: its destination is resolved at once, its guest is looked for.
    mutating func accept(_ id: RequestID, _ pending: PendingRequest, _ step: inout Step) {
        do throws(RequestError) {
            guard !isStopping, !isClosing else {
                throw RequestError(
                    .stopping, "migrationd is stopping and accepts nothing new. Ask again when it is back.")
            }
            if case .migrate = pending { try checkTrusted() }
            let request = pending.request
            _ = try options.resolver.resolve(request.destination, transport: request.transport)
            requests[id] = pending
            step.effects.append(.locateGuest(id, request.guest, hostsToAsk(for: request.guest)))
        } catch {
            step.effects.append(.reply(id, .refused(error)))
        }
    }

    /// While the journal does not tell what was done, nobody's guest is moved.
    func checkTrusted() throws(RequestError) {
        guard let recoveryNeed else { return }
        throw RequestError(
            .recoveryNeeded,
            "migrationd only reads at present: \(recoveryNeed.reason) Have every host read first: migrationd recover.")
    }

    /// The hosts whose last reading shows the guest, or all where none does.
    private func hostsToAsk(for guest: GuestSelector) -> [HostDescription] {
        let likely = orderedHosts.filter { $0.domains.contains(where: guest.matches) }
        return (likely.isEmpty ? orderedHosts : likely).map(\.description)
    }

    mutating func located(_ id: RequestID, _ locations: [GuestLocation], at now: Timestamp, _ step: inout Step) {
        guard let pending = requests[id] else { return }
        // The likely hosts did not have it after all: ask the others before saying that there is no such guest.
        let asked = Set(locations.map(\.host.name))
        let unasked = orderedHosts.map(\.description).filter { !asked.contains($0.name) }
        let isFound = locations.contains { $0.answer.value != .some(nil) && $0.answer.value != nil }
        if !isFound, !unasked.isEmpty {
            step.effects.append(.locateGuest(id, pending.request.guest, orderedHosts.map(\.description)))
            return
        }
        requests[id] = nil
        do throws(RequestError) {
            let plan = try plan(pending.request, locations)
            switch pending {
            case .check: beginRun(.check(id), plan, &step)
            case .migrate(let job, _): try enqueue(job, plan, for: id, at: now, &step)
            }
        } catch {
            step.effects.append(.reply(id, .refused(unfinished(pending.request.guest) ?? error)))
        }
    }

    /// A guest that cannot be found, and that an unfinished job holds, is not unknown: its job says what is known.
    private func unfinished(_ guest: GuestSelector) -> RequestError? {
        orderedJobs.first { !$0.isEnded && guest.names($0.plan) }.map(Self.busy)
    }

    private static func busy(_ holder: JobRecord) -> RequestError {
        let advice =
            switch holder.phase {
            case .undecided:
                "Its outcome is not proved: migrationd job \(holder.id) shows what is known and what to do."
            case .finishing, .verifying: "Wait for it: migrationd job \(holder.id) shows what it waits for."
            default: "Wait for it, or cancel it: migrationd cancel \(holder.id)."
            }
        return RequestError(
            .guestBusy, "\(holder.plan.guestName) has migration job \(holder.id) (\(holder.phase)). \(advice)")
    }

    private func plan(
        _ request: MigrationRequest, _ locations: [GuestLocation]
    ) throws(RequestError) -> MigrationPlan {
        let (source, guest) = try GuestLocator.choose(request.guest, among: locations)
        return MigrationPlan(
            guestName: guest.name, guestUUID: guest.uuid, source: source,
            destination: try options.resolver.resolve(request.destination, transport: request.transport),
            request: request)
    }

    private mutating func enqueue(
        _ id: JobID, _ plan: MigrationPlan, for request: RequestID, at now: Timestamp, _ step: inout Step
    ) throws(RequestError) {
        if let holder = jobHolding(plan.guestUUID) { throw Self.busy(holder) }
        let queued = jobs.values.count { $0.phase == .queued }
        let running = jobs.values.count { $0.phase.isRunning }
        guard running < options.runningMigrations || queued < options.queuedMigrations else {
            throw RequestError(
                .queueFull,
                "\(running) migrations run and \(queued) wait: no place for another. Ask again later, or raise "
                    + "limits.queuedMigrations.")
        }
        jobs[id] = JobRecord(id: id, plan: plan, at: now)
        commit(id, &step) { _ in }
        startQueued(at: now, &step)
        if let job = jobs[id] { step.effects.append(.reply(request, .accepted(job))) }
    }

    /// Gives free places to the queued: the more urgent first, then the longer wait.
    mutating func startQueued(at now: Timestamp, _ step: inout Step) {
        guard !isStopping else { return }
        var places = options.runningMigrations - jobs.values.count { $0.phase.isRunning }
        let waiting = jobs.values.filter { $0.phase == .queued }
            .sorted {
                ($0.plan.request.rank, $0.submittedAt, $0.id) < ($1.plan.request.rank, $1.submittedAt, $1.id)
            }
        for job in waiting where places > 0 {
            places -= 1
            commit(job.id, &step) { $0.enter(.checking, at: now, "checking") }
            beginRun(.job(job.id), job.plan, &step)
        }
    }

    mutating func cancel(_ id: JobID, for request: RequestID, at now: Timestamp, _ step: inout Step) {
        do throws(RequestError) {
            try checkTrusted()
            guard let job = jobs[id] else { throw Self.noSuchJob(id) }
            try cancel(job, at: now, &step)
            if let job = jobs[id] { step.effects.append(.reply(request, .cancelling(job))) }
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    private mutating func cancel(_ job: JobRecord, at now: Timestamp, _ step: inout Step) throws(RequestError) {
        switch job.phase {
        case .queued:
            giveUp(job.id, .cancelled, "cancelled before anything was moved", at: now, &step)
        case .checking:
            requestCancel(job, "cancel requested", at: now, &step)
            step.effects.append(.cancelRun(.job(job.id)))
        case .preparing:
            requestCancel(job, "cancel requested", at: now, &step)
        case .transferring:
            if !job.cancelIsRequested {
                requestCancel(job, "cancel requested: asking \(job.plan.source.name) to abort its job", at: now, &step)
            }
            abort(job, &step)
        case .verifying where job.isMoving, .undecided where job.isMoving:
            throw RequestError(
                .jobNotCancellable,
                "A move of \(job.plan.guestName) is under way and not proved to be job \(job.id)'s, which only watches it. "
                    + "To stop it all the same: virsh -c \(job.plan.source.uri) domjobabort \(job.plan.guestName).")
        case .verifying, .undecided:
            throw RequestError(
                .jobNotCancellable,
                "Job \(job.id) is past the point where it can be stopped: both hosts are being read for what came of its "
                    + "transfer (\(job.phase)).")
        case .finishing:
            throw RequestError(
                .jobNotCancellable,
                "Job \(job.id) is past the point where it can be stopped: where the guest is has been proved, and what is "
                    + "left is put right. To end it as it is: migrationd resolve \(job.id).")
        case .completed, .failed, .cancelled:
            throw RequestError(.jobNotCancellable, "Job \(job.id) has ended already (\(job.phase)).")
        }
    }

    private mutating func requestCancel(_ job: JobRecord, _ text: String, at now: Timestamp, _ step: inout Step) {
        commit(job.id, &step) { record in
            record.cancelIsRequested = true
            record.note(text, at: now)
        }
    }
}
