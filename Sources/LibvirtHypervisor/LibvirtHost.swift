import HypervisorAPI

/// One host over libvirt. Queries, acts and events go over its control connection, migrations over others: a
/// migration holds its call for as long as it lasts, and a few of them would leave no room for the abort.
final class LibvirtHost: HypervisorHost {
    let uri: HypervisorURI
    private let options: Libvirt.Options
    private let control: ConnectionPool<LibvirtLink>
    private let transfers: ConnectionPool<LibvirtLink>

    init(uri: HypervisorURI, options: Libvirt.Options) {
        self.uri = uri
        self.options = options
        control = ConnectionPool(
            uri: uri.text,
            limits: ConnectionPool.Limits(
                connections: 1,
                each: ConnectionState.Limits(
                    calls: options.controlCalls, reserved: options.controlCallsForAborts,
                    waiting: options.waitingControlCalls),
                stuck: options.stuckControlCalls),
            connectTimeout: options.connectTimeout,
            connector: LibvirtLink.connector(uri: uri, options: options, wantsEvents: true))
        transfers = ConnectionPool(
            uri: uri.text,
            limits: ConnectionPool.Limits(
                connections: options.transferConnections,
                each: ConnectionState.Limits(calls: options.transferCalls, reserved: 0, waiting: 0),
                stuck: options.stuckTransferCalls),
            connectTimeout: options.connectTimeout,
            connector: LibvirtLink.connector(uri: uri, options: options, wantsEvents: false))
    }

    func identity() async throws(HypervisorError) -> HostIdentity {
        try await query("virConnectGetCapabilities") { session throws(HypervisorError) in try session.identity() }
    }

    func capabilities() async throws(HypervisorError) -> HostCapabilities {
        try await query("virConnectGetCapabilities") { session throws(HypervisorError) in try session.capabilities() }
    }

    func domains() async throws(HypervisorError) -> [DomainSummary] {
        try await query("virConnectGetAllDomainStats") { session throws(HypervisorError) in try session.domains() }
    }

    func domain(_ uuid: DomainUUID) async throws(HypervisorError) -> DomainSummary? {
        try await query("virDomainLookupByUUIDString") { session throws(HypervisorError) in try session.domain(uuid) }
    }

    func domain(named name: String) async throws(HypervisorError) -> DomainSummary? {
        try await query("virDomainLookupByName") { session throws(HypervisorError) in try session.domain(named: name) }
    }

    func definition(of uuid: DomainUUID, _ view: DefinitionView) async throws(HypervisorError) -> DomainDefinition {
        try await query("virDomainGetXMLDesc") { session throws(HypervisorError) in
            try session.definition(of: uuid, view)
        }
    }

    func compareCPU(_ request: CPUComparisonRequest) async throws(HypervisorError) -> CPUComparison {
        try await query("virConnectCompareHypervisorCPU") { session throws(HypervisorError) in
            try session.compareCPU(request)
        }
    }

    func storageVolume(atPath path: String) async throws(HypervisorError) -> VolumeLookup {
        try await query("virStorageVolLookupByPath") { session throws(HypervisorError) in
            try session.storageVolume(atPath: path)
        }
    }

    func jobStatistics(of uuid: DomainUUID) async throws(HypervisorError) -> JobStatistics {
        try await query("virDomainGetJobStats") { session throws(HypervisorError) in
            try session.jobStatistics(of: uuid)
        }
    }

    func migrate(_ uuid: DomainUUID, _ transfer: Transfer, deadline: Duration) async throws(HypervisorError) {
        try await transfers.call("virDomainMigrateToURI3", timeout: deadline) { [uri] link throws(HypervisorError) in
            try Session(link, uri).migrate(uuid, transfer)
        }
    }

    func abortJob(of uuid: DomainUUID) async throws(HypervisorError) {
        try await query("virDomainAbortJob", isUrgent: true) { session throws(HypervisorError) in
            try session.abortJob(of: uuid)
        }
    }

    func setMark(_ mark: OwnershipMark, of uuid: DomainUUID) async throws(HypervisorError) {
        try await query("virDomainSetMetadata") { session throws(HypervisorError) in
            try session.setMark(mark, of: uuid)
        }
    }

    func setStartsWithHost(_ starts: Bool, of uuid: DomainUUID) async throws(HypervisorError) {
        try await query("virDomainSetAutostart") { session throws(HypervisorError) in
            try session.setStartsWithHost(starts, of: uuid)
        }
    }

    func makePersistent(_ uuid: DomainUUID) async throws(HypervisorError) {
        try await query("virDomainDefineXMLFlags") { session throws(HypervisorError) in
            try session.makePersistent(uuid)
        }
    }

    func undefine(_ uuid: DomainUUID, marked mark: OwnershipMark) async throws(HypervisorError) {
        try await query("virDomainUndefineFlags") { session throws(HypervisorError) in
            try session.undefine(uuid, marked: mark)
        }
    }

    func resume(_ uuid: DomainUUID, run: Int32) async throws(HypervisorError) {
        try await query("virDomainResume") { session throws(HypervisorError) in try session.resume(uuid, run: run) }
    }

    func destroy(_ uuid: DomainUUID, run: Int32, onlyIfPaused: Bool) async throws(HypervisorError) {
        try await query("virDomainDestroyFlags", isUrgent: true) { session throws(HypervisorError) in
            try session.destroy(uuid, run: run, onlyIfPaused: onlyIfPaused)
        }
    }

    func createVolume(_ order: VolumeOrder) async throws(HypervisorError) {
        try await query("virStorageVolCreateXML") { session throws(HypervisorError) in
            try session.createVolume(order)
        }
    }

    func deleteVolume(_ order: VolumeOrder, onlyIfEmpty: Bool) async throws(HypervisorError) {
        try await query("virStorageVolDelete") { session throws(HypervisorError) in
            try session.deleteVolume(order, onlyIfEmpty: onlyIfEmpty)
        }
    }

    func events() async throws(HypervisorError) -> AsyncStream<HostEvent> {
        let buffer = options.eventBuffer
        return try await control.call("virConnectDomainEventRegisterAny", timeout: options.callTimeout) {
            link throws(HypervisorError) in
            if let failure = link.eventsFailure { throw failure }
            return link.events.listen(buffer: buffer)
        }
    }

    /// Ends every wait and takes no more calls.
    func refuseCalls() {
        control.refuseCalls()
        transfers.refuseCalls()
    }

    func shutDown() async {
        async let controlEnd: Void = control.shutDown(timeout: options.closeTimeout)
        async let transfersEnd: Void = transfers.shutDown(timeout: options.closeTimeout)
        _ = await (controlEnd, transfersEnd)
    }

    private func query<Value: Sendable>(
        _ call: String, isUrgent: Bool = false,
        _ body: @escaping @Sendable (Session) throws(HypervisorError) -> Value
    ) async throws(HypervisorError) -> Value {
        try await control.call(call, timeout: options.callTimeout, isUrgent: isUrgent) {
            [uri] link throws(HypervisorError) in try body(Session(link, uri))
        }
    }
}
