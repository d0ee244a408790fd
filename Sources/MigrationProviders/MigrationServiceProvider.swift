import CIM
import MigrationDriver
import MigrationLogic
import WBEMServer

/// The migration service: the face of the whole daemon. Source: DSP1081; class and key values as libvirt-cim gives them.
struct MigrationServiceProvider: InstanceProvider {
    static let serviceName = "MigrationService"
    private static let systemCreationClassName = PropertyKey<String>("SystemCreationClassName")
    private static let systemName = PropertyKey<String>("SystemName")
    private static let creationClassName = PropertyKey<String>("CreationClassName")
    private static let name = PropertyKey<String>("Name")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let started = PropertyKey<Bool>("Started")
    private static let enabledState = PropertyKey<UInt16>("EnabledState")
    private static let requestedState = PropertyKey<UInt16>("RequestedState")
    private static let enabledDefault = PropertyKey<UInt16>("EnabledDefault")
    private static let transitioningToState = PropertyKey<UInt16>("TransitioningToState")
    private static let operationalStatus = PropertyKey<[UInt16]>("OperationalStatus")
    private static let softwareVersion = PropertyKey<String>("SoftwareVersion")
    private static let hypervisorDriver = PropertyKey<String>("HypervisorDriver")
    private static let startTime = PropertyKey<CIMDateTime>("StartTime")
    private static let externalChecksDirectory = PropertyKey<String>("ExternalChecksDirectory")
    private static let externalChecksState = PropertyKey<UInt16>("ExternalChecksState")
    private static let journalState = PropertyKey<String>("JournalState")
    private static let daemonUUID = PropertyKey<String>("DaemonUUID")
    private static let recoveryNeed = PropertyKey<String>("RecoveryNeed")
    private static let foreignGuests = PropertyKey<[String]>("ForeignGuests")

    private let context: ProviderContext
    private let methods: MigrationMethods
    private let recovery: RecoveryMethods

    init(_ context: ProviderContext) {
        self.context = context
        methods = MigrationMethods(context)
        recovery = RecoveryMethods(context)
    }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.service,
            properties: [
                Self.systemCreationClassName, Self.systemName, Self.creationClassName, Self.name, Self.elementName,
                Self.started, Self.enabledState, Self.requestedState, Self.enabledDefault, Self.transitioningToState,
                Self.operationalStatus, Self.softwareVersion, Self.hypervisorDriver, Self.startTime,
                Self.externalChecksDirectory, Self.externalChecksState, Self.journalState,
                Self.daemonUUID, Self.recoveryNeed, Self.foreignGuests,
            ], methods: MigrationMethods.declarations + RecoveryMethods.declarations)
    }

    var revision: InstanceRevision? { context.revision }

    func instances() async throws(CIMError) -> InstanceList {
        let description = context.description
        let state = context.driver.state
        var builder = InstanceBuilder(context.family.service)
        builder[Self.systemCreationClassName] = context.family.hostSystem.text
        builder[Self.systemName] = context.machineName
        builder[Self.creationClassName] = context.family.service.text
        builder[Self.name] = Self.serviceName
        builder[Self.elementName] = Self.serviceName
        builder[Self.started] = true
        builder[Self.enabledState] = 5
        builder[Self.requestedState] = 12
        builder[Self.enabledDefault] = 2
        builder[Self.transitioningToState] = 12
        // 3 Degraded: it only reads. 2 OK.
        builder[Self.operationalStatus] = [state.recoveryNeed == nil ? 2 : 3]
        builder[Self.softwareVersion] = description.softwareVersion
        builder[Self.hypervisorDriver] = description.hypervisorDriver
        builder[Self.startTime] = CIMDateTime(microsecondsSince1970: description.startedAtMicroseconds)
        builder[Self.externalChecksDirectory] = description.externalChecksDirectory
        builder[Self.externalChecksState] = description.externalChecksDirectory == nil ? 3 : 2
        builder[Self.journalState] = context.driver.journalState
        builder[Self.daemonUUID] = state.daemon
        builder[Self.recoveryNeed] = state.recoveryNeed?.reason
        builder[Self.foreignGuests] = state.foreignGuests.map { copy in
            "\(copy.domain.name) on \(copy.host): \(copy.domain.mark.map { "\($0)" } ?? "no mark")"
        }
        return [builder.instance]
    }

    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        if RecoveryMethods.declarations.contains(where: { $0.name == call.name }) {
            return try await recovery.invoke(call)
        }
        return try await methods.invoke(call)
    }
}
