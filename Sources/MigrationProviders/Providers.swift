import CIM
import MigrationDriver
import WBEMServer

/// Everything that this room answers for in a namespace.
package enum MigrationProviderSet {
    package static func all(
        family: ClassFamily, namespace: CIMNamespace, driver: Driver, description: CurrentDescription,
        actions: ServiceActions
    ) -> [any InstanceProvider] {
        let context = ProviderContext(
            family: family, namespace: namespace, driver: driver, current: description, actions: actions)
        return [
            MigrationServiceProvider(context),
            MigrationCapabilitiesProvider(context),
            MigrationSettingDataProvider(context),
            HostSystemProvider(context),
            ComputerSystemProvider(context),
            MigrationJobProvider(context),
        ]
    }
}
