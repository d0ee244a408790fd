import HypervisorAPI

/// A host of a world that another process keeps.
final class RemoteHost: HypervisorHost {
    let uri: HypervisorURI
    private let hypervisor: RemoteHypervisor

    init(uri: HypervisorURI, hypervisor: RemoteHypervisor) {
        self.uri = uri
        self.hypervisor = hypervisor
    }

    func identity() async throws(HypervisorError) -> HostIdentity {
        guard case .identity(let identity) = try await ask(.identity) else { throw misunderstood(.identity) }
        return identity
    }

    func capabilities() async throws(HypervisorError) -> HostCapabilities {
        guard case .document(let xml) = try await ask(.capabilities) else { throw misunderstood(.capabilities) }
        do { return try HostCapabilities(xml: xml) } catch { throw unreadable(error, .capabilities) }
    }

    func domains() async throws(HypervisorError) -> [DomainSummary] {
        guard case .domains(let domains) = try await ask(.domains) else { throw misunderstood(.domains) }
        return domains
    }

    func domain(_ uuid: DomainUUID) async throws(HypervisorError) -> DomainSummary? {
        guard case .domain(let domain) = try await ask(.domain(uuid)) else { throw misunderstood(.domain) }
        return domain
    }

    func domain(named name: String) async throws(HypervisorError) -> DomainSummary? {
        guard case .domain(let domain) = try await ask(.domainNamed(name)) else { throw misunderstood(.domainNamed) }
        return domain
    }

    func definition(of uuid: DomainUUID, _ view: DefinitionView) async throws(HypervisorError) -> DomainDefinition {
        guard case .document(let xml) = try await ask(.definition(uuid, view)) else { throw misunderstood(.definition) }
        do { return try DomainDefinition(xml: xml) } catch { throw unreadable(error, .definition) }
    }

    func compareCPU(_ request: CPUComparisonRequest) async throws(HypervisorError) -> CPUComparison {
        guard case .comparison(let comparison) = try await ask(.compareCPU(request)) else {
            throw misunderstood(.compareCPU)
        }
        return comparison
    }

    func storageVolume(atPath path: String) async throws(HypervisorError) -> VolumeLookup {
        guard case .volume(let lookup) = try await ask(.storageVolume(path: path)) else {
            throw misunderstood(.storageVolume)
        }
        return lookup
    }

    func jobStatistics(of uuid: DomainUUID) async throws(HypervisorError) -> JobStatistics {
        guard case .statistics(let statistics) = try await ask(.jobStatistics(uuid)) else {
            throw misunderstood(.jobStatistics)
        }
        return statistics
    }

    func migrate(_ uuid: DomainUUID, _ transfer: Transfer, deadline: Duration) async throws(HypervisorError) {
        let deadline = min(max(deadline, .zero), RemoteLine.longestDeadline)
        _ = try await hypervisor.call(.migrate(uuid, transfer, deadline: deadline), uri, deadline: deadline)
    }

    func abortJob(of uuid: DomainUUID) async throws(HypervisorError) { _ = try await ask(.abortJob(uuid)) }

    func setMark(_ mark: OwnershipMark, of uuid: DomainUUID) async throws(HypervisorError) {
        _ = try await ask(.act(uuid, .mark(mark)))
    }

    func setStartsWithHost(_ starts: Bool, of uuid: DomainUUID) async throws(HypervisorError) {
        _ = try await ask(.act(uuid, .setStartsWithHost(starts)))
    }

    func makePersistent(_ uuid: DomainUUID) async throws(HypervisorError) {
        _ = try await ask(.act(uuid, .makePersistent))
    }

    func undefine(_ uuid: DomainUUID, marked mark: OwnershipMark) async throws(HypervisorError) {
        _ = try await ask(.act(uuid, .undefine(mark)))
    }

    func resume(_ uuid: DomainUUID, run: Int32) async throws(HypervisorError) {
        _ = try await ask(.act(uuid, .resume(run: run)))
    }

    func destroy(_ uuid: DomainUUID, run: Int32, onlyIfPaused: Bool) async throws(HypervisorError) {
        _ = try await ask(.act(uuid, .destroy(run: run, onlyIfPaused: onlyIfPaused)))
    }

    func createVolume(_ order: VolumeOrder) async throws(HypervisorError) { _ = try await ask(.createVolume(order)) }

    func deleteVolume(_ order: VolumeOrder, onlyIfEmpty: Bool) async throws(HypervisorError) {
        _ = try await ask(.deleteVolume(order, onlyIfEmpty: onlyIfEmpty))
    }

    func events() async throws(HypervisorError) -> AsyncStream<HostEvent> {
        let queue = EventQueue(bound: hypervisor.options.waitingEvents)
        _ = try await hypervisor.call(.events, uri, deadline: hypervisor.options.callDeadline, queue)
        return queue.stream()
    }

    private func ask(_ call: RemoteCall) async throws(HypervisorError) -> RemoteValue {
        try await hypervisor.call(call, uri, deadline: hypervisor.options.callDeadline)
    }

    private func misunderstood(_ call: HostCall) -> HypervisorError {
        HypervisorError(
            code: .internalError, message: "the answer is one to another call", call: call.libvirtName, uri: uri.text)
    }

    private func unreadable(_ error: DefinitionError, _ call: HostCall) -> HypervisorError {
        HypervisorError(code: .internalError, message: "\(error)", call: call.libvirtName, uri: uri.text)
    }
}
