import HypervisorAPI

/// A host of a simulated world, as one client calls it.
final class SimulatedHost: HypervisorHost {
    let uri: HypervisorURI
    private let hypervisor: SimulatedHypervisor

    init(uri: HypervisorURI, hypervisor: SimulatedHypervisor) {
        self.uri = uri
        self.hypervisor = hypervisor
    }

    func identity() async throws(HypervisorError) -> HostIdentity {
        try await hypervisor.ask(.identity, uri) { state, place in
            let host = state.hosts[place].description
            return HostIdentity(
                uuid: host.uuid.text, hostName: host.name, hypervisorType: host.hypervisorType,
                hypervisorVersion: host.hypervisorVersion, libraryVersion: host.libraryVersion)
        }
    }

    func capabilities() async throws(HypervisorError) -> HostCapabilities {
        let host = try await hypervisor.ask(.capabilities, uri) { state, place in state.hosts[place] }
        do {
            return try HostCapabilities(xml: CapabilitiesDocument.xml(of: host))
        } catch {
            throw unreadable(error, .capabilities)
        }
    }

    func domains() async throws(HypervisorError) -> [DomainSummary] {
        try await hypervisor.ask(.domains, uri) { state, place in state.hosts[place].sortedDomains.map(\.summary) }
    }

    func domain(_ uuid: DomainUUID) async throws(HypervisorError) -> DomainSummary? {
        try await hypervisor.ask(.domain, uri) { state, place in state.hosts[place].domains[uuid]?.summary }
    }

    func domain(named name: String) async throws(HypervisorError) -> DomainSummary? {
        try await hypervisor.ask(.domainNamed, uri) { state, place in state.hosts[place].domain(named: name)?.summary }
    }

    func definition(of uuid: DomainUUID, _ view: DefinitionView) async throws(HypervisorError) -> DomainDefinition {
        let xml = try await hypervisor.ask(.definition, uri) { state, place throws(Refusal) in
            guard let domain = state.hosts[place].domains[uuid] else { throw .noDomain(uuid) }
            return DomainDocument.xml(of: domain, on: state.hosts[place], view)
        }
        do { return try DomainDefinition(xml: xml) } catch { throw unreadable(error, .definition) }
    }

    func compareCPU(_ request: CPUComparisonRequest) async throws(HypervisorError) -> CPUComparison {
        try await hypervisor.ask(.compareCPU, uri) { state, place throws(Refusal) in
            try CPUQuestion(request).answer(by: state.hosts[place])
        }
    }

    func storageVolume(atPath path: String) async throws(HypervisorError) -> VolumeLookup {
        try await hypervisor.ask(.storageVolume, uri) { state, place in
            let lookup = state.files.volume(path, on: state.hosts[place].name)
            if case .found(let pool, _, _) = lookup, state.hosts[place].missingPaths.contains(path) {
                return .missing(pool: pool)
            }
            return lookup
        }
    }

    func jobStatistics(of uuid: DomainUUID) async throws(HypervisorError) -> JobStatistics {
        try await hypervisor.ask(.jobStatistics, uri) { state, place throws(Refusal) in
            try state.jobStatistics(of: uuid, on: place)
        }
    }

    func migrate(_ uuid: DomainUUID, _ transfer: Transfer, deadline: Duration) async throws(HypervisorError) {
        try await hypervisor.call(.migrate, uri, deadline: deadline) { state, ticket throws(Refusal) in
            try state.beginMove(uuid, transfer, ticket: ticket)
            return nil
        }
    }

    func abortJob(of uuid: DomainUUID) async throws(HypervisorError) {
        try await hypervisor.ask(.abortJob, uri) { state, place throws(Refusal) in
            try state.abortJob(of: uuid, on: place)
        }
    }

    func setMark(_ mark: OwnershipMark, of uuid: DomainUUID) async throws(HypervisorError) {
        try await act(.setMark) { state, ticket throws(Refusal) in try state.setMark(mark, of: uuid, ticket) }
    }

    func setStartsWithHost(_ starts: Bool, of uuid: DomainUUID) async throws(HypervisorError) {
        try await act(.setStartsWithHost) { state, ticket throws(Refusal) in
            try state.setStartsWithHost(starts, of: uuid, ticket)
        }
    }

    func makePersistent(_ uuid: DomainUUID) async throws(HypervisorError) {
        try await hypervisor.ask(.makePersistent, uri) { state, place throws(Refusal) in
            try state.makePersistent(uuid, on: place)
        }
    }

    func undefine(_ uuid: DomainUUID, marked mark: OwnershipMark) async throws(HypervisorError) {
        try await act(.undefine) { state, ticket throws(Refusal) in
            try state.undefine(uuid, marked: mark, ticket)
        }
    }

    func resume(_ uuid: DomainUUID, run: Int32) async throws(HypervisorError) {
        try await act(.resume) { state, ticket throws(Refusal) in try state.resume(uuid, run: run, ticket) }
    }

    func destroy(_ uuid: DomainUUID, run: Int32, onlyIfPaused: Bool) async throws(HypervisorError) {
        try await hypervisor.ask(.destroy, uri) { state, place throws(Refusal) in
            try state.destroy(uuid, run: run, onlyIfPaused: onlyIfPaused, on: place)
        }
    }

    func createVolume(_ order: VolumeOrder) async throws(HypervisorError) {
        try await hypervisor.ask(.createVolume, uri) { state, place throws(Refusal) in
            try state.createVolume(order, on: place)
        }
    }

    func deleteVolume(_ order: VolumeOrder, onlyIfEmpty: Bool) async throws(HypervisorError) {
        try await hypervisor.ask(.deleteVolume, uri) { state, place throws(Refusal) in
            try state.deleteVolume(order, onlyIfEmpty: onlyIfEmpty, on: place)
        }
    }

    func events() async throws(HypervisorError) -> AsyncStream<HostEvent> {
        try await hypervisor.subscribe(uri).stream()
    }

    /// A call that may wait for the domain's job.
    private func act(_ call: HostCall, _ action: @escaping WorldState.Action<Void>) async throws(HypervisorError) {
        try await hypervisor.call(call, uri, deadline: hypervisor.options.callDeadline, action)
    }

    private func unreadable(_ error: DefinitionError, _ call: HostCall) -> HypervisorError {
        HypervisorError(code: .internalError, message: "\(error)", call: call.libvirtName, uri: uri.text)
    }
}
