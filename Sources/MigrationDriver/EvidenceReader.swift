import HypervisorAPI
import MigrationLogic

/// Reads both hosts in the order destination, source, destination.
struct EvidenceReader: Sendable {
    private let hypervisor: any Hypervisor

    init(_ hypervisor: any Hypervisor) { self.hypervisor = hypervisor }

    func read(_ query: EvidenceQuery) async -> Evidence {
        let first = await observe(query.guest, on: query.destination, expecting: query.destinationHostUUID)
        let source = await observe(query.guest, on: query.source, expecting: query.sourceHostUUID)
        let again = await observe(query.guest, on: query.destination, expecting: query.destinationHostUUID)
        let jobs = [
            await jobIsActive(query.guest, on: query.source, source),
            await jobIsActive(query.guest, on: query.destination, again),
        ]
        return Evidence(
            destinationFirst: first, source: source, destinationAgain: again,
            jobIsActive: jobs.contains(true) ? true : jobs.contains(nil) ? nil : false)
    }

    /// A host that answers under another UUID than the one recorded is not the host, and proves nothing.
    private func observe(
        _ guest: DomainUUID, on host: HostDescription, expecting uuid: String?
    ) async -> Observation {
        let answer = await hypervisor.read(host) { handle throws(HypervisorError) in
            GuestAnswer(hostUUID: try await handle.identity().uuid, domain: try await handle.domain(guest))
        }
        switch answer {
        case .failed(let error): return .unreadable("\(error)")
        case .notRead(let reason): return .unreadable(reason)
        case .known(let answer):
            if let uuid, uuid != answer.hostUUID {
                return .unreadable(
                    "\(host.uri) answers as host \(answer.hostUUID), not as \(uuid), which the job was given")
            }
            return answer.domain.map(Observation.present) ?? .absent
        }
    }

    /// `nil`: not known.
    private func jobIsActive(
        _ guest: DomainUUID, on host: HostDescription, _ observation: Observation
    ) async -> Bool? {
        switch observation {
        case .absent: return false
        case .unreadable: return nil
        case .present(let domain) where !domain.isActive: return false
        case .present: break
        }
        let statistics = await hypervisor.read(host) { handle throws(HypervisorError) in
            try await handle.jobStatistics(of: guest)
        }
        // "No such domain" of a domain that was there a moment ago contradicts that reading: not known, read again.
        return statistics.value.map(\.isActive)
    }
}

private struct GuestAnswer: Hashable, Sendable {
    var hostUUID: String
    var domain: DomainSummary?
}
