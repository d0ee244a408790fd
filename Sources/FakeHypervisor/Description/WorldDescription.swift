import HypervisorAPI

/// A world to begin with: hosts, what they share, and the guests on them. Written in Swift, read from a file
/// (`init(file:)`) or generated (`generated(seed:hosts:guests:)`).
package struct WorldDescription: Hashable, Sendable {
    package var hosts: [HostDescription]
    package var storage: [StorageDescription]
    /// Links that differ from `linkMiBPerSecond`.
    package var links: [LinkDescription]
    /// Bandwidth between any two hosts.
    package var linkMiBPerSecond: Double
    /// More migrations in flight on one host than this are a violation; `nil`: any number is right.
    package var migrationsPerHost: Int?

    package init(
        hosts: [HostDescription], storage: [StorageDescription] = [], links: [LinkDescription] = [],
        linkMiBPerSecond: Double = 1000, migrationsPerHost: Int? = nil
    ) {
        self.hosts = hosts
        self.storage = storage
        self.links = links
        self.linkMiBPerSecond = linkMiBPerSecond
        self.migrationsPerHost = migrationsPerHost
    }
}

package struct HostDescription: Hashable, Sendable {
    package enum Condition: String, Hashable, Sendable, CaseIterable {
        case up
        /// No power: nothing runs, nothing answers.
        case down
        /// Power, guests and links are there, but the management daemon does not run.
        case daemonDown
        /// Everything runs, but the callers of this process do not reach it; its peers do.
        case unreachable
    }

    package var name: String
    /// What URIs name it by, besides its name.
    package var address: String
    package var uuid: DomainUUID
    package var condition: Condition
    /// `QEMU`, ...
    package var hypervisorType: String
    /// major × 1,000,000 + minor × 1,000 + release.
    package var hypervisorVersion: UInt64
    package var libraryVersion: UInt64
    package var architecture: String
    /// `kvm`, `qemu`, ...
    package var virtualizationTypes: [String]
    package var machines: [String]
    package var cpu: CPUDescription
    /// For running guests; `nil`: without bound.
    package var memoryMiB: UInt64?
    package var guests: [GuestDescription]

    package init(
        name: String, address: String? = nil, uuid: DomainUUID, condition: Condition = .up,
        hypervisorType: String = "QEMU", hypervisorVersion: UInt64 = 7_002_000, libraryVersion: UInt64 = 9_000_000,
        architecture: String = "x86_64", virtualizationTypes: [String] = ["kvm", "qemu"],
        machines: [String] = ["pc-q35-7.2", "pc-i440fx-7.2"],
        cpu: CPUDescription = CPUDescription(model: "Skylake-Server"),
        memoryMiB: UInt64? = nil, guests: [GuestDescription] = []
    ) {
        self.name = name
        self.address = address ?? name
        self.uuid = uuid
        self.condition = condition
        self.hypervisorType = hypervisorType
        self.hypervisorVersion = hypervisorVersion
        self.libraryVersion = libraryVersion
        self.architecture = architecture
        self.virtualizationTypes = virtualizationTypes
        self.machines = machines
        self.cpu = cpu
        self.memoryMiB = memoryMiB
        self.guests = guests
    }
}

/// A directory of volumes that one host has to itself or several share.
package struct StorageDescription: Hashable, Sendable {
    package var pool: String
    package var path: String
    /// Names of the hosts that see it. On more than one it is a network file system.
    package var hosts: [String]
    package var volumes: [VolumeDescription]

    package init(pool: String, path: String, hosts: [String], volumes: [VolumeDescription] = []) {
        self.pool = pool
        self.path = path
        self.hosts = hosts
        self.volumes = volumes
    }
}

package struct VolumeDescription: Hashable, Sendable {
    /// The file's name in the pool's directory.
    package var name: String
    package var sizeMiB: UInt64
    /// `raw`, `qcow2`, ...
    package var format: String

    package init(name: String, sizeMiB: UInt64, format: String = "qcow2") {
        self.name = name
        self.sizeMiB = sizeMiB
        self.format = format
    }
}

/// The link between two hosts.
package struct LinkDescription: Hashable, Sendable {
    package var hosts: [String]
    package var bandwidthMiBPerSecond: Double
    package var isCut: Bool

    package init(_ first: String, _ second: String, bandwidthMiBPerSecond: Double, isCut: Bool = false) {
        hosts = [first, second]
        self.bandwidthMiBPerSecond = bandwidthMiBPerSecond
        self.isCut = isCut
    }
}

package struct CPUDescription: Hashable, Sendable {
    /// One of `CPUModels.names`.
    package var model: String
    /// Beyond those of the model.
    package var features: [String]

    package init(model: String, features: [String] = []) {
        self.model = model
        self.features = features
    }
}
