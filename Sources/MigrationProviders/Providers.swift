import CIM
import MigrationDriver
import WBEMServer

/// Everything that this room answers for.
package struct MigrationProviderSet: Sendable {
    private let context: ProviderContext

    /// - Parameter namespace: the one of the migration classes; none of the interop namespaces.
    package init(
        family: ClassFamily, namespace: CIMNamespace, driver: Driver, description: CurrentDescription,
        actions: ServiceActions, checks: CheckResults
    ) {
        context = ProviderContext(
            family: family, namespace: namespace, driver: driver, current: description, actions: actions,
            checks: checks, directory: GuestDirectory())
    }

    /// In the namespace of the migration classes.
    package var providers: [any InstanceProvider] {
        [
            MigrationServiceProvider(context),
            MigrationCapabilitiesProvider(context),
            MigrationSettingDataProvider(context),
            HostSystemProvider(context),
            ComputerSystemProvider(context),
            MigrationJobProvider(context),
            MethodResultProvider(context),
            CheckResultProvider(context),
        ] + ServiceAssociations.all(context) + JobAssociations.all(context) + CheckResultAssociations.all(context)
            + [ProfileAssociations.atTheService(context, interop: InteropServer.namespaces)]
    }

    /// What a server that carries these providers says of itself. `served` are all its namespaces.
    package func server(
        served: [CIMNamespace], statistics: ServerStatistics, enumerations: EnumerationSessions.Limits
    ) -> InteropServer {
        let context = context
        let description = context.description
        return InteropServer(
            name: context.driver.state.daemon, product: "migrationd", version: description.softwareVersion,
            served: served, statistics: statistics, enumerations: enumerations,
            system: {
                InteropServer.System(creationClassName: context.family.hostSystem, name: context.machineName)
            })
    }

    /// In an interop namespace, beside what the server says of itself: the profiles, and the machine that hosts the server.
    package func interopProviders(in namespace: CIMNamespace, _ server: InteropServer) -> [any InstanceProvider] {
        var here = context
        here.namespace = namespace
        let machine = here
        return [
            RegisteredProfileProvider(context: context, namespace: namespace),
            HostSystemProvider(machine, isMachineOnly: true),
            TieProvider(
                context.family.hostedService, in: namespace, roles: ("Antecedent", "Dependent"),
                TieRule { [Tie(machine.hostPath(machine.machineName), server.managerPath(in: namespace))] }),
        ] + ProfileAssociations.inInterop(context, namespace)
    }
}
