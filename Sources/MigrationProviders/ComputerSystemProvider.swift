import CIM
import HypervisorAPI
import MigrationLogic
import WBEMServer

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

    var revision: InstanceRevision? { context.revision }

    func instances() async throws(CIMError) -> InstanceList {
        let moving = Set(context.driver.state.jobs.values.filter { $0.phase == .transferring }.map(\.plan.guestUUID))
        return InstanceList(context.guests.all) { instance($0, isMoving: moving.contains($0.domain.uuid)) }
    }

    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        var path = path
        path.host = nil
        path.namespace = context.namespace
        guard let guest = context.guest(at: path) else { return nil }
        let isMoving = context.driver.state.jobs.values.contains {
            $0.phase == .transferring && $0.plan.guestUUID == guest.domain.uuid
        }
        return instance(guest, isMoving: isMoving)
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
