import CIM

/// CIM_CIMOMStatisticalData: what was counted, one instance for each kind of operation that there was.
struct StatisticalDataProvider: InstanceProvider {
    static let className: CIMName = "CIM_CIMOMStatisticalData"
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let description = PropertyKey<String>("Description")
    private static let operationType = PropertyKey<UInt16>("OperationType")
    private static let otherOperationType = PropertyKey<String>("OtherOperationType")
    private static let numberOfOperations = PropertyKey<UInt64>("NumberOfOperations")
    private static let serverTime = PropertyKey<CIMDateTime>("CimomElapsedTime")
    private static let providerTime = PropertyKey<CIMDateTime>("ProviderElapsedTime")
    private static let requestSize = PropertyKey<UInt64>("RequestSize")
    private static let responseSize = PropertyKey<UInt64>("ResponseSize")

    let server: InteropServer

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: Self.className,
            properties: [
                Self.instanceID, Self.elementName, Self.description, Self.operationType, Self.otherOperationType,
                Self.numberOfOperations, Self.serverTime, Self.providerTime, Self.requestSize, Self.responseSize,
            ])
    }

    /// The instances' paths.
    func paths(_ namespace: CIMNamespace) -> [CIMObjectPath] {
        server.statistics.figures.map { found in
            CIMObjectPath(
                namespace: namespace, className: Self.className,
                keys: [CIMKeyBinding(Self.instanceID.name, .string(Self.id(found.operation)))])
        }
    }

    func instances() async throws(CIMError) -> InstanceList {
        InstanceList(
            server.statistics.figures.map { found in Self.instance(found.operation, found.figures) })
    }

    private static func id(_ operation: CountedOperation) -> String { "CIM:\(operation.name)" }

    private static func instance(
        _ operation: CountedOperation, _ figures: ServerStatistics.Figures
    ) -> CIMInstance {
        var builder = InstanceBuilder(className)
        builder[instanceID] = id(operation)
        builder[elementName] = operation.name
        builder[description] = "The time of providers is counted as the server's own."
        builder[operationType] = operation.type
        builder[otherOperationType] = operation.type == 1 ? operation.name : nil
        builder[numberOfOperations] = figures.operations
        builder[serverTime] = CIMDateTime(intervalMicroseconds: Int64(figures.elapsed / .microseconds(1)))
        builder[providerTime] = CIMDateTime(intervalMicroseconds: 0)
        builder[requestSize] = figures.requestBytes
        builder[responseSize] = figures.responseBytes
        return builder.instance
    }
}
