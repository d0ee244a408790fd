import CIM

extension ObjectManager {
    /// - Throws: 3, 4, 5, 6.
    package func getInstance(
        _ path: CIMObjectPath, in namespace: CIMNamespace, _ options: InstanceReadOptions = InstanceReadOptions()
    ) async throws(CIMError) -> CIMInstance {
        let served = try served(namespace)
        let found = try await find(path, served)
        let schema = try schema(of: found.path.className, served)
        return InstanceProjection(options, schema: schema, asked: nil)(found.instance)
    }

    /// The instances of a class and its subclasses.
    /// - Throws: 3, 5; and, while the results are read, 1.
    package func enumerateInstances(
        of name: CIMName, in namespace: CIMNamespace, _ options: InstanceReadOptions = InstanceReadOptions(),
        where filter: BoundQuery? = nil
    ) async throws(CIMError) -> InstanceResults {
        let served = try served(namespace)
        let asked = try schema(of: name, served)
        var parts: [InstanceResults.Part] = []
        for provider in served.providers(under: asked.name) {
            let projection = try projection(options, of: provider, asked: asked, served)
            parts.append(part(try await provider.instances(), of: provider, served, projection, where: filter))
        }
        return InstanceResults(parts)
    }

    /// One property of an instance; `nil` is NULL. Deprecated by DSP0200 5.3.2.18, and still in use.
    /// - Throws: 3, 4, 5, 6, 12.
    package func getProperty(
        _ name: CIMName, of path: CIMObjectPath, in namespace: CIMNamespace
    ) async throws(CIMError) -> CIMValue? {
        let served = try served(namespace)
        let found = try await find(path, served)
        try checkHas(name, schema(of: found.path.className, served))
        return found.instance[name]
    }

    /// - Throws: 12.
    @discardableResult
    func checkHas(_ name: CIMName, _ schema: CIMClass) throws(CIMError) -> CIMProperty {
        guard let property = schema.property(name) else {
            throw CIMError(.noSuchProperty, "\(schema.name) has no property \(name).")
        }
        return property
    }

    func projection(
        _ options: InstanceReadOptions, of provider: any InstanceProvider, asked: CIMClass?, _ served: ServedNamespace
    ) throws(CIMError) -> InstanceProjection {
        let schema = try schema(of: provider.declaration.className, served)
        return InstanceProjection(options, schema: schema, asked: asked)
    }

    /// What a provider listed, as results.
    func part(
        _ list: InstanceList, of provider: any InstanceProvider, _ served: ServedNamespace,
        _ projection: InstanceProjection, where filter: BoundQuery? = nil,
        accepting accepts: @escaping @Sendable (CIMInstance) -> Bool = { _ in true }
    ) -> InstanceResults.Part {
        let className = provider.declaration.className
        return InstanceResults.Part(count: list.count) { position throws(CIMError) in
            let instance = list[position]
            try check(instance, isOf: className, served)
            guard accepts(instance), filter?.accepts(instance) ?? true else { return nil }
            return LocatedInstance(path: try path(of: instance, served), instance: projection(instance))
        }
    }
}
