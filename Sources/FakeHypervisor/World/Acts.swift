import HypervisorAPI

/// What callers do to one domain of a host. A guest that they remove altogether is missed (`lost`): nobody else asked.
extension WorldState {
    mutating func setMark(
        _ mark: OwnershipMark, of guest: DomainUUID, _ ticket: Ticket<Void>
    ) throws(Refusal) -> Void? {
        try withJobLock(guest, ticket) { state, domain throws(Refusal) in
            state.hosts[ticket.host].domains[domain.uuid]?.live?.mark = mark
            state.hosts[ticket.host].domains[domain.uuid]?.persistent?.mark = mark
        }
    }

    mutating func setStartsWithHost(
        _ starts: Bool, of guest: DomainUUID, _ ticket: Ticket<Void>
    ) throws(Refusal) -> Void? {
        try withJobLock(guest, ticket) { state, domain throws(Refusal) in
            guard domain.persistent != nil else { throw .transientCannotStartWithHost }
            state.hosts[ticket.host].domains[domain.uuid]?.startsWithHost = starts
        }
    }

    mutating func makePersistent(_ guest: DomainUUID, on place: Int) throws(Refusal) {
        guard var domain = hosts[place].domains[guest] else { throw .noDomain(guest) }
        guard domain.persistent == nil else { return }
        domain.persistent = domain.live
        hosts[place].domains[guest] = domain
        tell(.defined, domain, on: place)
    }

    mutating func undefine(
        _ guest: DomainUUID, marked mark: OwnershipMark, _ ticket: Ticket<Void>
    ) throws(Refusal) -> Void? {
        guard let domain = hosts[ticket.host].domains[guest] else { throw .noDomain(guest) }
        if domain.isActive { throw .notSent("the domain runs") }
        let found = domain.persistent?.mark
        guard found == mark else {
            let description = found.map { "it carries \($0)" } ?? "it carries no mark"
            throw .notSent("the definition is not the one that was meant: \(description)")
        }
        return try withJobLock(guest, ticket) { state, domain throws(Refusal) in
            state.hosts[ticket.host].domains[guest] = domain.withoutDefinition
            state.tell(.undefined, domain, on: ticket.host)
        }
    }

    mutating func resume(_ guest: DomainUUID, run: Int32, _ ticket: Ticket<Void>) throws(Refusal) -> Void? {
        _ = try domain(guest, inRun: run, on: ticket.host)
        return try withJobLock(guest, ticket) { state, domain throws(Refusal) in
            guard domain.isActive else { throw .notRunning }
            guard domain.state == .paused else { throw .alreadyRunning }
            var domain = domain
            domain.state = .running
            domain.pausedReason = nil
            domain.isUndecided = false
            state.hosts[ticket.host].domains[guest] = domain
            state.tell(.resumed(migrated: false), domain, on: ticket.host)
        }
    }

    /// Waits for no job: libvirt lets it through.
    mutating func destroy(
        _ guest: DomainUUID, run: Int32, onlyIfPaused: Bool, on place: Int
    ) throws(Refusal) {
        var domain = try domain(guest, inRun: run, on: place)
        guard !onlyIfPaused || domain.state == .paused else {
            throw .notSent("the domain is not paused: its state is \(domain.state.rawValue)")
        }
        if case .incoming(let id)? = domain.job { return end(id, .emulatorEnded, destination: .failed) }
        let outgoing: MigrationID? = if case .outgoing(let id)? = domain.job { id } else { nil }
        domain.shutOff()
        hosts[place].domains[guest] = domain.persistent == nil ? nil : domain
        if let outgoing { sourceDestroyed(outgoing) }
        tell(.stopped(migrated: false), domain, on: place)
    }

    private func domain(_ guest: DomainUUID, inRun run: Int32, on place: Int) throws(Refusal) -> DomainRecord {
        guard let domain = hosts[place].domains[guest] else { throw .noDomain(guest) }
        guard domain.id == run else {
            let description = domain.id.map { "it runs as number \($0)" } ?? "it does not run"
            throw .notSent("the domain is no longer in run \(run): \(description)")
        }
        return domain
    }
}
