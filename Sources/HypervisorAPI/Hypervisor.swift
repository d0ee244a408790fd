/// Gives access to hosts by their URI. One implementation speaks libvirt, another keeps its hosts in memory.
package protocol Hypervisor: Sendable {
    /// A handle on the host behind `uri`; the same one for the same URI. Nothing is connected yet: the
    /// first call connects, and a call after a lost connection connects again.
    func host(_ uri: HypervisorURI) -> any HypervisorHost

    /// Closes every connection. Calls in flight end with `.connectionLost`; later calls with `.shutDown`.
    func shutDown() async
}

/// One host's operations.
///
/// Every call has a deadline of the implementation's own (`Options`). Passed: `.unknownOutcome`, which
/// never means that the call failed. Cancelling the task that waits has the same effect: the remote
/// call goes on. Errors carry what was tried, where, and what the hypervisor said, verbatim.
package protocol HypervisorHost: Sendable {
    var uri: HypervisorURI { get }

    /// Who and what the host is.
    func identity() async throws(HypervisorError) -> HostIdentity

    /// What the host's hypervisor can run, as it describes it itself.
    func capabilities() async throws(HypervisorError) -> HostCapabilities

    /// All domains, running or only defined, in no particular order.
    func domains() async throws(HypervisorError) -> [DomainSummary]

    /// `nil` when the host answered that it knows no such domain: an answer, not a failure to ask.
    func domain(_ uuid: DomainUUID) async throws(HypervisorError) -> DomainSummary?

    /// `nil` when the host answered that it knows no domain of that name.
    func domain(named name: String) async throws(HypervisorError) -> DomainSummary?

    /// The domain's XML, secrets left out.
    func definition(of uuid: DomainUUID, _ view: DefinitionView) async throws(HypervisorError) -> DomainDefinition

    /// Whether the host's hypervisor can provide the CPU that `cpu` describes (a domain's `<cpu>` element).
    func compareCPU(_ request: CPUComparisonRequest) async throws(HypervisorError) -> CPUComparison

    /// Whether a path is known to the host's storage pools.
    func storageVolume(atPath path: String) async throws(HypervisorError) -> VolumeLookup

    /// The running job's figures; `.none` when there is no job.
    func jobStatistics(of uuid: DomainUUID) async throws(HypervisorError) -> JobStatistics

    /// Moves a domain away from this host and returns when that is over. The deadline is the caller's:
    /// a migration has no natural bound. Passed: `.unknownOutcome`.
    func migrate(_ uuid: DomainUUID, _ transfer: Transfer, deadline: Duration) async throws(HypervisorError)

    /// Asks the domain's running job to stop. Returns when the request was accepted, not when the job ended.
    func abortJob(of uuid: DomainUUID) async throws(HypervisorError)

    /// Writes the mark into the domain's metadata: of what runs and of what is defined, in one call. Blocks for as long
    /// as libvirt waits for the domain's job lock (30 s) while a migration runs, and fails then.
    /// Source: libvirt `virDomainSetMetadata`, `VIR_DOMAIN_METADATA_ELEMENT`.
    func setMark(_ mark: OwnershipMark, of uuid: DomainUUID) async throws(HypervisorError)

    /// Whether the host starts the domain when it boots. `.operationInvalid` for a domain without a definition.
    func setStartsWithHost(_ starts: Bool, of uuid: DomainUUID) async throws(HypervisorError)

    /// Gives a running domain that has no definition the one it runs with (`VIR_DOMAIN_XML_INACTIVE`, secrets included).
    /// Does nothing when it has one.
    func makePersistent(_ uuid: DomainUUID) async throws(HypervisorError)

    /// Removes the domain's definition; its NVRAM and TPM state are kept always.
    /// - Throws: `.operationInvalid`, with nothing done, when the domain runs, or when the definition does not carry
    ///   exactly this mark; `.noSuchDomain` when there is none.
    func undefine(_ uuid: DomainUUID, marked mark: OwnershipMark) async throws(HypervisorError)

    /// Lets a paused domain go on.
    /// - Throws: `.operationInvalid`, with nothing done, when it does not run under this number.
    func resume(_ uuid: DomainUUID, run: Int32) async throws(HypervisorError)

    /// Ends the domain's process at once. Its definition stays.
    /// - Parameter onlyIfPaused: what runs is not ended; looked at right before.
    /// - Throws: `.operationInvalid`, with nothing done, when it does not run under this number, or runs although it should
    ///   be paused.
    func destroy(_ uuid: DomainUUID, run: Int32, onlyIfPaused: Bool) async throws(HypervisorError)

    /// Makes an empty volume in a storage pool, not allocated in advance.
    /// - Throws: `.volumeExists`, with nothing done, when the pool has one of that name, or the file is there.
    func createVolume(_ order: VolumeOrder) async throws(HypervisorError)

    /// Removes a volume that no domain of the host names as a disk.
    /// - Parameter onlyIfEmpty: nothing was ever written to it (`VolumeLookup.found`).
    /// - Throws: `.noSuchStorageVolume` when a running pool covers the path and has none; `.volumeDiffers`, with nothing done,
    ///   when what is there has another capacity or format than the order, is named by a domain, or is not empty although
    ///   it should be; `.operationFailed` when no running pool covers the path: nothing is known then.
    func deleteVolume(_ order: VolumeOrder, onlyIfEmpty: Bool) async throws(HypervisorError)

    /// Lifecycle events from now on. The stream ends when the connection is lost; call again to go on.
    func events() async throws(HypervisorError) -> AsyncStream<HostEvent>
}
