import CIM
import WBEMServer

/// What the service can do. Source: DSP1081; values as libvirt-cim gives them.
struct MigrationCapabilitiesProvider: InstanceProvider {
    static let capabilitiesID = "MigrationCapabilities"
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let synchronous = PropertyKey<[UInt16]>("SynchronousMethodsSupported")
    private static let asynchronous = PropertyKey<[UInt16]>("AsynchronousMethodsSupported")
    private static let formats = PropertyKey<[UInt16]>("DestinationHostFormatsSupported")

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.capabilities,
            properties: [Self.instanceID, Self.elementName, Self.synchronous, Self.asynchronous, Self.formats])
    }

    var revision: InstanceRevision? { context.revision }

    func instances() async throws(CIMError) -> InstanceList {
        var builder = InstanceBuilder(context.family.capabilities)
        builder[Self.instanceID] = Self.capabilitiesID
        builder[Self.elementName] = "MigrationCapabilities"
        builder[Self.synchronous] = [4, 5]
        builder[Self.asynchronous] = [2, 3]
        builder[Self.formats] = [2, 3, 4]
        return [builder.instance]
    }
}

/// The default settings of a migration: live. TransportType is left to the configuration (docs/decisions/0004).
struct MigrationSettingDataProvider: InstanceProvider {
    static let settingsID = "MigrationSettingData"
    private static let instanceID = PropertyKey<String>("InstanceID")
    private static let elementName = PropertyKey<String>("ElementName")

    private let context: ProviderContext

    init(_ context: ProviderContext) { self.context = context }

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: context.family.settingData,
            properties: [
                Self.instanceID, Self.elementName, MigrationSettings.migrationType, MigrationSettings.priority,
                MigrationSettings.transportType, MigrationSettings.bandwidth, MigrationSettings.bandwidthUnit,
                MigrationSettings.otherTransportType, MigrationSettings.checkParameters,
                MigrationSettings.storageCopy,
            ])
    }

    var revision: InstanceRevision? { context.revision }

    func instances() async throws(CIMError) -> InstanceList {
        var builder = InstanceBuilder(context.family.settingData)
        builder[Self.instanceID] = Self.settingsID
        builder[Self.elementName] = "MigrationSettingData"
        builder[MigrationSettings.migrationType] = 2
        builder[MigrationSettings.priority] = 0
        return [builder.instance]
    }
}
