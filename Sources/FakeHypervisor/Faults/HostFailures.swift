import HypervisorAPI

/// What happens to hosts, their daemons and the links between them.
extension WorldState {
    /// Power loss: everything that runs there dies at once, unheard.
    mutating func losePower(_ place: Int) {
        guard hosts[place].hasPower else { return }
        hosts[place].hasPower = false
        hosts[place].runsDaemon = false
        note("powerLost", on: place)
        dropConnections(to: place)
        for id in migrations.keys.sorted() {
            if migrations[id]?.source == place {
                sourceDied(id)
            } else if migrations[id]?.destination == place {
                stall(id)
            }
        }
        endOfflineMoves(withDaemonOf: place)
        for var domain in hosts[place].sortedDomains {
            oversight.touched.insert(domain.uuid)
            domain.shutOff()
            hosts[place].domains[domain.uuid] = domain.persistent == nil ? nil : domain
            if domain.persistent == nil { forgetIfNowhere(domain.uuid) }
        }
    }

    /// The host boots: its daemon runs, and guests that start with their host start.
    mutating func restorePower(_ place: Int) {
        guard !hosts[place].hasPower else { return }
        hosts[place].hasPower = true
        hosts[place].runsDaemon = true
        note("powerRestored", on: place)
        for id in migrations.keys.sorted() {
            guard let migration = migrations[id], migration.destination == place, migration.awaitsDisks else {
                continue
            }
            if !links.isCut(migration.link) { goOn(id) }
        }
        for domain in hosts[place].sortedDomains where domain.startsWithHost { start(domain.uuid, on: place) }
    }

    /// The daemon is killed; the guests go on.
    mutating func killDaemon(_ place: Int) {
        guard hosts[place].runsDaemon else { return }
        hosts[place].runsDaemon = false
        note("daemonKilled", on: place)
        dropConnections(to: place)
        for id in migrations.keys.sorted() {
            guard let migration = migrations[id] else { continue }
            if migration.source == place {
                sourceDaemonDied(migration)
            } else if migration.destination == place {
                destinationDaemonDied(migration)
            }
        }
        endOfflineMoves(withDaemonOf: place)
    }

    /// The daemon starts again and puts right what its death left: guests that wait for a dead migration are
    /// killed, guests that were suspended for one are resumed.
    mutating func startDaemon(_ place: Int) {
        guard hosts[place].hasPower, !hosts[place].runsDaemon else { return }
        hosts[place].runsDaemon = true
        note("daemonStarted", on: place)
        for var domain in hosts[place].sortedDomains {
            if domain.job == .orphaned {
                domain.shutOff()
                hosts[place].domains[domain.uuid] = domain.persistent == nil ? nil : domain
                oversight.touched.insert(domain.uuid)
            } else if domain.state == .paused, domain.pausedReason == .migration, domain.job == nil, !domain.isUndecided
            {
                domain.state = .running
                domain.pausedReason = nil
                hosts[place].domains[domain.uuid] = domain
                tell(.resumed(migrated: false), domain, on: place)
            }
        }
    }

    mutating func setReachable(_ place: Int, _ isReachable: Bool) {
        guard hosts[place].isReachable != isReachable else { return }
        hosts[place].isReachable = isReachable
        note(isReachable ? "reachable" : "unreachable", on: place)
        if !isReachable { dropConnections(to: place) }
    }

    mutating func setCut(_ link: Links.Key, _ isCut: Bool) {
        guard links.isCut(link) != isCut else { return }
        links.setCut(link, isCut)
        note(isCut ? "linkCut" : "linkRestored", on: link.low)
        note(isCut ? "linkCut" : "linkRestored", on: link.high)
        for id in migrations.keys.sorted() where migrations[id]?.link == link {
            if isCut { stall(id) } else { goOn(id) }
        }
        setCutOffline(link, isCut)
        shareBandwidth(of: link)
    }
}

/// What that means to the migrations under way.
extension WorldState {
    /// Nothing comes from the peer any more: after the keepalives the migration is over.
    private mutating func stall(_ id: MigrationID) {
        guard let migration = migrations[id], migration.phase != .connecting, migration.phase != .undefining,
            migration.lossStep == nil
        else { return }
        if let step = migration.step { agenda.remove(step) }
        migrations[id]?.step = nil
        migrations[id]?.preCopy.setBandwidth(0, at: now)
        migrations[id]?.lossStep = agenda.add(.migration(id, .peerLost), at: now + MigrationTiming.keepalive)
    }

    /// The link is back before anybody noticed.
    private mutating func goOn(_ id: MigrationID) {
        guard let migration = migrations[id], let loss = migration.lossStep else { return }
        if migration.awaitsDisks { return end(id, .peerLost, destination: .nothing) }
        let record = hosts[migration.destination].domains[migration.guest]
        let isStillThere = migration.phase == .confirming ? record?.isActive == true : record?.job == .incoming(id)
        guard isStillThere else { return }
        agenda.remove(loss)
        migrations[id]?.lossStep = nil
        if migration.phase == .confirming {
            migrations[id]?.step = agenda.add(.migration(id, .confirmed), at: now + MigrationTiming.confirm)
        }
    }

    /// The source lost power: who waits at the destination is killed there, who runs there runs on.
    private mutating func sourceDied(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        switch migration.phase {
        case .confirming, .undefining: forget(id)
        case .connecting, .copying, .switchingOver: end(id, .connectionLost, destination: .destroyed)
        }
    }

    private mutating func sourceDaemonDied(_ migration: Migration) {
        switch migration.phase {
        case .confirming:
            forget(migration.id)
            return leaveUndecided(migration)
        case .undefining:
            forget(migration.id)
            hosts[migration.source].domains[migration.guest]?.job = nil
            return
        case .connecting, .copying, .switchingOver: break
        }
        let isSuspended = migration.phase == .switchingOver && migration.wasRunning
        if isSuspended { hosts[migration.source].domains[migration.guest]?.job = nil }
        end(migration.id, .connectionLost, destination: .destroyed)
    }

    private mutating func destinationDaemonDied(_ migration: Migration) {
        switch migration.phase {
        case .connecting, .undefining: return
        case .copying, .switchingOver: end(migration.id, .peerLost, destination: .orphaned)
        case .confirming:
            forget(migration.id)
            leaveUndecided(migration)
            migration.ticket.answer(.failure(.peerLost), in: &self)
        }
    }
}
