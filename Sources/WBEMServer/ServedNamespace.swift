import CIM

/// A provider that does not fit the schema: a mistake in the program or in the schema's files, found at start.
package struct RegistrationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line for each disagreement.
    package let problems: [String]
    package var description: String { problems.joined(separator: "\n") }
}

/// A namespace: its classes and the providers that answer for them.
package struct ServedNamespace: Sendable {
    package let name: CIMNamespace
    package let repository: ClassRepository
    private let providers: [CIMName: any InstanceProvider]
    /// The association classes that have a provider, in the order of their declaration in the schema.
    private let associations: [CIMName]

    /// - Throws: `RegistrationError` with everything that a provider declares and the schema does not, and with every
    ///   association class whose provider is none of associations.
    package init(
        name: CIMNamespace, repository: ClassRepository, providers: [any InstanceProvider]
    ) throws(RegistrationError) {
        var problems: [String] = []
        var byClass: [CIMName: any InstanceProvider] = [:]
        for provider in providers {
            let declaration = provider.declaration
            problems += Self.problems(of: declaration, repository)
            problems += Self.problems(of: provider, isAssociation: repository[declaration.className]?.isAssociation)
            if byClass.updateValue(provider, forKey: declaration.className) != nil {
                problems.append("\(declaration.className): two providers")
            }
        }
        guard problems.isEmpty else { throw RegistrationError(problems: problems) }
        self.name = name
        self.repository = repository
        self.providers = byClass
        associations = repository.classNames.filter { byClass[$0] is any AssociationProvider }
    }

    package func provider(for name: CIMName) -> (any InstanceProvider)? { providers[name] }

    /// The providers for a class and all its subclasses, in the order of their declaration in the schema.
    package func providers(under name: CIMName) -> [any InstanceProvider] {
        ([name] + repository.subclasses(of: name, deep: true)).compactMap { providers[$0] }
    }

    /// The providers for associations of a class and its subclasses; for all associations when there is no class.
    package func associationProviders(under name: CIMName?) -> [any AssociationProvider] {
        associations.filter { association in name.map { repository.isSubclass(association, of: $0) } ?? true }
            .compactMap { providers[$0] as? any AssociationProvider }
    }

    private static func problems(of provider: any InstanceProvider, isAssociation: Bool?) -> [String] {
        let name = provider.declaration.className
        switch (isAssociation, provider is any AssociationProvider) {
        case (true, false): return ["\(name): an association class, and its provider is no AssociationProvider"]
        case (false, true): return ["\(name): no association class, and its provider is an AssociationProvider"]
        default: return []
        }
    }

    private static func problems(of declaration: ProviderDeclaration, _ repository: ClassRepository) -> [String] {
        guard let schema = repository[declaration.className] else {
            return ["\(declaration.className): the schema does not declare the class"]
        }
        var problems: [String] = []
        if schema.isAbstract { problems.append("\(schema.name): abstract, it can have no instances") }
        for key in declaration.properties {
            let place = "\(schema.name).\(key.name)"
            guard let property = schema.property(key.name) else {
                problems.append("\(place): the schema does not declare the property")
                continue
            }
            problems += disagreement(key, property.type, property.isArray, at: place)
        }
        for key in declaration.changes.modifiable {
            let place = "\(schema.name).\(key.name)"
            if schema.property(key.name)?.isKey == true {
                problems.append("\(place): a key, which nobody may modify")
            }
            if !declaration.properties.contains(where: { $0.name == key.name }) {
                problems.append("\(place): modifiable, and not among the provider's properties")
            }
        }
        for method in declaration.methods { problems += Self.problems(of: method, schema) }
        return problems
    }

    private static func problems(of declared: MethodDeclaration, _ schema: CIMClass) -> [String] {
        guard let method = schema.method(declared.name) else {
            return ["\(schema.name).\(declared.name)(): the schema does not declare the method"]
        }
        var problems: [String] = []
        if method.returnType != declared.returnType {
            problems.append(
                "\(schema.name).\(declared.name)(): the schema returns \(method.returnType.rawValue), "
                    + "the provider \(declared.returnType.rawValue)")
        }
        for (keys, isInput) in [(declared.inputs, true), (declared.outputs, false)] {
            for key in keys {
                let place = "\(schema.name).\(declared.name)(\(key.name))"
                guard let parameter = method.parameter(key.name) else {
                    problems.append("\(place): the schema does not declare the parameter")
                    continue
                }
                if isInput ? !parameter.isInput : !parameter.isOutput {
                    problems.append("\(place): the schema does not declare it as \(isInput ? "IN" : "OUT")")
                }
                problems += disagreement(key, parameter.type, parameter.isArray, at: place)
            }
        }
        return problems
    }

    private static func disagreement(
        _ key: any DeclaredKey, _ type: CIMType, _ isArray: Bool, at place: String
    ) -> [String] {
        guard key.type != type || key.isArray != isArray else { return [] }
        func text(_ type: CIMType, _ isArray: Bool) -> String { type.rawValue + (isArray ? "[]" : "") }
        return ["\(place): the schema says \(text(type, isArray)), the provider \(text(key.type, key.isArray))"]
    }
}
