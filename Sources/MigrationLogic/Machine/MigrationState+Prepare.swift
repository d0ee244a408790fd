import HypervisorAPI

/// Between the checks and the transfer: the guest is marked as being moved, its source told not to start it by itself (so
/// that a host that dies in mid-move and comes back does not double it), and volumes made for disks that are copied.
extension MigrationState {
    mutating func prepare(
        _ id: JobID, _ transfer: Transfer, _ guest: DomainSummary, _ volumes: [VolumeOrder], at now: Timestamp,
        _ step: inout Step
    ) {
        guard let job = jobs[id] else { return }
        let mark = nextMark(of: job, guest)
        var acts: [IntendedAct] = []
        if guest.mark != mark { acts.append(IntendedAct(side: .source, act: .mark(mark))) }
        if guest.startsWithHost { acts.append(IntendedAct(side: .source, act: .setStartsWithHost(false))) }
        acts += volumes.map { IntendedAct(side: .destination, act: .createVolume($0)) }
        commit(id, &step) { record in
            record.mark = mark
            record.transfer = transfer.marked(mark.raised)
            // What was read first stands: a preparation that was interrupted may have dropped the flag.
            record.startsWithHost = record.startsWithHost == true || guest.startsWithHost
            record.failedActs = 0
            record.pendingActs = acts
            record.enter(.preparing, at: now, "checks passed; preparing")
        }
        raise(guest.uuid, to: mark.raised.generation, &step)
        prepareNext(id, at: now, &step)
    }

    private func nextMark(of job: JobRecord, _ guest: DomainSummary) -> OwnershipMark {
        if let mark = job.mark, guest.mark == mark { return mark }
        let last = max(guest.mark?.generation ?? 0, generations[guest.uuid] ?? 0)
        return OwnershipMark(owner: daemon, generation: last + 1, job: job.id.text)
    }

    /// A guest's generation never goes down.
    private mutating func raise(_ guest: DomainUUID, to generation: UInt64, _ step: inout Step) {
        generations[guest] = max(generation, generations[guest] ?? 0)
        step.commit.merge(Commit(generations: [guest: generation]))
    }

    private mutating func prepareNext(_ id: JobID, at now: Timestamp, _ step: inout Step) {
        if !intendNext(id, at: now, &step) { beginTransfer(id, at: now, &step) }
    }

    mutating func preparationEnded(
        _ id: JobID, _ intended: IntendedAct, _ error: HypervisorError?, at now: Timestamp, _ step: inout Step
    ) {
        guard let job = jobs[id] else { return }
        if case .createVolume(let order) = intended.act, error?.code == .volumeExists, !job.actIsOpen {
            // No attempt of ours was on its way: what is there is somebody else's.
            commit(id, &step) { $0.staged.removeAll { $0 == order } }
        }
        if job.cancelIsRequested {
            giveUp(id, .cancelled, "cancelled before the transfer began", at: now, &step)
        } else if let error, !intended.act.isDone(despite: error, isOpen: job.actIsOpen) {
            retryPreparation(job, intended, error, at: now, &step)
        } else {
            commit(id, &step) { record in
                record.failedActs = 0
                record.actIsOpen = false
            }
            prepareNext(id, at: now, &step)
        }
    }

    /// Each act of a preparation may be done twice: what may or may not have been done is done again.
    private mutating func retryPreparation(
        _ job: JobRecord, _ intended: IntendedAct, _ error: HypervisorError, at now: Timestamp, _ step: inout Step
    ) {
        if job.failedActs < options.preparationAttempts, error.code.leavesOutcomeOpen || error.code == .connectionFailed
        {
            commit(job.id, &step) { $0.intendedAct = intended }
            step.effects.append(.wake(.actAgain(job.id), afterMilliseconds: options.verifyRetryMilliseconds))
            return
        }
        commit(job.id, &step) { record in
            record.errors = [
                JobError(
                    source: error.code.rawValue,
                    message: "Migration failed before the transfer: \(intended.act.words) failed: \(error.message)",
                    remedy: "Mend what the message names, then migrate again.", hypervisor: error)
            ]
        }
        giveUp(job.id, .failed, "\(intended.act.words) failed; nothing was moved", at: now, &step)
    }

