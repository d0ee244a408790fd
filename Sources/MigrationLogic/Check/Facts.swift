import HypervisorAPI

/// Everything the checks look at, gathered once per run. A check asks nobody anything.
package struct Facts: Hashable, Sendable {
    package var plan: MigrationPlan
    /// Directories that the configuration declares to be the same on every host.
    package var sharedPaths: [String]
    package var ownership: Ownership

    package var sourceIdentity: Reading<HostIdentity>
    package var guest: Reading<DomainSummary?>
    package var definition: Reading<DomainDefinition>
    package var guestJob: Reading<JobStatistics>

    package var destinationIdentity: Reading<HostIdentity>
    package var destinationCapabilities: Reading<HostCapabilities>
    /// What the destination has under the guest's name and UUID.
    package var sameName: Reading<DomainSummary?>
    package var sameUUID: Reading<DomainSummary?>
    /// `.known(nil)`: the guest asks for no particular CPU.
    package var cpu: Reading<CPUComparison?>
    /// The destination's storage pools asked about each disk's path.
    package var volumes: [String: Reading<VolumeLookup>]
    /// The source's storage pools asked about each disk's path, where disks are to be copied.
    package var sourceVolumes: [String: Reading<VolumeLookup>]
    /// What an earlier preparation of the same job may have made at the destination.
    package var staged: [VolumeOrder]
    /// By the two hosts' names.
    package var lockManagers: [String: Reading<LockManager>]

    /// Nothing read yet.
    package init(plan: MigrationPlan, sharedPaths: [String], ownership: Ownership = Ownership()) {
        let reason = "not read"
        self.plan = plan
        self.sharedPaths = sharedPaths
        self.ownership = ownership
        sourceIdentity = .notRead(reason)
        guest = .notRead(reason)
        definition = .notRead(reason)
        guestJob = .notRead(reason)
        destinationIdentity = .notRead(reason)
        destinationCapabilities = .notRead(reason)
        sameName = .notRead(reason)
        sameUUID = .notRead(reason)
        cpu = .notRead(reason)
        volumes = [:]
        sourceVolumes = [:]
        staged = []
        lockManagers = [:]
    }

    package var sourceName: String { plan.source.name }
    package var destinationName: String { plan.destination.name }

    /// The disks that must be the same at both ends: writable or not, with a medium.
    package var mediaDisks: [Disk] { (definition.value?.disks ?? []).filter { $0.source != .empty } }
}
