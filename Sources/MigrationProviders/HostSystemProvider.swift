import CIM
import HypervisorAPI
import MigrationLogic
import WBEMServer

/// A system that guests are on, or that the services are on.
struct HostSystem: Sendable {
    var name: String
    /// `nil` for the daemon's machine where it is no configured host.
    var host: HostState?
}

extension ProviderContext {
    /// The name of the daemon's machine: of its instance, and in the keys of everything that it hosts.
    var machineName: String { machine(driver.state)?.description.name ?? description.hostName }

    /// The configured hosts; before them the daemon's machine, where it is none of them.
    var hostSystems: [HostSystem] {
        let state = driver.state
        let hosts = state.orderedHosts.map { HostSystem(name: $0.description.name, host: $0) }
        return machine(state) == nil ? [HostSystem(name: description.hostName)] + hosts : hosts
    }

    /// The configured host that is the daemon's machine. Told by its name alone: what hosts say of themselves is known
    /// only after they were reached, and a key must not change then.
    private func machine(_ state: MigrationState) -> HostState? {
        let name = description.hostName.lowercased()
        return state.orderedHosts.first { $0.description.name.lowercased() == name }
    }
}

/// The configured hosts, as they were last read, and the daemon's machine.
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
    private static let description = PropertyKey<String>("Description")
    private static let dedicated = PropertyKey<[UInt16]>("Dedicated")

    private let context: ProviderContext
    private let isMachineOnly: Bool

    /// - Parameter isMachineOnly: where other services than the migration service are, the daemon's machine is enough.
    init(_ context: ProviderContext, isMachineOnly: Bool = false) {
        self.context = context
        self.isMachineOnly = isMachineOnly
    }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.hostSystem,
            properties: [
                Self.creationClassName, Self.name, Self.elementName, Self.operationalStatus, Self.enabledState,
                Self.connectionURI, Self.migrationAddress, Self.hostUUID, Self.hypervisorType, Self.hypervisorVersion,
                Self.libraryVersion, Self.bandwidthCap, Self.lastError, Self.description, Self.dedicated,
            ])
    }

    var revision: InstanceRevision? { context.revision }

    func instances() async throws(CIMError) -> InstanceList {
        InstanceList(isMachineOnly ? [machine] : context.hostSystems, instance)
    }

    private var machine: HostSystem {
        let name = context.machineName
        return context.hostSystems.first { $0.name == name } ?? HostSystem(name: name)
    }

    private func instance(_ system: HostSystem) -> CIMInstance {
        var builder = InstanceBuilder(context.family.hostSystem)
        builder[Self.creationClassName] = context.family.hostSystem.text
        builder[Self.name] = system.name
        guard let host = system.host else {
            builder[Self.elementName] = system.name
            builder[Self.description] = "The machine that migrationd runs on. It is none of the configured hosts."
            builder[Self.dedicated] = [14]
            builder[Self.operationalStatus] = [2]
            builder[Self.enabledState] = 2
            return builder.instance
        }
        add(host, &builder)
        return builder.instance
    }

    private func add(_ host: HostState, _ builder: inout InstanceBuilder) {
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
    }
}
