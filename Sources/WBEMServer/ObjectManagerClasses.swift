import CIM

/// Classes and qualifier types. They are the program's: clients read them and change none.
extension ObjectManager {
    /// - Throws: 3, 6 (and not 5: DSP0200 5.3.2.1).
    package func getClass(
        _ name: CIMName, in namespace: CIMNamespace, _ options: ClassReadOptions = ClassReadOptions()
    ) throws(CIMError) -> CIMClass {
        guard let found = try served(namespace).repository[name] else {
            throw CIMError(.notFound, "No such class: \(name) in \(namespace).")
        }
        return options.project(found)
    }

    /// - Parameter name: `nil`: from the top.
    /// - Throws: 3, 5.
    package func enumerateClasses(
        under name: CIMName?, in namespace: CIMNamespace, deep: Bool = false,
        _ options: ClassReadOptions = ClassReadOptions()
    ) throws(CIMError) -> [CIMClass] {
        let repository = try served(namespace).repository
        return try enumerateClassNames(under: name, in: namespace, deep: deep).compactMap { repository[$0] }
            .map(options.project)
    }

    /// - Throws: 3, 5.
    package func enumerateClassNames(
        under name: CIMName?, in namespace: CIMNamespace, deep: Bool = false
    ) throws(CIMError) -> [CIMName] {
        let served = try served(namespace)
        if let name { _ = try schema(of: name, served) }
        return served.repository.subclasses(of: name, deep: deep)
    }

    /// - Throws: 3, 6.
    package func getQualifier(_ name: CIMName, in namespace: CIMNamespace) throws(CIMError) -> CIMQualifierType {
        guard let type = try served(namespace).repository.qualifierType(name) else {
            throw CIMError(.notFound, "No such qualifier: \(name) in \(namespace).")
        }
        return type
    }

    /// - Throws: 3.
    package func enumerateQualifiers(in namespace: CIMNamespace) throws(CIMError) -> [CIMQualifierType] {
        try served(namespace).repository.qualifierTypes
    }

    /// What CreateClass, ModifyClass, DeleteClass, SetQualifier and DeleteQualifier come to.
    /// - Throws: 3, else 7.
    package func refuseSchemaChange(_ operation: CIMName, in namespace: CIMNamespace) throws(CIMError) -> Never {
        try served(namespace)
        throw CIMError(
            .notSupported, "\(operation) is not supported: the schema belongs to the server and no client changes it.")
    }
}
