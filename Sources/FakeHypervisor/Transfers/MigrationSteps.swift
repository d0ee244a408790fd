import HypervisorAPI

/// A migration's steps. The order of the events is the one of real hosts: started at the destination, suspended
/// at the source, (defined and) resumed at the destination, stopped at the source, job completed at the source.
extension WorldState {
    mutating func take(_ step: Migration.Step, of id: MigrationID) {
        guard let migration = migrations[id] else { return }
        switch step {
        case .connectionFailed:
            end(id, .noRoute(hosts[migration.destination].description.address), destination: .nothing)
        case .iterationEnds: endIteration(of: id)
        case .memoryArrived: resumeAtDestination(id)
        case .confirmed: confirm(id)
        case .undefined: undefine(id)
        case .peerLost: losePeer(id)
        }
    }

    private mutating func endIteration(of id: MigrationID) {
        migrations[id]?.step = nil
        guard let next = migrations[id]?.preCopy.endIteration(at: now) else { return }
        if next == .switchover { suspend(id) }
        plan(id)
    }

    private mutating func suspend(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        migrations[id]?.phase = .switchingOver
        migrations[id]?.preCopy.setDirtying(rate: 0, workingSet: 0, at: now)
        guard migration.wasRunning, let domain = hosts[migration.source].domains[migration.guest] else { return }
        hosts[migration.source].domains[migration.guest]?.state = .paused
        hosts[migration.source].domains[migration.guest]?.pausedReason = .migration
        tell(.suspended(migrated: true), domain, on: migration.source)
    }

    private mutating func resumeAtDestination(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        migrations[id]?.phase = .confirming
        shareBandwidth(of: migration.link)
        let place = migration.destination
        guard var record = hosts[place].domains[migration.guest] else { return }
        record.job = nil
        fillCopiedDisks(of: migration, record)
        if migration.transfer.isPersistent {
            let source = hosts[migration.source].domains[migration.guest]
            record.persistent = source?.persistent?.carrying(migration.transfer.mark) ?? record.live
            tell(.defined, record, on: place)
        }
        record.state = migration.wasRunning ? .running : .paused
        record.pausedReason = migration.wasRunning ? nil : .user
        hosts[place].domains[migration.guest] = record
        tell(migration.wasRunning ? .resumed(migrated: true) : .suspended(migrated: false), record, on: place)
        oversight.touched.insert(migration.guest)
        migrations[id]?.step = agenda.add(.migration(id, .confirmed), at: now + MigrationTiming.confirm)
    }

    private mutating func fillCopiedDisks(of migration: Migration, _ record: DomainRecord) {
        let copied = record.live?.disks.filter { migration.transfer.copiedDisks.contains($0.target) } ?? []
        for disk in copied { files[disk.path, hosts[migration.destination].name]?.isFilled = true }
    }

    private mutating func confirm(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        migrations[id]?.phase = .undefining
        if var record = hosts[migration.source].domains[migration.guest] {
            record.shutOff()
            record.job = .outgoing(id)
            hosts[migration.source].domains[migration.guest] = record.persistent == nil ? nil : record
            tell(.stopped(migrated: true), record, on: migration.source)
            tell(.jobCompleted, record, on: migration.source)
        }
        migrations[id]?.step = agenda.add(.migration(id, .undefined), at: now + MigrationTiming.undefine)
    }

    /// The source tells nobody that the definition is gone.
    private mutating func undefine(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        forget(id)
        hosts[migration.source].domains[migration.guest]?.job = nil
        if migration.transfer.isPersistent { hosts[migration.source].domains[migration.guest] = nil }
        migration.ticket.answer(.success(()), in: &self)
    }

    /// Somebody ended the guest's process at the source.
    mutating func sourceDestroyed(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        guard migration.phase == .confirming else { return end(id, .guestEnded, destination: .failed) }
        forget(id)
        migration.ticket.answer(.failure(.guestEnded), in: &self)
    }

    /// The two ends have not heard of each other for too long.
    private mutating func losePeer(_ id: MigrationID) {
        guard let migration = migrations[id] else { return }
        if migration.phase == .copying, migration.preCopy.remainingDisks > 0, !migration.awaitsDisks {
            clearDestination(of: migration, .destroyed)
            migrations[id]?.awaitsDisks = true
            let left = MigrationTiming.diskConnection - MigrationTiming.keepalive
            migrations[id]?.lossStep = agenda.add(.migration(id, .peerLost), at: now + left)
            return
        }
        guard migration.phase == .confirming else { return end(id, .peerLost, destination: .destroyed) }
        forget(id)
        leaveUndecided(migration)
        migration.ticket.answer(.failure(.peerLost), in: &self)
    }