    /// Ends a job that moved nothing. What its preparation did is undone first.
    mutating func giveUp(_ id: JobID, _ phase: JobPhase, _ text: String, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id] else { return }
        guard !job.undoing.isEmpty else { return end(id, as: phase, at: now, text, &step) }
        commit(id, &step) { record in
            record.settled = SettledOutcome(side: .source, phase: phase, text: text)
            record.enter(.finishing, at: now, text)
        }
        undo(id, at: now, &step)
        startQueued(at: now, &step)
    }

    /// Undoes a preparation from its beginning: what is undone already does no harm.
    mutating func undo(_ id: JobID, at now: Timestamp, _ step: inout Step) {
        commit(id, &step) { record in
            record.failedActs = 0
            record.actIsOpen = false
            record.pendingActs = record.undoing
        }
        if !intendNext(id, at: now, &step), let settled = jobs[id]?.settled {
            end(id, as: settled.phase, at: now, settled.text, &step)
        }
    }

    // MARK: Acts

    /// - Returns: whether there was one.
    mutating func intendNext(_ id: JobID, at now: Timestamp, _ step: inout Step) -> Bool {
        guard let next = jobs[id]?.pendingActs.first else { return false }
        commit(id, &step) { $0.pendingActs.removeFirst() }
        intend(id, next.side, next.act, at: now, &step)
        return true
    }

    /// Has an act done; its intent is in this step's commit.
    mutating func intend(_ id: JobID, _ side: Side, _ act: DomainAct, at now: Timestamp, _ step: inout Step) {
        commit(id, &step) { record in
            record.intendedAct = IntendedAct(side: side, act: act)
            if case .createVolume(let order) = act, !record.staged.contains(order) { record.staged.append(order) }
            if record.failedActs == 0 {
                record.note("\(record.plan.host(side).name): \(act.words)", at: now)
            }
        }
        doIntended(id, &step)
    }

    /// The act that the journal holds already.
    func doIntended(_ id: JobID, _ step: inout Step) {
        guard let job = jobs[id], let intended = job.intendedAct else { return }
        step.effects.append(
            .act(id, ActCall(host: host(intended.side, of: job), guest: job.plan.guestUUID, act: intended.act)))
    }

    mutating func actEnded(_ id: JobID, _ error: HypervisorError?, at now: Timestamp, _ step: inout Step) {
        guard let job = jobs[id], let intended = job.intendedAct else { return }
        commit(id, &step) { record in
            record.intendedAct = nil
            record.failedActs = error == nil ? 0 : record.failedActs + 1
            record.actIsOpen = record.actIsOpen || error?.code.leavesOutcomeOpen == true
            // The first failure is told; what is tried again for hours must not fill the story.
            if let error, record.failedActs == 1 { record.note("\(intended.act.words) failed: \(error)", at: now) }
        }
        switch job.phase {
        case .preparing: preparationEnded(id, intended, error, at: now, &step)
        case .finishing: finishingActEnded(id, intended, error, at: now, &step)
        default: break
        }
    }
}

extension DomainAct {
    /// For the job's story.
    package var words: String {
        switch self {
        case .mark(let mark): "marking the guest with \(mark)"
        case .setStartsWithHost(true): "having the host start the guest by itself"
        case .setStartsWithHost(false): "having the host not start the guest by itself while it is moved"
        case .makePersistent: "giving the guest the definition that it runs with"
        case .undefine(let mark): "removing the definition that carries \(mark)"
        case .resume: "letting the guest go on"
        case .destroy: "ending the copy of the guest that is not kept"
        case .createVolume(let order): "making volume \(order.path) in pool \(order.pool), \(order.capacity) bytes"
        case .deleteVolume(let order, _): "removing volume \(order.path), which was made for the move"
        }
    }

    /// Whether an error only says that there is nothing (left) to do.
    /// - Parameter isOpen: an earlier attempt was sent, and what came of it is not known.
    func isDone(despite error: HypervisorError, isOpen: Bool) -> Bool {
        switch self {
        case .createVolume: error.code == .volumeExists && isOpen
        // Gone; or what is there now is not what was made, and stays.
        case .deleteVolume: error.code == .noSuchStorageVolume || error.code == .volumeDiffers
        // Gone, or without a definition by now: nothing starts it.
        case .setStartsWithHost(true): error.code == .noSuchDomain || error.code == .operationInvalid
        case .undefine: error.code == .noSuchDomain
        case .mark, .setStartsWithHost(false), .makePersistent, .resume, .destroy: false
        }
    }
}

extension JobRecord {
    /// What undoes its preparation. Volumes go only while they are empty: since they were made somebody may have used them.
    fileprivate var undoing: [IntendedAct] {
        let flag = startsWithHost == true ? [IntendedAct(side: .source, act: .setStartsWithHost(true))] : []
        return flag + staged.map { IntendedAct(side: .destination, act: .deleteVolume($0, onlyIfEmpty: true)) }
    }
}

extension Transfer {
    func marked(_ mark: OwnershipMark) -> Transfer {
        switch self {
        case .live(var live):
            live.mark = mark
            return .live(live)
        case .offline(var offline):
            offline.mark = mark
            return .offline(offline)
        }
    }
}
