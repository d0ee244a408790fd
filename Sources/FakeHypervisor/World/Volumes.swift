import HypervisorAPI

/// What callers do to the volumes of a host's pools.
extension WorldState {
    mutating func createVolume(_ order: VolumeOrder, on place: Int) throws(Refusal) {
        let host = hosts[place].name
        guard let pool = files.pool(named: order.pool, on: host) else { throw .noPool(named: order.pool) }
        guard order.path == "\(pool.path)/\(order.name)" else {
            throw .notSent("the pool would make it at \(pool.path)/\(order.name), not at \(order.path)")
        }
        guard files[order.path, host] == nil else { throw .volumeExists(order.name) }
        files[order.path, host] = FileSystems.Volume(
            capacity: order.capacity, format: order.format, isFilled: false)
    }

    /// Domains of other hosts are not asked: a guest there that runs from the volume runs on without it, which no test may
    /// miss.
    mutating func deleteVolume(_ order: VolumeOrder, onlyIfEmpty: Bool, on place: Int) throws(Refusal) {
        let host = hosts[place].name
        guard files.pool(covering: order.path, on: host) != nil else { throw .notCovered(order.path) }
        guard let volume = files[order.path, host] else { throw .noVolume(order.path) }
        guard volume.capacity == order.capacity, volume.format == order.format else {
            throw .volumeDiffers(
                "the volume is not the one that was ordered: it has \(volume.capacity) bytes, \(volume.format)")
        }
        if let user = hosts[place].sortedDomains.first(where: { $0.names(order.path) }) {
            throw .volumeDiffers("the domain \(user.name) names the volume")
        }
        guard !onlyIfEmpty || !volume.isFilled else { throw .volumeDiffers("the volume is not empty") }
        files[order.path, host] = nil
        for (user, domain) in users(of: order.path, seenFrom: place) {
            oversight.report(
                .diskDeleted, at: now, "\(domain.name) runs on \(hosts[user].name) without its disk \(order.path)")
        }
    }

    /// Guests that run from that file, wherever it can be seen; not those that wait for a move.
    private func users(of path: String, seenFrom place: Int) -> [(place: Int, domain: DomainRecord)] {
        hosts.indices.filter { other in
            other == place || files.isOneFile(path, on: hosts[place].name, and: hosts[other].name)
        }.flatMap { other in
            hosts[other].sortedDomains.filter { $0.usesNow(path) }.map { (other, $0) }
        }
    }
}

extension DomainRecord {
    /// As a disk of what runs or of what is defined.
    fileprivate func names(_ path: String) -> Bool {
        [live, persistent].contains { definition in definition?.disks.contains { $0.path == path } ?? false }
    }

    fileprivate func usesNow(_ path: String) -> Bool {
        switch job {
        case .incoming, .orphaned: false
        case .outgoing, nil: live?.disks.contains { $0.path == path } ?? false
        }
    }
}
