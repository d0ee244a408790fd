import CIM

/// CIM_CIMXMLCommunicationMechanism: what a client can expect of the server's CIM-XML.
struct CommunicationMechanismProvider: InstanceProvider {
    static let className: CIMName = "CIM_CIMXMLCommunicationMechanism"
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
            properties: HostedElement.keys + [
                Self.elementName,
                Self.mechanism, Self.version, Self.protocolVersion, Self.validated, Self.functionalProfiles,
                Self.multipleOperations, Self.authentication, Self.authenticationDescriptions, Self.advertiseTypes,
                Self.continuationOnError, Self.longestTimeout, Self.shortestTimeout, Self.noTimeout,
            ])
    }

    func path(_ namespace: CIMNamespace) -> CIMObjectPath {
        HostedElement.path(Self.className, of: server, in: namespace)
    }

    func instances() async throws(CIMError) -> InstanceList {
        var builder = HostedElement.builder(Self.className, of: server)
        builder[Self.elementName] = "CIM-XML over HTTP on a Unix socket"
        builder[Self.mechanism] = 2
        builder[Self.version] = "1.0"
        builder[Self.protocolVersion] = 1
        builder[Self.validated] = true
        builder[Self.functionalProfiles] = Self.groups
        builder[Self.multipleOperations] = false
        builder[Self.authentication] = [1]
        builder[Self.authenticationDescriptions] = ["what the kernel says of the process at the socket's other end"]
        builder[Self.advertiseTypes] = [2]
        addPulls(&builder)
        return [builder.instance]
    }

    private func addPulls(_ builder: inout InstanceBuilder) {
        builder[Self.continuationOnError] = false
        builder[Self.longestTimeout] = UInt32(clamping: server.enumerations.maximumTimeout.components.seconds)
        builder[Self.shortestTimeout] = 1
        builder[Self.noTimeout] = false
    }

    /// As OPTIONS tells them, and the pulls, which DSP0200 has no group for: 10 Pulled Read, 11 Pulled Read Count, 12
    /// Pulled Query Execution.
    private static let groups: [UInt16] = FunctionalGroup.supported.map(value) + [10, 11, 12]

    private static func value(_ group: FunctionalGroup) -> UInt16 {
        switch group {
        case .basicRead: 2
        case .basicWrite: 3
        case .schemaManipulation: 4
        case .instanceManipulation: 5
        case .associationTraversal: 6
        case .queryExecution: 7
        case .qualifierDeclaration: 8
        }
    }
}
