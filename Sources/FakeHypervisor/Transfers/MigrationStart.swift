import HypervisorAPI

/// The beginning of a move, in the order in which libvirt looks at things: the source, the way, the destination.
extension WorldState {
    /// - Throws: the first reason why it does not begin.
    mutating func beginMove(
        _ uuid: DomainUUID, _ transfer: Transfer, ticket: Ticket<Void>
    ) throws(Refusal) {
        let source = ticket.host
        guard let domain = hosts[source].domains[uuid] else { throw .noDomain(uuid) }
        if domain.job != nil { throw .alreadyMigrating(domain.name) }
        switch transfer {
        case .live(let live):
            try beginLive(domain, live, ticket: ticket)
        case .offline(let offline):
            try beginOffline(domain, offline, ticket: ticket)
        }
    }

    private mutating func beginLive(
        _ domain: DomainRecord, _ transfer: LiveTransfer, ticket: Ticket<Void>
    ) throws(Refusal) {
        let source = ticket.host
        guard domain.isActive, let running = domain.live else { throw .notRunning }
        let hardware = running.hardware
        if !transfer.allowsUnsafeDisks { try checkDiskSafety(hardware, transfer, on: source) }
        let destination = try peer(transfer.peerURI, of: source)
        var migration = Migration(
            id: nextMigrationID(), guest: domain.uuid, name: domain.name, source: source, destination: destination,
            transfer: transfer, began: now, wasRunning: domain.state == .running, ticket: ticket,
            preCopy: PreCopy(hardware, copiedDisks: transfer.copiedDisks, at: now))
        if !migration.wasRunning { migration.preCopy.setDirtying(rate: 0, workingSet: 0, at: now) }
        do {
            try checkWay(from: source, to: destination)
        } catch  where error.isSilence {
            migration.step = agenda.add(.migration(migration.id, .connectionFailed), at: now + MigrationTiming.connect)
            adopt(migration)
            return
        }
        try checkArrival(domain, hardware, on: destination)
        try prepareDisks(of: migration, hardware)
        adopt(migration)
        arrive(domain, running.carrying(transfer.mark), on: destination, migration.id)
        if let misfit = diskThatDoesNotFit(migration, hardware) {
            return end(migration.id, .otherSize(disk: misfit.target), destination: .failed)
        }
        migrations[migration.id]?.phase = .copying
        shareBandwidth(of: migration.link)
    }

    private mutating func adopt(_ migration: Migration) {
        migrations[migration.id] = migration
        hosts[migration.source].domains[migration.guest]?.job = .outgoing(migration.id)
        countMigrations(on: migration.source)
        countMigrations(on: migration.destination)
    }

    /// The guest's memory waits at the destination.
    private mutating func arrive(
        _ domain: DomainRecord, _ definition: Definition, on place: Int, _ migration: MigrationID
    ) {
        var record =
            hosts[place].domains[domain.uuid] ?? DomainRecord(uuid: domain.uuid, name: domain.name, state: .shutOff)
        record.id = hosts[place].nextDomainID()
        record.state = .paused
        record.pausedReason = .migration
        record.live = definition
        record.job = .incoming(migration)
        hosts[place].domains[domain.uuid] = record
        tell(.started(migrated: true), record, on: place)
    }
}

/// What may be in the way.
extension WorldState {
    /// The host behind a peer URI, as the source sees it.
    func peer(_ text: String, of source: Int) throws(Refusal) -> Int {
        guard let uri = HypervisorURI(text), uri.isRemote else { throw .peerIsLocal }
        guard let place = place(of: uri) else { throw .peerUnresolved(uri.host ?? "") }
        if place == source { throw .sameHost(hosts[place].description.uuid) }
        return place
    }

    func checkWay(from source: Int, to destination: Int) throws(Refusal) {
        let host = hosts[destination]
        if !host.hasPower || links.isCut(Links.Key(source, destination)) { throw .noRoute(host.description.address) }
        if !host.runsDaemon { throw .refused(host.description.address) }
    }

