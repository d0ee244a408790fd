import HypervisorAPI

/// A host as it is now.
struct HostState: Sendable {
    let description: HostDescription
    var hasPower: Bool
    var runsDaemon: Bool
    /// Whether this process reaches it.
    var isReachable: Bool
    var domains: [DomainUUID: DomainRecord] = [:]
    /// Files that this host alone cannot open although they are there.
    var missingPaths: Set<String> = []
    /// Files that this host alone cannot write to.
    var fullPaths: Set<String> = []
    private var lastDomainID: Int32 = 0

    init(_ description: HostDescription) {
        self.description = description
        hasPower = description.condition != .down
        runsDaemon = description.condition == .up || description.condition == .unreachable
        isReachable = description.condition != .unreachable
    }

    var name: String { description.name }
    var emulator: String { "/usr/bin/qemu-system-\(description.architecture)" }

    /// In the order of their UUIDs.
    var sortedDomains: [DomainRecord] { domains.values.sorted { $0.uuid < $1.uuid } }

    /// The memory that running guests hold, in MiB.
    var usedMemoryMiB: UInt64 { domains.values.reduce(0) { $0 + ($1.live?.memoryMiB ?? 0) } }

    func domain(named name: String) -> DomainRecord? { domains.values.first { $0.name == name } }

    mutating func nextDomainID() -> Int32 {
        lastDomainID += 1
        return lastDomainID
    }

    /// Features that a guest asks for and this host lacks, sorted; the model itself when nobody knows it.
    func missingFeatures(for cpu: CPUDescription) -> [String] {
        guard let wanted = CPUModels.features(of: cpu) else { return [cpu.model] }
        return wanted.subtracting(CPUModels.features(of: description.cpu) ?? []).sorted()
    }
}

/// What a domain is made of, and what its metadata says: what runs and what is defined each have their own.
@dynamicMemberLookup
struct Definition: Hashable, Sendable {
    var hardware: Hardware
    var mark: OwnershipMark?

    subscript<Value>(dynamicMember path: WritableKeyPath<Hardware, Value>) -> Value {
        get { hardware[keyPath: path] }
        set { hardware[keyPath: path] = newValue }
    }

    /// As a migration passes it on.
    func carrying(_ mark: OwnershipMark?) -> Definition { Definition(hardware: hardware, mark: mark ?? self.mark) }
}

/// A domain on one host: what runs there, what is defined there, or both.
struct DomainRecord: Sendable {
    enum Job: Hashable, Sendable {
        case outgoing(MigrationID)
        case incoming(MigrationID)
        /// Waits for a migration whose daemon died; the daemon removes it when it starts again.
        case orphaned
    }

    let uuid: DomainUUID
    let name: String
    var id: Int32?
    var state: DomainState
    var pausedReason: PausedReason?
    var live: Definition?
    var persistent: Definition?
    /// Goes with the definition.
    var startsWithHost = false
    var job: Job?
    /// Paused because the end of its migration is not known here.
    var isUndecided = false

    var isActive: Bool { state.isActive }
    var isExecuting: Bool { state == .running || state == .blocked }
    /// What the definition shows by default.
    var current: Definition? { live ?? persistent }

    var summary: DomainSummary {
        DomainSummary(
            uuid: uuid, name: name, id: id, state: state, pausedReason: state == .paused ? pausedReason ?? .user : nil,
            isPersistent: persistent != nil, memoryKiB: (current?.memoryMiB ?? 0) * 1024,
            virtualCPUs: current?.virtualCPUs ?? 0, mark: current?.mark,
            startsWithHost: persistent != nil && startsWithHost)
    }

    /// The record once it has no definition any more; `nil` when nothing is left of it.
    var withoutDefinition: DomainRecord? {
        guard isActive else { return nil }
        var record = self
        record.persistent = nil
        record.startsWithHost = false
        return record
    }

    /// What is left when it no longer runs.
    mutating func shutOff() {
        id = nil
        state = .shutOff
        pausedReason = nil
        live = nil
        job = nil
        isUndecided = false
    }
}
