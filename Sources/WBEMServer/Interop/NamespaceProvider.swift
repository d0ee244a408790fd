import CIM

/// CIM_Namespace: every namespace of the server.
struct NamespaceProvider: InstanceProvider {
    static let className: CIMName = "CIM_Namespace"
    private static let systemCreationClassName = PropertyKey<String>("SystemCreationClassName")
    private static let systemName = PropertyKey<String>("SystemName")
    private static let managerCreationClassName = PropertyKey<String>("ObjectManagerCreationClassName")
    private static let managerName = PropertyKey<String>("ObjectManagerName")
    private static let creationClassName = PropertyKey<String>("CreationClassName")
    private static let name = PropertyKey<String>("Name")
    private static let elementName = PropertyKey<String>("ElementName")
    private static let classInfo = PropertyKey<UInt16>("ClassInfo")
    private static let descriptionOfClassInfo = PropertyKey<String>("DescriptionOfClassInfo")
    private static let classType = PropertyKey<UInt16>("ClassType")
    private static let classTypeVersion = PropertyKey<String>("ClassTypeVersion")
    private static let schemaVersion = "2.49.0"

    let server: InteropServer

    var declaration: ProviderDeclaration {
        ProviderDeclaration(
            className: Self.className,
            properties: [
                Self.systemCreationClassName, Self.systemName, Self.managerCreationClassName, Self.managerName,
                Self.creationClassName, Self.name, Self.elementName, Self.classInfo, Self.descriptionOfClassInfo,
                Self.classType, Self.classTypeVersion,
            ])
    }

    /// - Parameter namespace: the one that the instance is in; `described` is the one that it stands for.
    func path(_ described: CIMNamespace, _ namespace: CIMNamespace) -> CIMObjectPath {
        let system = server.system()
        return CIMObjectPath(
            namespace: namespace, className: Self.className,
            keys: [
                CIMKeyBinding(Self.systemCreationClassName.name, .string(system.creationClassName.text)),
                CIMKeyBinding(Self.systemName.name, .string(system.name)),
                CIMKeyBinding(Self.managerCreationClassName.name, .string(ObjectManagerProvider.className.text)),
                CIMKeyBinding(Self.managerName.name, .string(server.name)),
                CIMKeyBinding(Self.creationClassName.name, .string(Self.className.text)),
                CIMKeyBinding(Self.name.name, .string(described.text)),
            ])
    }

    func instances() async throws(CIMError) -> InstanceList {
        let system = server.system()
        let manager = server.name
        return InstanceList(server.served) { namespace in
            var builder = InstanceBuilder(Self.className)
            builder[Self.systemCreationClassName] = system.creationClassName.text
            builder[Self.systemName] = system.name
            builder[Self.managerCreationClassName] = ObjectManagerProvider.className.text
            builder[Self.managerName] = manager
            builder[Self.creationClassName] = Self.className.text
            builder[Self.name] = namespace.text
            builder[Self.elementName] = namespace.text
            // Its values end at CIM 2.8: 1 (Other), in words.
            builder[Self.classInfo] = 1
            builder[Self.descriptionOfClassInfo] = "CIM \(Self.schemaVersion)"
            builder[Self.classType] = 2
            builder[Self.classTypeVersion] = Self.schemaVersion
            return builder.instance
        }
    }
}
