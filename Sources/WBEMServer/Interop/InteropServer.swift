import CIM

/// What a server says of itself in its interop namespaces. Source: CIM schema 2.49, CIM_ObjectManager and around it.
package struct InteropServer: Sendable {
    /// The two names that clients look for. Source: DSP1033 (Interop namespace).
    package static let namespaces: [CIMNamespace] = ["interop", "root/interop"].compactMap(CIMNamespace.init)

    /// The system that hosts the server: the keys that its instance has.
    package struct System: Hashable, Sendable {
        package var creationClassName: CIMName
        package var name: String

        package init(creationClassName: CIMName, name: String) {
            self.creationClassName = creationClassName
            self.name = name
        }
    }

    /// Tells this server from others: a UUID, for example.
    package var name: String
    /// The product, without its version.
    package var product: String
    /// Without spaces: clients cut it out of the Description.
    package var version: String
    /// Every namespace that is served, the interop namespaces included.
    package var served: [CIMNamespace]
    package var statistics: ServerStatistics
    package var enumerations: EnumerationSessions.Limits
    package var system: @Sendable () -> System

    package init(
        name: String, product: String, version: String, served: [CIMNamespace], statistics: ServerStatistics,
        enumerations: EnumerationSessions.Limits, system: @escaping @Sendable () -> System
    ) {
        self.name = name
        self.product = product
        self.version = version
        self.served = served
        self.statistics = statistics
        self.enumerations = enumerations
        self.system = system
    }

    /// What is answered in one of the interop namespaces; the same in each, under its own name.
    package func providers(in namespace: CIMNamespace) -> [any InstanceProvider] {
        let manager = ObjectManagerProvider(server: self)
        let spaces = NamespaceProvider(server: self)
        let mechanism = CommunicationMechanismProvider(server: self)
        let data = StatisticalDataProvider(server: self)
        return [
            manager, spaces, mechanism, data,
            TieProvider(
                "CIM_ElementStatisticalData", in: namespace, roles: ("ManagedElement", "Stats"),
                TieRule { data.paths(namespace).map { Tie(manager.path(namespace), $0) } }),
            TieProvider(
                "CIM_NamespaceInManager", in: namespace, roles: ("Antecedent", "Dependent"),
                TieRule { [served] in served.map { Tie(manager.path(namespace), spaces.path($0, namespace)) } }),
            TieProvider(
                "CIM_CommMechanismForManager", in: namespace, roles: ("Antecedent", "Dependent"),
                TieRule { [Tie(manager.path(namespace), mechanism.path(namespace))] }),
        ]
    }

    /// The path of the server's own instance.
    package func managerPath(in namespace: CIMNamespace) -> CIMObjectPath {
        ObjectManagerProvider(server: self).path(namespace)
    }
}
