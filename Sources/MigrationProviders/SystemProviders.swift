import CIM
import HypervisorAPI
import MigrationDriver
import MigrationLogic
import WBEMServer

/// The configured hosts, as they were last read.
struct HostSystemProvider: InstanceProvider {
    private static let creationClassName = PropertyKey<String>("CreationClassName")
    private static let name = PropertyKey<String>("Name")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let operationalStatus = PropertyKey<[UInt16]>("OperationalStatus")
    private static let enabledState = PropertyKey<UInt16>("EnabledState")
    private static let connectionURI = PropertyKey<String>("ConnectionURI")
    private static let migrationAddress = PropertyKey<String>("MigrationAddress")
    private static let hostUUID = PropertyKey<String>("HostUUID")
    private static let hypervisorType = PropertyKey<String>("HypervisorType")
    private static let hypervisorVersion = PropertyKey<String>("HypervisorVersion")
    private static let libraryVersion = PropertyKey<String>("LibraryVersion")
    private static let bandwidthCap = PropertyKey<UInt64>("BandwidthCapMiBps")
    private static let lastError = PropertyKey<String>("LastError")

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.hostSystem,
            properties: [
                Self.creationClassName, Self.name, Self.elementName, Self.operationalStatus, Self.enabledState,
                Self.connectionURI, Self.migrationAddress, Self.hostUUID, Self.hypervisorType, Self.hypervisorVersion,
                Self.libraryVersion, Self.bandwidthCap, Self.lastError,
            ])
    }

    func instances() async throws(CIMError) -> InstanceList {
        InstanceList(context.driver.state.orderedHosts, instance)
    }

    private func instance(_ host: HostState) -> CIMInstance {
        var builder = InstanceBuilder(context.family.hostSystem)
        builder[Self.creationClassName] = context.family.hostSystem.text
        builder[Self.name] = host.description.name
        builder[Self.elementName] = host.identity?.hostName ?? host.description.name
        builder[Self.connectionURI] = host.description.uri
        builder[Self.migrationAddress] = host.description.migrationAddress
        builder[Self.bandwidthCap] = host.description.bandwidthMiBPerSecond
        if let identity = host.identity {
            builder[Self.hostUUID] = identity.uuid
            builder[Self.hypervisorType] = identity.hypervisorType
            builder[Self.hypervisorVersion] = HostIdentity.versionText(identity.hypervisorVersion)
            builder[Self.libraryVersion] = HostIdentity.versionText(identity.libraryVersion)
        }
        switch host.contact {
        case .unknown:
            builder[Self.operationalStatus] = [0]
            builder[Self.enabledState] = 0
        case .reachable:
            builder[Self.operationalStatus] = [2]
            builder[Self.enabledState] = 2
        case .unreachable(let error):
            builder[Self.operationalStatus] = [12]
            builder[Self.enabledState] = 0
            builder[Self.lastError] = "\(error)"
        }
        return builder.instance
    }
}

