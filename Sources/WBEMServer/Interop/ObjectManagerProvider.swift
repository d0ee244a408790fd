import CIM

/// The one CIM_ObjectManager: the server itself.
struct ObjectManagerProvider: InstanceProvider {
    static let className: CIMName = "CIM_ObjectManager"
    private static let elementName = PropertyKey<String>("ElementName")
    private static let description = PropertyKey<String>("Description")
    private static let gatherStatisticalData = PropertyKey<Bool>("GatherStatisticalData")
    private static let started = PropertyKey<Bool>("Started")
    private static let enabledState = PropertyKey<UInt16>("EnabledState")
    private static let operationalStatus = PropertyKey<[UInt16]>("OperationalStatus")

    let server: InteropServer

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: Self.className,
            properties: HostedElement.keys + [
                Self.elementName,
                Self.description, Self.gatherStatisticalData, Self.started, Self.enabledState, Self.operationalStatus,
            ], changes: ChangeDeclaration(modifiable: [Self.gatherStatisticalData]))
    }

    func path(_ namespace: CIMNamespace) -> CIMObjectPath {
        HostedElement.path(Self.className, of: server, in: namespace)
    }

    func instances() async throws(CIMError) -> InstanceList {
        var builder = HostedElement.builder(Self.className, of: server)
        builder[Self.elementName] = server.product
        // Clients read the version behind the word "version".
        builder[Self.description] = "\(server.product) version \(server.version)"
        builder[Self.gatherStatisticalData] = server.statistics.isGathered
        builder[Self.started] = true
        builder[Self.enabledState] = 2
        builder[Self.operationalStatus] = [2]
        return [builder.instance]
    }

    func modify(_ path: CIMObjectPath, _ values: [CIMPropertyValue], by caller: Caller) async throws(CIMError) {
        for value in values where value.name == Self.gatherStatisticalData.name {
            guard let wanted = value.value?.booleanValue else {
                throw CIMError(.invalidParameter, "GatherStatisticalData is TRUE or FALSE; it cannot be NULL.")
            }
            server.statistics.isGathered = wanted
        }
    }
}
