import CIM

/// What clients may change: instances whose provider says so. Everything is held against the schema first, so that a
/// provider sees only values that fit.
extension ObjectManager {
    /// - Returns: the new instance's path.
    /// - Throws: 3, 5, 7 clients create no instances of the class, 4 a value that does not fit, 11.
    package func createInstance(
        _ instance: CIMInstance, in namespace: CIMNamespace, by caller: Caller
    ) async throws(CIMError) -> CIMObjectPath {
        let served = try served(namespace)
        let schema = try schema(of: instance.className, served)
        guard let provider = served.provider(for: schema.name), provider.declaration.changes.canCreate else {
            throw CIMError(.notSupported, "Instances of \(schema.name) cannot be created by clients.")
        }
        let given = try read(instance.properties, of: schema, served)
        let properties = schema.properties.compactMap { property in
            given.first { $0.name == property.name } ?? Self.initial(property)
        }
        let new = CIMInstance(className: schema.name, properties: properties)
        if var path = served.repository.path(of: new) {
            path.namespace = namespace
            if try await provider.instance(at: path) != nil {
                throw CIMError(.alreadyExists, "There is such an instance already: \(path.text).")
            }
        }
        return try localized(try await provider.create(new, by: caller), served)
    }

    /// The value that a property has by its declaration, when the client gave none (DSP0200 5.3.2.6).
    private static func initial(_ property: CIMProperty) -> CIMPropertyValue? {
        property.defaultValue.map {
            CIMPropertyValue(name: property.name, type: property.type, isArray: property.isArray, value: $0)
        }
    }

    /// Gives the properties that are listed, or all that the instance has when there is no list, the values that it has
    /// for them; one that is listed and absent gets its default, or NULL. A property that is not modifiable may be among
    /// them as long as its value stays (DSP0200 5.3.2.8): a client sends back what it read.
    /// - Throws: 3, 5, 7 clients modify no instances of the class, 4, 6.
    package func modifyInstance(
        _ path: CIMObjectPath, _ instance: CIMInstance, propertyList: [String]?, in namespace: CIMNamespace,
        by caller: Caller
    ) async throws(CIMError) {
        let served = try served(namespace)
        let schema = try schema(of: path.className, served)
        guard let provider = served.provider(for: schema.name), !provider.declaration.changes.modifiable.isEmpty else {
            throw CIMError(.notSupported, "Instances of \(schema.name) cannot be modified by clients.")
        }
        guard instance.className == path.className else {
            throw CIMError(
                .invalidParameter, "The path names a \(path.className), and the instance is a \(instance.className).")
        }
        let given = try read(instance.properties, of: schema, served)
        let listed = try propertyList.map { names throws(CIMError) in
            try names.map { name throws(CIMError) in try listedName(name, schema) }
        }
        let found = try await find(path, served)
        var changes: [CIMPropertyValue] = []
        for name in listed ?? given.map(\.name) where !changes.contains(where: { $0.name == name }) {
            guard let property = schema.property(name) else { continue }
            let value = given.first { $0.name == name } ?? Self.initial(property)
            if try isChange(property, to: value?.value, of: found.instance, provider) {
                changes.append(
                    CIMPropertyValue(
                        name: property.name, type: property.type, isArray: property.isArray, value: value?.value))
            }
        }
        if !changes.isEmpty { try await provider.modify(found.path, changes, by: caller) }
    }

    /// - Throws: 4, where DSP0200 5.3.2.8 counts properties that are not there or not modifiable.
    private func listedName(_ text: String, _ schema: CIMClass) throws(CIMError) -> CIMName {
        guard let name = CIMName(text), let property = schema.property(name) else {
            throw CIMError(.invalidParameter, "\(schema.name) has no property \(text) to modify.")
        }
        return property.name
    }

    private func isChange(
        _ property: CIMProperty, to value: CIMValue?, of instance: CIMInstance, _ provider: any InstanceProvider
    ) throws(CIMError) -> Bool {
        if provider.declaration.changes.modifiable.contains(where: { $0.name == property.name }) { return true }
        guard value != instance[property.name] else { return false }
        let modifiable = provider.declaration.changes.modifiable.map(\.name.text).joined(separator: ", ")
        throw CIMError(
            .invalidParameter,
            "\(property.name) of \(instance.className) \(property.isKey ? "is a key and " : "")cannot be modified; "
                + "what can is \(modifiable).")
    }

    /// Deprecated by DSP0200 5.3.2.19, and still in use.
    /// - Throws: 3, 5, 12, 7, 13 a value of another type, 6, 4.
    package func setProperty(
        _ name: CIMName, to content: ReceivedParameter.Content, of path: CIMObjectPath, in namespace: CIMNamespace,
        by caller: Caller
    ) async throws(CIMError) {
        let served = try served(namespace)
        let schema = try schema(of: path.className, served)
        let property = try checkHas(name, schema)
        guard let provider = served.provider(for: schema.name),
            provider.declaration.changes.modifiable.contains(where: { $0.name == name })
        else { throw CIMError(.notSupported, "\(name) of \(schema.name) cannot be modified by clients.") }
        let value: CIMValue?
        do throws(CIMError) {
            value = try read(content, of: property, served)
        } catch {
            throw CIMError(.typeMismatch, error.message)
        }
        let found = try await find(path, served)
        let change = CIMPropertyValue(
            name: property.name, type: property.type, isArray: property.isArray, value: value)
        try await provider.modify(found.path, [change], by: caller)
    }

    /// - Throws: 3, 5, 7 clients delete no instances of the class, 4, 6.
    package func deleteInstance(
        _ path: CIMObjectPath, in namespace: CIMNamespace, by caller: Caller
    ) async throws(CIMError) {
        let served = try served(namespace)
        let schema = try schema(of: path.className, served)
        guard let provider = served.provider(for: schema.name), provider.declaration.changes.canDelete else {
            throw CIMError(.notSupported, "Instances of \(schema.name) cannot be deleted by clients.")
        }
        try await provider.delete(try await find(path, served).path, by: caller)
    }

    // MARK: Values

    private func read(
        _ properties: [CIMPropertyValue], of schema: CIMClass, _ served: ServedNamespace
    ) throws(CIMError) -> [CIMPropertyValue] {
        var values: [CIMPropertyValue] = []
        for given in properties {
            guard let property = schema.property(given.name) else {
                throw CIMError(.invalidParameter, "\(schema.name) has no property \(given.name).")
            }
            guard !values.contains(where: { $0.name == given.name }) else {
                throw CIMError(.invalidParameter, "Property \(given.name) is given twice.")
            }
            guard given.type == property.type, given.isArray == property.isArray else {
                throw CIMError(
                    .invalidParameter,
                    "Property \(given.name) is a \(property.type.rawValue)\(property.isArray ? "[]" : ""), and not a "
                        + "\(given.type.rawValue)\(given.isArray ? "[]" : "").")
            }
            let value = try read(given.value.map { .typed($0) } ?? .empty(isArray: false), of: property, served)
            values.append(
                CIMPropertyValue(name: property.name, type: property.type, isArray: property.isArray, value: value))
        }
        return values
    }

    /// References get the namespace that they were relative to: a provider keeps them beyond this call.
    private func read(
        _ content: ReceivedParameter.Content, of property: CIMProperty, _ served: ServedNamespace
    ) throws(CIMError) -> CIMValue? {
        let value = try ParameterReader(repository: served.repository, embedded: embedded).read(content, of: property)
        guard case .reference(var path) = value, path.namespace == nil else { return value }
        path.namespace = served.name
        return .reference(path)
    }
}
