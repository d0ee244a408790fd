/// Works out one class against its superclass, and collects every rule it breaks on the way.
struct ClassResolver {
    let repository: ClassRepository
    let declared: CIMClass
    /// `nil` for a top-level class, and for one whose superclass is unknown.
    let parent: ClassRepository.Entry?
    /// What the class inherits from there.
    let heritage: ClassRepository.Heritage?
    var violations: [SchemaViolation] = []

    /// The class as resolved, complete when there is no violation.
    static func resolve(
        _ declared: CIMClass, in repository: ClassRepository
    ) -> (ClassRepository.Entry, [SchemaViolation]) {
        let parent = declared.superclass.flatMap { $0 == declared.name ? nil : repository.entry($0) }
        let heritage = parent.map { $0.heritage ?? Self.heritage(of: $0.resolved) }
        var resolver = ClassResolver(repository: repository, declared: declared, parent: parent, heritage: heritage)
        let entry = resolver.resolve()
        return (entry, resolver.violations)
    }

    var place: SchemaElement { SchemaElement(className: declared.name) }
    /// The superclass is named but not there: what is said to be inherited can't be judged.
    var isOrphan: Bool { declared.superclass != nil && parent == nil }

    mutating func report(_ code: SchemaViolation.Code, at element: SchemaElement, _ message: String) {
        violations.append(SchemaViolation(code, at: element, message))
    }

    private mutating func resolve() -> ClassRepository.Entry {
        checkPlaceInHierarchy()
        var resolved = declared
        let association = declared.isAssociation || parent?.resolved.isAssociation == true
        let indication = declared.isIndication || parent?.resolved.isIndication == true
        let scope: CIMScope = association ? .association : indication ? .indication : .classes
        resolved.qualifiers = merge(declared.qualifiers, onto: heritage?.qualifiers ?? [], scope: scope, at: place)
        let properties = resolveProperties(inAssociation: association)
        resolved.properties = properties.list
        resolved.methods = resolveMethods()
        checkReferenceCount(resolved)
        return ClassRepository.Entry(
            declared: declared, superclass: parent?.declared.name, resolved: resolved,
            propertyPositions: properties.positions, keys: resolved.keys)
    }

    private mutating func checkPlaceInHierarchy() {
        if let earlier = repository.entry(declared.name) {
            report(.duplicateClass, at: place, "class \(earlier.declared.name) is declared already")
        }
        guard let superclass = declared.superclass else { return }
        guard let parent = parent?.resolved else {
            let reason = superclass == declared.name ? "a class can't be its own superclass" : "declare it first"
            return report(.unknownSuperclass, at: place, "superclass \(superclass) is not declared; \(reason)")
        }
        if parent.qualifiers.has(.terminal) {
            report(.terminalSuperclass, at: place, "superclass \(superclass) is terminal: it can't have subclasses")
        }
        if declared.isAssociation && !parent.isAssociation {
            report(.superclassKind, at: place, "an association can't derive from \(superclass), which is none")
        }
        if declared.isIndication && !parent.isIndication {
            report(.superclassKind, at: place, "an indication can't derive from \(superclass), which is none")
        }
    }

    /// How many elements of a list before one bear its name.
    /// - Parameter seen: the counts of long lists; short ones are counted anew each time, which is quicker.
    static func repetition<Element>(
        _ number: Int, in list: [Element], _ seen: inout [CIMName: Int], _ name: (Element) -> CIMName
    ) -> Int {
        let wanted = name(list[number])
        if list.count <= 16 { return list[..<number].count { name($0) == wanted } }
        defer { seen[wanted, default: 0] += 1 }
        return seen[wanted, default: 0]
    }

    private mutating func checkReferenceCount(_ resolved: CIMClass) {
        guard resolved.isAssociation, !isOrphan else { return }
        let count = resolved.properties.count { $0.type == .reference }
        if count < 2 {
            report(.tooFewReferences, at: place, "an association needs two references or more, this one has \(count)")
        }
    }
}

// MARK: - Inheritance

extension ClassResolver {
    static func heritage(of resolved: CIMClass) -> ClassRepository.Heritage {
        ClassRepository.Heritage(
            qualifiers: propagating(resolved.qualifiers), properties: resolved.properties.map(propagating),
            methods: resolved.methods.map(propagating))
    }

    private static func propagating(_ property: CIMProperty) -> CIMProperty {
        var property = property
        property.propagated = true
        property.qualifiers = propagating(property.qualifiers)
        return property
    }

    private static func propagating(_ method: CIMMethod) -> CIMMethod {
        var method = method
        method.propagated = true
        method.qualifiers = propagating(method.qualifiers)
        for index in method.parameters.indices {
            method.parameters[index].qualifiers = propagating(method.parameters[index].qualifiers)
        }
        return method
    }
}

// MARK: - Properties

