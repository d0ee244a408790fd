import HypervisorAPI

extension MigrationState {
    /// Restart is an event like any other: what the journal holds is resolved by the same rules.
    mutating func start(at now: Timestamp, _ step: inout Step) {
        for host in orderedHosts { take(host.description, &step) }
        resumeJobs(at: now, &step)
    }

    /// While the journal cannot be relied on, nothing is taken up.
    mutating func resumeJobs(at now: Timestamp, _ step: inout Step) {
        guard recoveryNeed == nil else { return }
        for job in orderedJobs where !job.isEnded { resume(job, at: now, &step) }
        startQueued(at: now, &step)
    }

    /// Reads a host from now on, and follows its events.
    private mutating func take(_ host: HostDescription, _ step: inout Step) {
        readHost(host.name, &step)
        step.effects.append(.watchHost(host))
        scheduleRefresh(host.name, &step)
    }

    mutating func scheduleRefresh(_ host: String, _ step: inout Step) {
        guard refreshing.insert(host).inserted else { return }
        step.effects.append(.wake(.refresh(host: host), afterMilliseconds: options.refreshMilliseconds))
    }

    mutating func refresh(_ host: String, _ step: inout Step) {
        refreshing.remove(host)
        guard hosts[host] != nil else { return }
        readHost(host, &step)
        scheduleRefresh(host, &step)
    }

    /// The configuration was read again: jobs go on with the hosts that they were given.
    mutating func reconfigure(_ options: LogicOptions, at now: Timestamp, _ step: inout Step) {
        let old = self.options.resolver.hosts
        let new = options.resolver.hosts
        self.options = options
        step.effects.append(.adoptConfiguration)
        for host in old where !new.contains(host) {
            hosts[host.name] = nil
            step.effects.append(.unwatchHost(host))
        }
        for host in new where !old.contains(host) {
            hosts[host.name] = HostState(description: host)
            take(host, &step)
        }
        pruneHistory(sparing: nil, at: now, &step)
        guard recoveryNeed == nil else { return }
        startQueued(at: now, &step)
    }

    /// Whoever has asked and has no answer yet is told so by `dismissCallers`: nothing may come of it.
    mutating func close(_ step: inout Step) {
        guard !isClosing else { return }
        isClosing = true
        requests = [:]
        resolutions = [:]
        recoveries = [:]
        for case .check(let request) in Array(runs.keys) { runs[.check(request)] = nil }
        step.effects.append(.dismissCallers)
    }

    /// Nothing new is accepted. Peer-to-peer transfers run on at the source; the journal hands them over.
    mutating func stop(at now: Timestamp, _ step: inout Step) {
        guard !isStopping else { return }
        isStopping = true
        for job in orderedJobs where job.phase == .transferring {
            commit(job.id, &step) { record in
                record.note("migrationd is stopping; the transfer runs on at \(record.plan.source.name)", at: now)
            }
        }
    }

    private mutating func resume(_ job: JobRecord, at now: Timestamp, _ step: inout Step) {
        switch RecoveryPhase(job) {
        case .notBegun:
            commit(job.id, &step) { record in
                // What was being made when the process ended may be made yet.
                record.actIsOpen = record.intendedAct != nil
                record.intendedAct = nil
                record.pendingActs = []
                record.enter(.queued, at: now, "migrationd was restarted before the transfer began; queued again")
            }
        case .callOpen, .callEnded:
            commit(job.id, &step) { record in
                record.verifyAttempts = 0
                record.sourceSightings = 0
                record.isMoving = false
                record.enter(
                    .verifying, at: now, "migrationd was restarted (phase was \(job.phase)); reading both hosts")
            }
            step.effects.append(readEvidence(job))
        case .finishing where job.transferBeganAt == nil:
            undo(job.id, at: now, &step)
        case .finishing:
            commit(job.id, &step) { record in
                // Whether it was done is seen on the hosts.
                record.intendedAct = nil
                record.failedActs = 0
                record.note("migrationd was restarted; reading both hosts", at: now)
            }
            step.effects.append(readEvidence(job))
        case .ended:
            break
        }
    }

    /// Has a host read; while a read is under way, another one follows it.
    mutating func readHost(_ name: String, _ step: inout Step) {
        guard var host = hosts[name] else { return }
        if host.isReading {
            host.readAgain = true
        } else {
            host.isReading = true
            step.effects.append(.readHost(host.description))
        }
        hosts[name] = host
    }

    mutating func hostRead(_ name: String, _ reading: Reading<HostReading>, at now: Timestamp, _ step: inout Step) {
        guard var host = hosts[name] else { return }
        switch reading {
        case .known(let answer):
            host.contact = .reachable
            host.identity = answer.identity
            host.domains = answer.domains.sorted { ($0.name, $0.uuid) < ($1.name, $1.uuid) }
            host.readAt = now
        case .failed(let error):
            host.contact = .unreachable(error)
        case .notRead:
            break
        }
        let again = host.readAgain
        host.isReading = false
        host.readAgain = false
        hosts[name] = host
        if again { readHost(name, &step) }
    }
}
