import HypervisorAPI

/// What somebody does to guests outside any migration.
extension WorldState {
    /// Puts a described guest on a host, disks included.
    mutating func install(_ guest: GuestDescription, on place: Int) {
        let isActive = guest.state != .shutOff
        let definition = Definition(hardware: guest.hardware, mark: guest.mark)
        var record = DomainRecord(uuid: guest.uuid, name: guest.name, state: .shutOff)
        if guest.isPersistent {
            record.persistent = definition
            record.startsWithHost = guest.startsWithHost
        }
        if isActive {
            record.live = definition
            record.id = hosts[place].nextDomainID()
            record.state = guest.state == .running ? .running : .paused
            record.pausedReason = guest.state == .paused ? .user : nil
        }
        hosts[place].domains[guest.uuid] = record
        for disk in guest.hardware.disks {
            files.add(disk, on: hosts[place].name)
            oversight.diskUsers[disk.path, default: []].insert(guest.uuid)
        }
        oversight.expected[guest.uuid] = guest.name
        oversight.touched.insert(guest.uuid)
    }

    mutating func define(_ guest: GuestDescription, on place: Int) throws(SimulationError) {
        guard hosts[place].hasPower else { throw conflict("\(hosts[place].name) has no power", "restore it first") }
        if let other = hosts[place].domain(named: guest.name) ?? hosts[place].domains[guest.uuid] {
            throw conflict(
                "“\(other.name)” with UUID \(other.uuid) is there already", "undefine it or take another name")
        }
        if let cpu = guest.hardware.cpu, CPUModels.features(of: cpu) == nil {
            throw SimulationError(
                .invalidValue, "the CPU model “\(cpu.model)” is unknown",
                remedy: "use one of \(CPUModels.names.joined(separator: ", "))")
        }
        install(guest, on: place)
        guard let record = hosts[place].domains[guest.uuid] else { return }
        if guest.isPersistent { tell(.defined, record, on: place) }
        if record.isActive {
            tell(.resumed(migrated: false), record, on: place)
            tell(.started(migrated: false), record, on: place)
        }
    }

    mutating func undefine(_ name: String, on place: Int) throws(SimulationError) {
        let record = try guest(name, on: place)
        guard record.persistent != nil else { throw conflict("“\(name)” is transient", "stop it: then it is gone") }
        guard record.job == nil else { throw conflict("“\(name)” is being migrated", "abort the migration first") }
        hosts[place].domains[record.uuid] = record.withoutDefinition
        tell(.undefined, record, on: place)
        forgetIfNowhere(record.uuid)
    }

    mutating func start(guest name: String, on place: Int) throws(SimulationError) {
        let record = try guest(name, on: place)
        guard hosts[place].hasPower else { throw conflict("\(hosts[place].name) has no power", "restore it first") }
        guard !record.isActive else { throw conflict("“\(name)” runs already", "leave it") }
        guard record.job == nil else { throw conflict("“\(name)” is being migrated", "wait for the end of that") }
        start(record.uuid, on: place)
    }

    /// As a host does it: without a look at other hosts.
    mutating func start(_ uuid: DomainUUID, on place: Int) {
        guard var record = hosts[place].domains[uuid], !record.isActive, let definition = record.persistent else {
            return
        }
        record.live = definition
        record.id = hosts[place].nextDomainID()
        record.state = .running
        record.pausedReason = nil
        hosts[place].domains[uuid] = record
        tell(.resumed(migrated: false), record, on: place)
        tell(.started(migrated: false), record, on: place)
    }

    /// - Parameter crashes: its emulator dies by itself (then it only stops); otherwise somebody destroys it.
    mutating func kill(_ name: String, on place: Int, crashes: Bool) throws(SimulationError) {
        var record = try guest(name, on: place)
        guard record.isActive else { throw conflict("“\(name)” does not run", "leave it") }
        if case .incoming(let id)? = record.job { return end(id, .emulatorEnded, destination: .failed) }
        let outgoing: MigrationID? = if case .outgoing(let id)? = record.job { id } else { nil }
        if let outgoing, migrations[outgoing]?.phase == .confirming {
            throw conflict("“\(name)” is being handed over", "kill it at the destination")
        }
        record.shutOff()
        hosts[place].domains[record.uuid] = record.persistent == nil ? nil : record
        forgetIfNowhere(record.uuid, butFor: outgoing.flatMap { migrations[$0]?.destination })
        if let outgoing { end(outgoing, .guestEnded, destination: .failed) }
        if !crashes { tell(.shutDown, record, on: place) }
        tell(.stopped(migrated: false), record, on: place)
    }

    /// - Parameter isPaused: `false` lets it go on, whatever it was paused for.
    mutating func pause(_ name: String, on place: Int, _ isPaused: Bool) throws(SimulationError) {
        var record = try guest(name, on: place)
        guard record.job == nil else { throw conflict("“\(name)” is being migrated", "abort the migration first") }
        guard record.isActive, (record.state == .paused) != isPaused else {
            throw conflict("“\(name)” is \(record.state.rawValue)", "leave it")
        }
        record.state = isPaused ? .paused : .running
        record.pausedReason = isPaused ? .user : nil
        record.isUndecided = false
        hosts[place].domains[record.uuid] = record
        tell(isPaused ? .suspended(migrated: false) : .resumed(migrated: false), record, on: place)
    }

    /// A guest that somebody removed on purpose is not missed.
    mutating func forgetIfNowhere(_ uuid: DomainUUID, butFor place: Int? = nil) {
        let isSomewhere = hosts.indices.contains { $0 != place && hosts[$0].domains[uuid] != nil }
        if !isSomewhere { oversight.expected[uuid] = nil }
        oversight.touched.insert(uuid)
    }

    private func conflict(_ message: String, _ remedy: String) -> SimulationError {
        SimulationError(.conflict, message, remedy: remedy)
    }
}

/// What happens to files.
extension WorldState {
    mutating func setMissing(_ path: String, on place: Int, _ isMissing: Bool) {
        if isMissing { hosts[place].missingPaths.insert(path) } else { hosts[place].missingPaths.remove(path) }
        note(isMissing ? "diskMissing" : "diskBack", on: place)
    }

    /// Guests that write to the file are paused, as with libvirt's default `error_policy`; they stay so until
    /// they are resumed.
    mutating func setFull(_ path: String, on place: Int, _ isFull: Bool) {
        if isFull { hosts[place].fullPaths.insert(path) } else { hosts[place].fullPaths.remove(path) }
        note(isFull ? "diskFull" : "diskHasRoom", on: place)
        guard isFull else { return }
        for var domain in hosts[place].sortedDomains where domain.isExecuting && domain.job == nil {
            guard domain.live?.disks.contains(where: { $0.path == path && !$0.isReadOnly }) == true else { continue }
            domain.state = .paused
            domain.pausedReason = .inputOutputError
            hosts[place].domains[domain.uuid] = domain
            tell(.suspended(migrated: false), domain, on: place)
        }
    }
}