extension ClassResolver {
    private mutating func resolveProperties(
        inAssociation: Bool
    ) -> (list: [CIMProperty], positions: Positions) {
        var list = heritage?.properties ?? []
        var positions = parent?.propertyPositions ?? Positions(of: list, \.name)
        let parentHasKeys = parent?.keys.isEmpty == false
        var seen: [CIMName: Int] = [:]
        for (number, property) in declared.properties.enumerated() {
            let repetition = Self.repetition(number, in: declared.properties, &seen, \.name)
            guard repetition == 0 else {
                let at = SchemaElement(
                    className: declared.name, feature: .property(property.name), occurrence: repetition)
                report(.duplicateProperty, at: at, "property \(property.name) is declared twice in this class")
                continue
            }
            let position = positions.first(property.name, in: list, \.name)
            let resolved = resolve(property, overriding: position.map { list[$0] })
            check(resolved, inAssociation: inAssociation)
            if parentHasKeys && resolved.isKey && position.map({ list[$0].isKey }) != true {
                report(
                    .addedKey, at: element(of: property),
                    "a superclass has keys already: a subclass can't add the key \(property.name)")
            }
            if let position {
                list[position] = resolved
            } else {
                list.append(resolved)
                positions.append(to: list, \.name)
            }
        }
        return (list, positions)
    }

    func element(of property: CIMProperty) -> SchemaElement {
        SchemaElement(className: declared.name, feature: .property(property.name))
    }

    private mutating func resolve(_ property: CIMProperty, overriding inherited: CIMProperty?) -> CIMProperty {
        let at = element(of: property)
        var resolved = property
        resolved.propagated = false
        resolved.classOrigin = inherited?.classOrigin ?? declared.name
        resolved.qualifiers = merge(
            property.qualifiers, onto: inherited?.qualifiers ?? [],
            scope: property.type == .reference ? .reference : .property, at: at)
        checkOverrideQualifier(property.qualifiers, overrides: inherited != nil, at: at)
        guard let inherited else { return resolved }
        // What an override leaves unsaid stays as it was.
        if resolved.defaultValue == nil { resolved.defaultValue = inherited.defaultValue }
        checkOverride(of: inherited, by: resolved, at: at)
        return resolved
    }
}

// MARK: - Methods

extension ClassResolver {
    private mutating func resolveMethods() -> [CIMMethod] {
        var list = heritage?.methods ?? []
        var positions = Positions(of: list, \.name)
        var seen: [CIMName: Int] = [:]
        for (number, method) in declared.methods.enumerated() {
            let repetition = Self.repetition(number, in: declared.methods, &seen, \.name)
            guard repetition == 0 else {
                let at = SchemaElement(className: declared.name, feature: .method(method.name), occurrence: repetition)
                report(.duplicateMethod, at: at, "method \(method.name) is declared twice in this class")
                continue
            }
            let position = positions.first(method.name, in: list, \.name)
            let resolved = resolve(method, overriding: position.map { list[$0] })
            if let position {
                list[position] = resolved
            } else {
                list.append(resolved)
                positions.append(to: list, \.name)
            }
        }
        return list
    }

    private mutating func resolve(_ method: CIMMethod, overriding inherited: CIMMethod?) -> CIMMethod {
        let at = SchemaElement(className: declared.name, feature: .method(method.name))
        var resolved = method
        resolved.propagated = false
        resolved.classOrigin = inherited?.classOrigin ?? declared.name
        resolved.qualifiers = merge(
            method.qualifiers, onto: inherited?.qualifiers ?? [], scope: .method, at: at)
        resolved.parameters = resolve(method.parameters, overriding: inherited?.parameters ?? [], of: method.name)
        checkOverrideQualifier(method.qualifiers, overrides: inherited != nil, at: at)
        checkReturnType(resolved, at: at)
        if let inherited { checkOverride(of: inherited, by: resolved, at: at) }
        return resolved
    }

    private mutating func resolve(
        _ parameters: [CIMParameter], overriding inherited: [CIMParameter], of method: CIMName
    ) -> [CIMParameter] {
        var list: [CIMParameter] = []
        var seen: [CIMName: Int] = [:]
        for (number, parameter) in parameters.enumerated() {
            let repetition = Self.repetition(number, in: parameters, &seen, \.name)
            let at = SchemaElement(
                className: declared.name, feature: .method(method), parameter: parameter.name, occurrence: repetition)
            guard repetition == 0 else {
                report(.duplicateParameter, at: at, "parameter \(parameter.name) is declared twice in this method")
                continue
            }
            var resolved = parameter
            resolved.qualifiers = merge(
                parameter.qualifiers, onto: inherited.first { $0.name == parameter.name }?.qualifiers ?? [],
                scope: .parameter, at: at)
            check(resolved, at: at)
            list.append(resolved)
        }
        return list
    }
}
