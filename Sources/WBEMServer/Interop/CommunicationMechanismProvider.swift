import CIM

/// CIM_CIMXMLCommunicationMechanism: what a client can expect of the server's CIM-XML.
struct CommunicationMechanismProvider: InstanceProvider {
    static let className: CIMName = "CIM_CIMXMLCommunicationMechanism"
    private static let systemCreationClassName = PropertyKey<String>("SystemCreationClassName")
    private static let systemName = PropertyKey<String>("SystemName")
    private static let creationClassName = PropertyKey<String>("CreationClassName")
    private static let name = PropertyKey<String>("Name")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let mechanism = PropertyKey<UInt16>("CommunicationMechanism")
    private static let version = PropertyKey<String>("Version")
    private static let protocolVersion = PropertyKey<UInt16>("CIMXMLProtocolVersion")
    private static let validated = PropertyKey<Bool>("CIMValidated")
    private static let functionalProfiles = PropertyKey<[UInt16]>("FunctionalProfilesSupported")
    private static let multipleOperations = PropertyKey<Bool>("MultipleOperationsSupported")
    private static let authentication = PropertyKey<[UInt16]>("AuthenticationMechanismsSupported")
    private static let authenticationDescriptions = PropertyKey<[String]>("AuthenticationMechanismDescriptions")
    private static let continuationOnError = PropertyKey<Bool>("PulledEnumerationContinuationOnErrorSupported")
    private static let longestTimeout = PropertyKey<UInt32>("PulledEnumerationMaximumOperationTimeout")
    private static let shortestTimeout = PropertyKey<UInt32>("PulledEnumerationMinimumOperationTimeout")
    private static let noTimeout = PropertyKey<Bool>("PulledEnumerationNoOperationTimeoutSupported")
    private static let advertiseTypes = PropertyKey<[UInt16]>("AdvertiseTypes")

    let server: InteropServer

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: Self.className,
            properties: [
                Self.systemCreationClassName, Self.systemName, Self.creationClassName, Self.name, Self.elementName,
                Self.mechanism, Self.version, Self.protocolVersion, Self.validated, Self.functionalProfiles,
                Self.multipleOperations, Self.authentication, Self.authenticationDescriptions, Self.advertiseTypes,
                Self.continuationOnError, Self.longestTimeout, Self.shortestTimeout, Self.noTimeout,
            ])
    }

    func path(_ namespace: CIMNamespace) -> CIMObjectPath {
        let system = server.system()
        return CIMObjectPath(
            namespace: namespace, className: Self.className,
            keys: [
                CIMKeyBinding(Self.systemCreationClassName.name, .string(system.creationClassName.text)),
                CIMKeyBinding(Self.systemName.name, .string(system.name)),
                CIMKeyBinding(Self.creationClassName.name, .string(Self.className.text)),
                CIMKeyBinding(Self.name.name, .string(server.name)),
            ])
    }

    func instances() async throws(CIMError) -> InstanceList {
        let system = server.system()
        var builder = InstanceBuilder(Self.className)
        builder[Self.systemCreationClassName] = system.creationClassName.text
        builder[Self.systemName] = system.name
        builder[Self.creationClassName] = Self.className.text
        builder[Self.name] = server.name
        builder[Self.elementName] = "CIM-XML over HTTP on a Unix socket"
        builder[Self.mechanism] = 2
        builder[Self.version] = "1.0"
        builder[Self.protocolVersion] = 1
        builder[Self.validated] = false
        builder[Self.functionalProfiles] = Self.groups
        builder[Self.multipleOperations] = false
        builder[Self.authentication] = [1]
        builder[Self.authenticationDescriptions] = ["what the kernel says of the process at the socket's other end"]
        builder[Self.advertiseTypes] = [2]
        builder[Self.continuationOnError] = false
        return [builder.instance]
    }

    private func addPulls(_ builder: inout InstanceBuilder) {
        builder[Self.continuationOnError] = false
        builder[Self.longestTimeout] = UInt32(clamping: server.enumerations.maximumTimeout.components.seconds)
        builder[Self.shortestTimeout] = 1
        builder[Self.noTimeout] = false
    }

    /// 2 Basic Read, 3 Basic Write, 6 Association Traversal, 7 Query Execution, 10 Pulled Read, 11 Pulled Read Count,
    /// 12 Pulled Query Execution. Where some of a group's operations are always refused, as instances are created and
    /// classes changed by no client, the group is not among them.
    private static let groups: [UInt16] = [2, 3, 6, 7, 10, 11, 12]
}
