import HypervisorAPI

extension WorldState {
    func jobStatistics(of uuid: DomainUUID, on place: Int) throws(Refusal) -> JobStatistics {
        guard let domain = hosts[place].domains[uuid] else { throw .noDomain(uuid) }
        guard domain.isActive else { throw .notRunning }
        switch domain.job {
        case nil: return .none
        case .incoming, .orphaned: throw .incomingHasNoStatistics
        case .outgoing(let id):
            guard let migration = migrations[id] else { return .none }
            var preCopy = migration.preCopy
            preCopy.accrue(to: now)
            return preCopy.statistics(elapsed: now - migration.began)
        }
    }

    /// Too late for a migration whose guest runs at the destination already: then nothing changes.
    mutating func abortJob(of uuid: DomainUUID, on place: Int) throws(Refusal) {
        guard let domain = hosts[place].domains[uuid] else { throw .noDomain(uuid) }
        guard domain.isActive else { throw .notRunning }
        switch domain.job {
        case nil: throw .noJob
        case .incoming, .orphaned: throw .incomingIsLocked
        case .outgoing(let id):
            // libvirt takes it while a copy of disks waits for a lost peer, and goes on waiting.
            if migrations[id]?.awaitsDisks == true { return }
            if migrations[id]?.phase != .confirming { end(id, .aborted, destination: .failed) }
        }
    }
}
