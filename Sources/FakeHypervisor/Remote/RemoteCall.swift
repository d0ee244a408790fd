import HypervisorAPI

/// A call of `HypervisorHost`, as it goes to the process that keeps the world.
enum RemoteCall: Hashable, Sendable, Codable {
    case identity, capabilities, domains, events
    case domain(DomainUUID)
    case domainNamed(String)
    case definition(DomainUUID, DefinitionView)
    case compareCPU(CPUComparisonRequest)
    case storageVolume(path: String)
    case jobStatistics(DomainUUID)
    case migrate(DomainUUID, Transfer, deadline: Duration)
    case abortJob(DomainUUID)
    case act(DomainUUID, DomainAct)
    case createVolume(VolumeOrder)
    case deleteVolume(VolumeOrder, onlyIfEmpty: Bool)

    /// The call that the world's host answers.
    var hostCall: HostCall {
        switch self {
        case .identity: .identity
        case .capabilities: .capabilities
        case .domains: .domains
        case .events: .events
        case .domain: .domain
        case .domainNamed: .domainNamed
        case .definition: .definition
        case .compareCPU: .compareCPU
        case .storageVolume: .storageVolume
        case .jobStatistics: .jobStatistics
        case .migrate: .migrate
        case .abortJob: .abortJob
        case .act(_, let act): act.hostCall
        case .createVolume: .createVolume
        case .deleteVolume: .deleteVolume
        }
    }
}

extension DomainAct {
    fileprivate var hostCall: HostCall {
        switch self {
        case .mark: .setMark
        case .setStartsWithHost: .setStartsWithHost
        case .makePersistent: .makePersistent
        case .undefine: .undefine
        case .resume: .resume
        case .destroy: .destroy
        case .createVolume: .createVolume
        case .deleteVolume: .deleteVolume
        }
    }
}

/// What a call gave.
enum RemoteValue: Hashable, Sendable, Codable {
    case done
    case identity(HostIdentity)
    /// Capabilities or a definition: XML, to be read where it arrives.
    case document(String)
    case domains([DomainSummary])
    case domain(DomainSummary?)
    case comparison(CPUComparison)
    case volume(VolumeLookup)
    case statistics(JobStatistics)
}

extension RemoteCall {
    /// Makes the call; `events` is not one that ends with a value.
    func perform(on host: some HypervisorHost) async throws(HypervisorError) -> RemoteValue {
        switch self {
        case .identity: return .identity(try await host.identity())
        case .capabilities: return .document(try await host.capabilities().xml)
        case .domains: return .domains(try await host.domains())
        case .domain(let uuid): return .domain(try await host.domain(uuid))
        case .domainNamed(let name): return .domain(try await host.domain(named: name))
        case .definition(let uuid, let view): return .document(try await host.definition(of: uuid, view).xml)
        case .compareCPU(let request): return .comparison(try await host.compareCPU(request))
        case .storageVolume(let path): return .volume(try await host.storageVolume(atPath: path))
        case .jobStatistics(let uuid): return .statistics(try await host.jobStatistics(of: uuid))
        case .migrate(let uuid, let transfer, let deadline):
            try await host.migrate(uuid, transfer, deadline: deadline)
        case .abortJob(let uuid): try await host.abortJob(of: uuid)
        case .act(let uuid, let act): try await host.perform(act, on: uuid)
        case .createVolume(let order): try await host.createVolume(order)
        case .deleteVolume(let order, let onlyIfEmpty):
            try await host.deleteVolume(order, onlyIfEmpty: onlyIfEmpty)
        case .events: break
        }
        return .done
    }
}