    /// The guest stays paused at the source: whether it runs at the destination is not known there.
    mutating func leaveUndecided(_ migration: Migration) {
        hosts[migration.source].domains[migration.guest]?.job = nil
        hosts[migration.source].domains[migration.guest]?.isUndecided = true
        oversight.touched.insert(migration.guest)
    }
}

/// A migration's bad ends.
extension WorldState {
    /// What becomes of the guest that waits at the destination.
    enum Leftover: Hashable, Sendable {
        /// It never arrived, or is gone.
        case nothing
        /// Its emulator failed.
        case failed
        /// The daemon there killed it because the source was gone.
        case destroyed
        /// The daemon there is dead itself, and will kill it when it starts.
        case orphaned
    }

    /// Ends a migration that has not reached its last phase: the guest runs on at the source, if it is there.
    mutating func end(_ id: MigrationID, _ refusal: Refusal, destination leftover: Leftover) {
        guard let migration = migrations[id] else { return }
        forget(id)
        clearDestination(of: migration, leftover)
        if var record = hosts[migration.source].domains[migration.guest], record.job == .outgoing(id) {
            record.job = nil
            let resumes = migration.phase == .switchingOver && migration.wasRunning
            if resumes {
                record.state = .running
                record.pausedReason = nil
            }
            hosts[migration.source].domains[migration.guest] = record
            if resumes { tell(.resumed(migrated: false), record, on: migration.source) }
        }
        migration.ticket.answer(.failure(refusal), in: &self)
    }

    /// The record is dropped, with what it had planned.
    mutating func forget(_ id: MigrationID) {
        guard let migration = migrations.removeValue(forKey: id) else { return }
        if let step = migration.step { agenda.remove(step) }
        if let step = migration.lossStep { agenda.remove(step) }
        oversight.touched.insert(migration.guest)
        shareBandwidth(of: migration.link)
    }

    private mutating func clearDestination(of migration: Migration, _ leftover: Leftover) {
        let place = migration.destination
        guard var record = hosts[place].domains[migration.guest], record.job == .incoming(migration.id) else { return }
        switch leftover {
        case .nothing: return
        case .orphaned:
            hosts[place].domains[migration.guest]?.job = .orphaned
        case .failed, .destroyed:
            record.shutOff()
            hosts[place].domains[migration.guest] = record.persistent == nil ? nil : record
            if leftover == .destroyed { tell(.shutDown, record, on: place) }
            tell(.stopped(migrated: false), record, on: place)
        }
    }
}

/// How fast memory moves.
extension WorldState {
    /// Divides a link among the migrations that send memory over it, and plans their next steps anew.
    mutating func shareBandwidth(of link: Links.Key) {
        let sharers = migrations.values.filter { $0.link == link && $0.sendsMemory }.map(\.id).sorted()
        let share = links.isCut(link) || sharers.isEmpty ? 0 : links.bandwidth(link) / Double(sharers.count)
        for id in sharers {
            // 0 is libvirt's word for no bound.
            let asked = migrations[id]?.transfer.bandwidthMiBPerSecond ?? 0
            migrations[id]?.preCopy.setBandwidth(asked == 0 ? share : min(share, Double(asked)), at: now)
            plan(id)
        }
    }

    /// The guest writes at another rate from now on.
    mutating func setDirtying(_ uuid: DomainUUID, on place: Int, rate: Double) {
        hosts[place].domains[uuid]?.live?.dirtyMiBPerSecond = rate
        hosts[place].domains[uuid]?.persistent?.dirtyMiBPerSecond = rate
        for id in migrations.keys.sorted() where migrations[id]?.guest == uuid && migrations[id]?.phase == .copying {
            let workingSet = migrations[id]?.preCopy.workingSet ?? 0
            migrations[id]?.preCopy.setDirtying(rate: rate, workingSet: workingSet, at: now)
        }
    }

    /// Plans when the iteration or the switchover ends.
    private mutating func plan(_ id: MigrationID) {
        guard let migration = migrations[id], migration.sendsMemory else { return }
        if let step = migration.step { agenda.remove(step) }
        migrations[id]?.step = nil
        guard let left = migration.preCopy.timeLeft else { return }
        if migration.phase == .copying {
            migrations[id]?.step = agenda.add(.migration(id, .iterationEnds), at: now + left)
        } else {
            let downtime = max(left, PreCopy.leastDowntime)
            migrations[id]?.step = agenda.add(.migration(id, .memoryArrived), at: now + downtime)
        }
    }
}
