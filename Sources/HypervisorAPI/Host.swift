/// Who a host is and what runs there.
package struct HostIdentity: Hashable, Sendable, Codable {
    /// The host's own UUID (`/capabilities/host/uuid`), lower case; two URIs with the same one are the same host.
    package var uuid: String
    /// The host's name as its hypervisor reports it.
    package var hostName: String
    /// `QEMU`, `Xen`, ... (`virConnectGetType`).
    package var hypervisorType: String
    /// major × 1,000,000 + minor × 1,000 + release.
    package var hypervisorVersion: UInt64
    /// The hypervisor library's version, in the same form.
    package var libraryVersion: UInt64

    package init(
        uuid: String, hostName: String, hypervisorType: String, hypervisorVersion: UInt64, libraryVersion: UInt64
    ) {
        self.uuid = uuid
        self.hostName = hostName
        self.hypervisorType = hypervisorType
        self.hypervisorVersion = hypervisorVersion
        self.libraryVersion = libraryVersion
    }

    /// A version as people write it: `7.2.0`.
    package static func versionText(_ version: UInt64) -> String {
        "\(version / 1_000_000).\(version / 1000 % 1000).\(version % 1000)"
    }
}

/// Something that happened on a host, copied out of the hypervisor's callback.
package enum HostEvent: Hashable, Sendable, Codable {
    case domain(DomainUUID, name: String, DomainEvent)
    /// The consumer was too slow and some events are gone: read everything again.
    case eventsLost
}

/// A domain's lifecycle events, in libvirt's terms (`virDomainEventType`).
package enum DomainEvent: Hashable, Sendable, Codable {
    case defined, undefined
    case started(migrated: Bool)
    case suspended(migrated: Bool)
    case resumed(migrated: Bool)
    case stopped(migrated: Bool)
    case shutDown, crashed, powerManagementSuspended
    /// The domain's job ended well (`VIR_DOMAIN_EVENT_ID_JOB_COMPLETED`).
    case jobCompleted
}

/// Whether a path is known to a host's storage pools.
package enum VolumeLookup: Hashable, Sendable, Codable {
    /// - Parameter capacity: the volume's virtual size in bytes.
    /// - Parameter isEmpty: nothing was ever written to it: what is allocated is no more than its format needs.
    case found(pool: String, capacity: UInt64, isEmpty: Bool)
    /// A running pool covers the path's directory and has no such volume.
    case missing(pool: String)
    /// No running pool covers the path: nothing is known.
    case notCovered
}

/// A question for `HypervisorHost.compareCPU`.
package struct CPUComparisonRequest: Hashable, Sendable, Codable {
    /// The domain's `<cpu>` element.
    package var cpuXML: String
    package var emulator: String?
    package var architecture: String
    package var machine: String?
    /// `kvm`, `qemu`, ...
    package var virtualizationType: String

    package init(cpuXML: String, emulator: String?, architecture: String, machine: String?, virtualizationType: String)
    {
        self.cpuXML = cpuXML
        self.emulator = emulator
        self.architecture = architecture
        self.machine = machine
        self.virtualizationType = virtualizationType
    }
}

package enum CPUComparison: Hashable, Sendable, Codable {
    case identical
    /// The host offers everything asked for, and more.
    case superset
    /// - Parameter reason: the hypervisor's own words, such as the features that are missing.
    case incompatible(reason: String)
}
