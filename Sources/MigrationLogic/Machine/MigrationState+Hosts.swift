import HypervisorAPI

extension MigrationState {
    /// Restart is an event like any other: what the journal holds is resolved by the same rules.
    mutating func start(at now: Timestamp, _ step: inout Step) {
        for host in orderedHosts {
            readHost(host.description.name, &step)
            step.effects.append(
                .wake(.refresh(host: host.description.name), afterMilliseconds: options.refreshMilliseconds))
        }
        for job in orderedJobs where !job.isEnded { resume(job, at: now, &step) }
        startQueued(at: now, &step)
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
        switch job.phase {
        case .queued, .checking:
            // Nothing was touched: the transfer's intent would have been committed first.
            commit(job.id, &step) { $0.enter(.queued, at: now, "migrationd was restarted before the transfer began; queued again") }
        case .transferring, .verifying, .undecided:
            commit(job.id, &step) { record in
                record.verifyAttempts = 0
                record.sourceSightings = 0
                record.isMoving = false
                record.enter(.verifying, at: now, "migrationd was restarted (phase was \(job.phase)); reading both hosts")
            }
            step.effects.append(readEvidence(job))
        case .completed, .failed, .cancelled:
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
