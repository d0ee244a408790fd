import HypervisorAPI

/// What an admin says when the journal is to be relied on again.
package struct RecoveryOrder: Hashable, Sendable {
    /// Hosts that the admin vouches for as switched off.
    package var fenced: [String]
    /// Daemons that are no more, and whose marks count as ours from now on.
    package var adopt: [String]

    package init(fenced: [String] = [], adopt: [String] = []) {
        self.fenced = fenced
        self.adopt = adopt
    }
}

/// What reading every host brought to light.
package struct RecoveryReport: Hashable, Sendable {
    /// Hosts that answered, by name.
    package var hosts: [String] = []
    package var guests = 0
    /// Jobs made anew from the marks that two copies of a guest carry.
    package var reconstructed: [JobID] = []
    /// What an admin must look at, in words.
    package var warnings: [String] = []
}

/// `migrationd recover`: every host is read, and what their guests carry takes the place of what the journal lost.
extension MigrationState {
    mutating func recover(_ order: RecoveryOrder, for request: RequestID, _ step: inout Step) {
        do throws(RequestError) {
            guard !isStopping else { throw RequestError(.stopping, "migrationd is stopping.") }
            for name in order.fenced where hosts[name] == nil {
                throw RequestError(.noSuchHost, "No such host: \(name). `migrationd status` lists the hosts.")
            }
            for owner in order.adopt where DomainUUID(owner) == nil {
                throw RequestError(.hostsUnread, "'\(owner)' is no daemon's UUID. `migrationd status` shows them.")
            }
            recoveries[request] = order
            step.effects.append(.readHosts(request, orderedHosts.map(\.description)))
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    mutating func hostsRead(
        _ readings: [String: Reading<HostReading>], for request: RequestID, at now: Timestamp, _ step: inout Step
    ) {
        guard let order = recoveries.removeValue(forKey: request) else { return }
        do throws(RequestError) {
            try checkRead(readings, order)
            let report = takeOver(readings.compactMapValues(\.value), order, at: now, &step)
            step.effects.append(.reply(request, .recovered(report)))
        } catch {
            step.effects.append(.reply(request, .refused(error)))
        }
    }

    /// A host that is not read may hold anything: it is read, or an admin vouches that it is off.
    private func checkRead(
        _ readings: [String: Reading<HostReading>], _ order: RecoveryOrder
    ) throws(RequestError) {
        var unread: [String] = []
        for host in orderedHosts.map(\.description.name) {
            switch readings[host] ?? .notRead("not asked") {
            case .known where order.fenced.contains(host):
                throw RequestError(.hostsUnread, "\(host) answers: it is not switched off. Leave out --fenced \(host).")
            case .known: break
            case .failed(let error): if !order.fenced.contains(host) { unread.append("\(host) (\(error.message))") }
            case .notRead(let reason): if !order.fenced.contains(host) { unread.append("\(host) (\(reason))") }
            }
        }
        guard unread.isEmpty else {
            throw RequestError(
                .hostsUnread,
                "Nothing was recovered: \(unread.joined(separator: ", ")) could not be read. Bring them back, or make sure "
                    + "that they are off and say so with --fenced HOST.")
        }
    }

    private mutating func takeOver(
        _ readings: [String: HostReading], _ order: RecoveryOrder, at now: Timestamp, _ step: inout Step
    ) -> RecoveryReport {
        var report = RecoveryReport()
        let added = Set(order.adopt.map { $0.lowercased() })
        adopted.formUnion(added)
        step.commit.merge(Commit(adopted: added, endsRecovery: true))
        let wasNeeded = recoveryNeed != nil
        recoveryNeed = nil
        let copies = Self.copies(readings)
        // Before anything is learnt: it is by the old generations that what the journal missed is told from what it knows.
        if wasNeeded { endOutdated(copies, at: now, &report, &step) }
        report.hosts = orderedHosts.map(\.description.name).filter { readings[$0] != nil }
        report.guests = copies.count
        for guest in copies.keys.sorted() { learn(guest, copies[guest] ?? [], at: now, &report, &step) }
        if wasNeeded { resumeJobs(at: now, &step) } else { resumeReconstructed(report, &step) }
        for host in orderedHosts { readHost(host.description.name, &step) }
        return report
    }

    /// Jobs of a journal that is older than the world: what had not begun is not begun now, and what was overtaken by later
    /// moves is not settled by what those left.
    private mutating func endOutdated(
        _ copies: [DomainUUID: [GuestCopy]], at now: Timestamp, _ report: inout RecoveryReport, _ step: inout Step
    ) {
        for job in orderedJobs where !job.isEnded {
            guard let why = Self.isOutdated(job, copies[job.plan.guestUUID] ?? [], isOurs) else { continue }
            commit(job.id, &step) { record in
                record.intendedAct = nil
                record.pendingActs = []
                record.errors = [
                    JobError(
                        source: "outdated",
                        message: "What came of this job is not known: the journal is older than the guest (\(why)).",
                        remedy: "Look where the guest is, and ask again if it is to be moved.")
                ]
                record.enter(.failed, at: now, "ended by `migrationd recover`: \(why)")
            }
            report.warnings.append("Job \(job.id) of \(job.plan.guestName) was ended: \(why).")
        }
    }

    /// Why; `nil` when the job is as new as its guest.
    private static func isOutdated(
        _ job: JobRecord, _ copies: [GuestCopy], _ isOurs: (OwnershipMark) -> Bool
    ) -> String? {
        let marks = copies.compactMap(\.domain.mark)
        if marks.contains(where: { isOurs($0) && $0.generation > (job.mark?.raised.generation ?? 0) }) {
            return "the guest was moved since"
        }
        guard RecoveryPhase(job) == .notBegun else { return nil }
        // Its preparation is what was done to the guest last: it goes on, or is undone.
        if let mark = job.mark, copies.count == 1, marks == [mark] { return nil }
        return "the transfer had not begun"
    }

    /// Every copy of every guest, in the order of the hosts' names.
    private static func copies(_ readings: [String: HostReading]) -> [DomainUUID: [GuestCopy]] {
        var copies: [DomainUUID: [GuestCopy]] = [:]
        for host in readings.keys.sorted() {
            for domain in readings[host]?.domains ?? [] {
                copies[domain.uuid, default: []].append(
                    GuestCopy(host: host, hostUUID: readings[host]?.identity.uuid, domain: domain))
            }
        }
        return copies
    }

    private mutating func learn(
        _ guest: DomainUUID, _ copies: [GuestCopy], at now: Timestamp, _ report: inout RecoveryReport,
        _ step: inout Step
    ) {
        for copy in copies {
            guard let mark = copy.domain.mark else { continue }
            if isOurs(mark) {
                generations[guest] = max(mark.generation, generations[guest] ?? 0)
                step.commit.merge(Commit(generations: [guest: mark.generation]))
            } else {
                report.warnings.append(
                    "\(copy.domain.name) on \(copy.host) belongs to another migrationd (\(mark)): it is only read. If that "
                        + "daemon is no more: migrationd recover --adopt \(mark.owner)")
            }
        }
        guard copies.count > 1, jobHolding(guest) == nil else { return }
        if let job = reconstruct(guest, copies, at: now) {
            jobs[job.id] = job
            commit(job.id, &step) { _ in }
            report.reconstructed.append(job.id)
        } else {
            let places = copies.map { "\($0.host) (\($0.domain.state.rawValue))" }.joined(separator: ", ")
            report.warnings.append(
                "\(copies[0].domain.name) (\(guest)) is on more than one host, and nothing tells why: \(places). Nothing was "
                    + "touched.")
        }
    }

    /// Two copies with one job's marks are the two ends of its move: the job is made anew, and settled as any other.
    private func reconstruct(_ guest: DomainUUID, _ copies: [GuestCopy], at now: Timestamp) -> JobRecord? {
        for source in copies {
            guard let mark = source.domain.mark, isOurs(mark), mark.generation < .max,
                let destination = copies.first(where: { $0.domain.mark == mark.raised }),
                let from = hosts[source.host], let to = hosts[destination.host]
            else { continue }
            let isLive = source.domain.isActive || destination.domain.isActive
            let request = MigrationRequest(
                guest: .uuid(guest), destination: to.description.name, kind: isLive ? .live : .offline)
            let plan = MigrationPlan(
                guestName: source.domain.name, guestUUID: guest, source: from.description, destination: to.description,
                request: request)
            let identities = (source: source.hostUUID, destination: destination.hostUUID)
            // A job that ended with a copy left behind keeps its own record.
            let id = freeID(like: mark.job)
            return JobRecord(
                reconstructed: id, plan: plan, mark: mark, identities: identities,
                isPersistent: source.domain.isPersistent || destination.domain.isPersistent, at: now)
        }
        return nil
    }

    private func freeID(like text: String) -> JobID {
        var id = JobID(text)
        var number = 2
        while jobs[id] != nil {
            id = JobID("\(text)-\(number)")
            number += 1
        }
        return id
    }

    private func resumeReconstructed(_ report: RecoveryReport, _ step: inout Step) {
        for id in report.reconstructed { if let job = jobs[id] { step.effects.append(readEvidence(job)) } }
    }

    // MARK: Whose a guest is

    func isOurs(_ mark: OwnershipMark) -> Bool { mark.owner == daemon || adopted.contains(mark.owner) }

    /// What the checks are told of a guest's ownership.
    func ownership(of guest: DomainUUID) -> Ownership {
        Ownership(daemon: daemon, adopted: adopted, generation: generations[guest] ?? 0)
    }

    /// Guests that carry another daemon's mark, as last read: another daemon writes to the same hosts.
    package var foreignGuests: [GuestCopy] {
        orderedHosts.flatMap { host in
            host.domains.compactMap { domain in
                guard let mark = domain.mark, !isOurs(mark) else { return nil }
                return GuestCopy(host: host.description.name, hostUUID: host.identity?.uuid, domain: domain)
            }
        }
    }
}

/// A guest as one host has it.
package struct GuestCopy: Hashable, Sendable {
    package var host: String
    /// The host's own; `nil` where it was not read.
    package var hostUUID: String?
    package var domain: DomainSummary
}

extension JobRecord {
    /// A job of which only the marks on two hosts are left.
    fileprivate init(
        reconstructed id: JobID, plan: MigrationPlan, mark: OwnershipMark,
        identities: (source: String?, destination: String?), isPersistent: Bool, at now: Timestamp
    ) {
        self.init(id: id, plan: plan, at: now)
        let peer = plan.destination.effectivePeerURI ?? plan.destination.uri
        transfer =
            plan.kind == .live
            ? .live(
                LiveTransfer(
                    peerURI: peer, isPersistent: isPersistent, allowsUnsafeDisks: false, mark: mark.raised))
            : .offline(OfflineTransfer(peerURI: peer, mark: mark.raised))
        self.mark = mark
        sourceHostUUID = identities.source
        destinationHostUUID = identities.destination
        transferBeganAt = now
        enter(.verifying, at: now, "made anew by `migrationd recover` from the marks on both hosts; reading both hosts")
    }
}