/// The guests of all configured hosts, under their libvirt names as libvirt-cim shows them.
struct ComputerSystemProvider: InstanceProvider {
    private static let creationClassName = PropertyKey<String>("CreationClassName")
    private static let name = PropertyKey<String>("Name")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let uuid = PropertyKey<String>("UUID")
    private static let hostName = PropertyKey<String>("HostName")
    private static let enabledState = PropertyKey<UInt16>("EnabledState")
    private static let operatingStatus = PropertyKey<UInt16>("OperatingStatus")
    private static let memory = PropertyKey<UInt64>("MemoryKiB")
    private static let virtualCPUs = PropertyKey<UInt32>("VirtualCPUs")
    private static let isPersistent = PropertyKey<Bool>("IsPersistent")
    private static let startsWithHost = PropertyKey<Bool>("StartsWithHost")
    private static let migrationOwner = PropertyKey<String>("MigrationOwner")
    private static let migrationGeneration = PropertyKey<UInt64>("MigrationGeneration")

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.computerSystem,
            properties: [
                Self.creationClassName, Self.name, Self.elementName, Self.uuid, Self.hostName, Self.enabledState,
                Self.operatingStatus, Self.memory, Self.virtualCPUs, Self.isPersistent, Self.startsWithHost,
                Self.migrationOwner, Self.migrationGeneration,
            ])
    }

    func instances() async throws(CIMError) -> InstanceList {
        let state = context.driver.state
        let moving = Set(state.orderedJobs.filter { $0.phase == .transferring }.map(\.plan.guestUUID))
        return InstanceList(Self.guests(state)) { instance($0, isMoving: moving.contains($0.domain.uuid)) }
    }

    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        let state = context.driver.state
        guard path["CreationClassName"]?.stringValue == context.family.computerSystem.text,
            let name = path["Name"]?.stringValue, let guest = Self.shown(state).first(where: { $0.name == name })
        else { return nil }
        let isMoving = state.jobs.values.contains {
            $0.phase == .transferring && $0.plan.guestUUID == guest.domain.uuid
        }
        return instance(guest, isMoving: isMoving)
    }

    struct Guest {
        var name: String
        var host: String
        var domain: DomainSummary
    }

    /// `Name` is a key, and two hosts may have a guest of one name. The one that runs keeps it; another guest
    /// shows under its UUID; a second definition of the same guest is not a second guest.
    static func guests(_ state: MigrationState) -> [Guest] {
        shown(state).sorted { ($0.name, $0.host) < ($1.name, $1.host) }
    }

    private static func shown(_ state: MigrationState) -> [Guest] {
        let all = state.orderedHosts.flatMap { host in
            host.domains.map { Guest(name: $0.name, host: host.description.name, domain: $0) }
        }
        var taken: [String: DomainUUID] = [:]
        var shown: Set<DomainUUID> = []
        var guests: [Guest] = []
        let ranked = [.active, .incoming, .defined].flatMap { rank in all.filter { $0.domain.presence == rank } }
        for var guest in ranked {
            guard shown.insert(guest.domain.uuid).inserted else { continue }
            if taken[guest.name] != nil { guest.name = guest.domain.uuid.text }
            taken[guest.name] = guest.domain.uuid
            guests.append(guest)
        }
        return guests
    }

    private func instance(_ guest: Guest, isMoving: Bool) -> CIMInstance {
        var builder = InstanceBuilder(context.family.computerSystem)
        builder[Self.creationClassName] = context.family.computerSystem.text
        builder[Self.name] = guest.name
        builder[Self.elementName] = guest.domain.name
        builder[Self.uuid] = guest.domain.uuid.text
        builder[Self.hostName] = guest.host
        builder[Self.enabledState] = Self.enabledState(guest.domain.state)
        builder[Self.operatingStatus] = isMoving ? 9 : Self.operatingStatus(guest.domain.state)
        builder[Self.memory] = guest.domain.memoryKiB
        builder[Self.virtualCPUs] = guest.domain.virtualCPUs
        builder[Self.isPersistent] = guest.domain.isPersistent
        builder[Self.startsWithHost] = guest.domain.startsWithHost
        builder[Self.migrationOwner] = guest.domain.mark?.owner
        builder[Self.migrationGeneration] = guest.domain.mark?.generation
        return builder.instance
    }

    /// CIM_EnabledLogicalElement.EnabledState: 2 Enabled, 3 Disabled, 9 Quiesce, 4 Shutting Down.
    private static func enabledState(_ state: DomainState) -> UInt16 {
        switch state {
        case .running, .blocked: 2
        case .paused, .powerManagementSuspended: 9
        case .shuttingDown: 4
        case .shutOff, .crashed: 3
        case .noState: 0
        }
    }

    /// libvirt-cim's values: 5 stopped, 6 crashed, 7 paused, 9 migrating, 32768 running.
    private static func operatingStatus(_ state: DomainState) -> UInt16 {
        switch state {
        case .running, .blocked, .shuttingDown: 32768
        case .paused, .powerManagementSuspended: 7
        case .shutOff: 5
        case .crashed: 6
        case .noState: 0
        }
    }
}
