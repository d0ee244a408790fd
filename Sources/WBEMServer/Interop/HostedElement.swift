import CIM

/// The four keys of an element that a system hosts (CIM_Service, CIM_ServiceAccessPoint), for those that are the server's own.
enum HostedElement {
    private static let systemCreationClassName = PropertyKey<String>("SystemCreationClassName")
    private static let systemName = PropertyKey<String>("SystemName")
    private static let creationClassName = PropertyKey<String>("CreationClassName")
    private static let name = PropertyKey<String>("Name")

    static let keys: [any DeclaredKey] = [systemCreationClassName, systemName, creationClassName, name]

    /// An instance with its keys, to be filled.
    static func builder(_ className: CIMName, of server: InteropServer) -> InstanceBuilder {
        let system = server.system()
        var builder = InstanceBuilder(className)
        builder[systemCreationClassName] = system.creationClassName.text
        builder[systemName] = system.name
        builder[creationClassName] = className.text
        builder[name] = server.name
        return builder
    }

    static func path(_ className: CIMName, of server: InteropServer, in namespace: CIMNamespace) -> CIMObjectPath {
        let instance = builder(className, of: server).instance
        return CIMObjectPath(
            namespace: namespace, className: className,
            keys: instance.properties.compactMap { key in key.value.map { CIMKeyBinding(key.name, $0) } })
    }
}