    /// QEMU 4.0 and newer drop the source's cache themselves, so that only older ones mind the cache mode.
    private func checkDiskSafety(
        _ hardware: Hardware, _ transfer: LiveTransfer, on place: Int
    ) throws(Refusal) {
        let host = hosts[place]
        for disk in hardware.disks
        where !disk.isReadOnly && disk.device == "disk" && !transfer.copiedDisks.contains(disk.target) {
            guard files.isShared(disk.path, on: host.name) else {
                throw .unsafe("Migration without shared storage is unsafe")
            }
            guard host.description.hypervisorVersion >= 4_000_000 || ["none", "directsync"].contains(disk.cache) else {
                throw .unsafe(
                    "Migration may lead to data corruption if disks use cache other than none or directsync")
            }
        }
    }

    private func checkArrival(_ domain: DomainRecord, _ hardware: Hardware, on place: Int) throws(Refusal) {
        let host = hosts[place]
        try checkIdentity(domain, on: place)
        guard host.description.virtualizationTypes.contains(hardware.virtualizationType) else {
            throw .unsupported("virt type '\(hardware.virtualizationType)'", emulator: host.emulator)
        }
        guard host.description.machines.contains(hardware.machine) else {
            throw .unsupported("machine type '\(hardware.machine)'", emulator: host.emulator)
        }
        if let bound = host.description.memoryMiB, host.usedMemoryMiB + hardware.memoryMiB > bound { throw .noMemory }
        let missing = hardware.cpu.map(host.missingFeatures) ?? []
        if !missing.isEmpty { throw .featuresMissing(missing) }
    }

    /// Whether the destination has the disks. As libvirt, it makes a volume that a disk is to be copied onto and that is
    /// not there, in the pool of its directory.
    private mutating func prepareDisks(of migration: Migration, _ hardware: Hardware) throws(Refusal) {
        let host = hosts[migration.destination]
        for disk in hardware.disks {
            if host.missingPaths.contains(disk.path) { throw .diskMissing(disk.path) }
            if let volume = files[disk.path, host.name] {
                guard migration.transfer.copiedDisks.contains(disk.target) else { continue }
                try checkTarget(volume, of: disk, migration)
                continue
            }
            guard migration.transfer.copiedDisks.contains(disk.target) else { throw .diskMissing(disk.path) }
            guard files.pool(covering: disk.path, on: host.name) != nil else {
                throw .noPool(at: FileSystems.directory(of: disk.path))
            }
            files[disk.path, host.name] = FileSystems.Volume(
                capacity: disk.sizeMiB << 20, format: disk.format, isFilled: false)
        }
    }

    private func checkTarget(
        _ volume: FileSystems.Volume, of disk: DiskDescription, _ migration: Migration
    ) throws(Refusal) {
        let (source, destination) = (hosts[migration.source].name, hosts[migration.destination].name)
        if files.isOneFile(disk.path, on: source, and: destination) { throw .copyOntoItself }
        // What is not raw has a header that QEMU looks for; raw is whatever is there.
        guard disk.format == "raw" || disk.format == volume.format else { throw .otherFormat(disk.format) }
    }

    /// A disk that is to be copied onto a volume of another size. QEMU notices when both ends are there.
    private func diskThatDoesNotFit(_ migration: Migration, _ hardware: Hardware) -> DiskDescription? {
        let host = hosts[migration.destination].name
        return hardware.disks.first { disk in
            guard migration.transfer.copiedDisks.contains(disk.target), let volume = files[disk.path, host] else {
                return false
            }
            return volume.capacity != disk.sizeMiB << 20 || volume.format != disk.format
        }
    }

    /// Whether the destination has room for the name and the UUID.
    func checkIdentity(_ domain: DomainRecord, on place: Int) throws(Refusal) {
        if let same = hosts[place].domains[domain.uuid] {
            if same.name != domain.name { throw .uuidTaken(by: same.name, domain.uuid) }
            if same.isActive { throw .alreadyActive(domain.name) }
        } else if let other = hosts[place].domain(named: domain.name) {
            throw .nameTaken(domain.name, by: other.uuid)
        }
    }
}

extension Refusal {
    /// Nothing came back, so that it takes time to know.
    fileprivate var isSilence: Bool { message.hasSuffix("No route to host") }
}
