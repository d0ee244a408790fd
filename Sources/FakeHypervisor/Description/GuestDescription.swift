import HypervisorAPI

package struct GuestDescription: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable { case running, paused, shutOff }

    package var name: String
    package var uuid: DomainUUID
    package var state: State
    package var isPersistent: Bool
    /// Starts with its host.
    package var startsWithHost: Bool
    /// In its metadata, of what runs and of what is defined.
    package var mark: OwnershipMark?
    package var hardware: Hardware

    package init(
        name: String, uuid: DomainUUID, state: State = .running, isPersistent: Bool = true,
        startsWithHost: Bool = false, mark: OwnershipMark? = nil, hardware: Hardware = Hardware()
    ) {
        self.name = name
        self.uuid = uuid
        self.state = state
        self.isPersistent = isPersistent
        self.startsWithHost = startsWithHost
        self.mark = mark
        self.hardware = hardware
    }
}

/// What a guest is made of, and how it behaves.
package struct Hardware: Hashable, Sendable {
    package var memoryMiB: UInt64
    package var virtualCPUs: UInt32
    /// `kvm`, `qemu`, ...
    package var virtualizationType: String
    package var machine: String
    /// `nil`: the definition has no `<cpu>` and runs anywhere.
    package var cpu: CPUDescription?
    package var disks: [DiskDescription]
    /// How fast it writes its memory while it runs.
    package var dirtyMiBPerSecond: Double
    /// How much memory it writes again and again; bounds what one iteration leaves for the next.
    package var workingSetMiB: Double

    package init(
        memoryMiB: UInt64 = 1024, virtualCPUs: UInt32 = 1, virtualizationType: String = "kvm",
        machine: String = "pc-q35-7.2", cpu: CPUDescription? = nil, disks: [DiskDescription] = [],
        dirtyMiBPerSecond: Double = 0, workingSetMiB: Double? = nil
    ) {
        self.memoryMiB = memoryMiB
        self.virtualCPUs = virtualCPUs
        self.virtualizationType = virtualizationType
        self.machine = machine
        self.cpu = cpu
        self.disks = disks
        self.dirtyMiBPerSecond = dirtyMiBPerSecond
        self.workingSetMiB = workingSetMiB ?? Double(memoryMiB)
    }
}

package struct DiskDescription: Hashable, Sendable {
    /// `vda`, `sda`, ...
    package var target: String
    /// `disk` or `cdrom`.
    package var device: String
    package var path: String
    /// `raw`, `qcow2`, ...
    package var format: String
    /// `none`, `directsync`, `writeback`, `writethrough`, `unsafe`; `nil`: the hypervisor's default.
    package var cache: String?
    package var sizeMiB: UInt64
    package var isReadOnly: Bool

    package init(
        target: String, device: String = "disk", path: String, format: String = "qcow2", cache: String? = "none",
        sizeMiB: UInt64 = 10240, isReadOnly: Bool = false
    ) {
        self.target = target
        self.device = device
        self.path = path
        self.format = format
        self.cache = cache
        self.sizeMiB = sizeMiB
        self.isReadOnly = isReadOnly
    }
}
