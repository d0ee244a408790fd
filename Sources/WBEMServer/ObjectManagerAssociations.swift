import CIM

/// What to do when the object that an association operation starts from does not exist. The two generations of
/// operations differ: DSP0200 gives Associators and its kin no NOT_FOUND, and the Open operations have it.
package enum MissingSource: Sendable {
    /// Nothing refers to it.
    case hasNoAssociations
    case isNotFound
}

/// Associations between instances, as their providers know them. They may lead into other namespaces.
extension ObjectManager {
    /// The associations that refer to an instance.
    /// - Throws: 3, 4 a class or path that is none, 6 when `missing` says so; and, while the results are read, 1.
    package func references(
        to object: CIMObjectPath, in namespace: CIMNamespace, _ query: AssociationQuery,
        _ options: InstanceReadOptions = InstanceReadOptions(), missing: MissingSource = .hasNoAssociations,
        where filter: BoundQuery? = nil
    ) async throws(CIMError) -> InstanceResults {
        let served = try served(namespace)
        try checkExists(query.resultClass, as: "ResultClass", served)
        let source = try await source(object, served, missing)
        var parts: [InstanceResults.Part] = []
        for provider in served.associationProviders(under: query.resultClass) {
            let list = try await provider.references(to: source)
            let projection = try projection(options, of: provider, asked: nil, served)
            parts.append(
                part(list, of: provider, served, projection, where: filter) {
                    query.refers($0, to: source, in: namespace)
                })
        }
        return InstanceResults(parts)
    }

    /// The paths of the instances that are associated with an instance, each once.
    /// - Throws: as `references(to:in:_:_:missing:where:)`.
    package func associatorNames(
        of object: CIMObjectPath, in namespace: CIMNamespace, _ query: AssociationQuery,
        missing: MissingSource = .hasNoAssociations
    ) async throws(CIMError) -> [CIMObjectPath] {
        let served = try served(namespace)
        try checkExists(query.associationClass, as: "AssocClass", served)
        try checkExists(query.resultClass, as: "ResultClass", served)
        let source = try await source(object, served, missing)
        var found: [CIMObjectPath] = []
        var seen: Set<CIMObjectPath> = []
        for provider in served.associationProviders(under: query.associationClass) {
            let className = provider.declaration.className
            for (index, association) in try await provider.references(to: source).enumerated() {
                if index.isMultiple(of: InstanceResults.madeAtOnce) { await Task.yield() }
                try check(association, isOf: className, served)
                for end in query.ends(of: association, from: source, in: namespace)
                where isAnswer(end, query, served) && seen.insert(end).inserted { found.append(end) }
            }
        }
        return found
    }

    /// The instances that are associated with an instance. An end that is not there, or in a namespace of another server,
    /// is left out.
    /// - Throws: as `references(to:in:_:_:missing:where:)`.
    package func associators(
        of object: CIMObjectPath, in namespace: CIMNamespace, _ query: AssociationQuery,
        _ options: InstanceReadOptions = InstanceReadOptions(), missing: MissingSource = .hasNoAssociations,
        where filter: BoundQuery? = nil
    ) async throws(CIMError) -> InstanceResults {
        let paths = try await associatorNames(of: object, in: namespace, query, missing: missing)
        let part = InstanceResults.Part(count: paths.count) { position throws(CIMError) in
            guard let found = try await end(paths[position], options) else { return nil }
            return filter?.accepts(found.whole) ?? true ? found.shown : nil
        }
        return InstanceResults([part])
    }

    private func end(
        _ path: CIMObjectPath, _ options: InstanceReadOptions
    ) async throws(CIMError) -> (whole: CIMInstance, shown: LocatedInstance)? {
        guard path.host == nil, let served = path.namespace.flatMap(servedIfKnown),
            let provider = served.provider(for: path.className)
        else { return nil }
        let local = try localized(path, served)
        guard let instance = try await provider.instance(at: local) else { return nil }
        try check(instance, isOf: local.className, served)
        let projection = try projection(options, of: provider, asked: nil, served)
        return (instance, LocatedInstance(path: local, instance: projection(instance)))
    }

    private func isAnswer(_ end: CIMObjectPath, _ query: AssociationQuery, _ served: ServedNamespace) -> Bool {
        guard let wanted = query.resultClass else { return true }
        // The end's own namespace knows its class, where this one may not.
        let there = end.namespace.flatMap(servedIfKnown) ?? served
        return there.repository.isSubclass(end.className, of: wanted)
    }

    // MARK: Parameters

    func checkExists(_ name: CIMName?, as parameter: CIMName, _ served: ServedNamespace) throws(CIMError) {
        guard let name, served.repository[name] == nil else { return }
        throw CIMError(.invalidParameter, "No such class in \(served.name): \(name), which \(parameter) names.")
    }

    private func source(
        _ object: CIMObjectPath, _ served: ServedNamespace, _ missing: MissingSource
    ) async throws(CIMError) -> CIMObjectPath {
        switch missing {
        case .hasNoAssociations:
            try checkExists(object.className, as: "ObjectName", served)
            return try localized(object, served)
        case .isNotFound:
            guard served.repository[object.className] != nil else {
                throw CIMError(.notFound, "No such class: \(object.className) in \(served.name).")
            }
            return try await find(object, served).path
        }
    }
}

/// Associations between classes, as the schema declares them.
extension ObjectManager {
    /// The association classes that can refer to instances of a class.
    /// - Throws: 3, 4.
    package func classReferences(
        to name: CIMName, in namespace: CIMNamespace, _ query: AssociationQuery
    ) throws(CIMError) -> [CIMClass] {
        let served = try served(namespace)
        try checkExists(name, as: "ObjectName", served)
        try checkExists(query.resultClass, as: "ResultClass", served)
        return associationClasses(under: query.resultClass, served).filter {
            query.refers($0, to: name, served.repository)
        }
    }

    /// The classes that instances of a class can be associated with, each once.
    /// - Throws: 3, 4.
    package func classAssociators(
        of name: CIMName, in namespace: CIMNamespace, _ query: AssociationQuery
    ) throws(CIMError) -> [CIMClass] {
        let served = try served(namespace)
        let repository = served.repository
        try checkExists(name, as: "ObjectName", served)
        try checkExists(query.associationClass, as: "AssocClass", served)
        try checkExists(query.resultClass, as: "ResultClass", served)
        var seen: Set<CIMName> = []
        return associationClasses(under: query.associationClass, served)
            .flatMap { query.ends(of: $0, from: name, repository) }
            .filter { end in
                (query.resultClass.map { repository.isSubclass(end, of: $0) } ?? true) && seen.insert(end).inserted
            }
            .compactMap { repository[$0] }
    }

    private func associationClasses(under name: CIMName?, _ served: ServedNamespace) -> [CIMClass] {
        let names = (name.map { [$0] } ?? []) + served.repository.subclasses(of: name, deep: true)
        return names.compactMap { served.repository[$0] }.filter(\.isAssociation)
    }
}
