// Qualifiers: what an element says itself, on top of what it inherits. Source: DSP0004 5.1.2.10, 5.6.

extension ClassResolver {
    /// The qualifiers that travel to a subclass and its features.
    static func propagating(_ qualifiers: [CIMQualifier]) -> [CIMQualifier] {
        guard qualifiers.contains(where: { !$0.propagated || !$0.flavor.toSubclass }) else { return qualifiers }
        return qualifiers.compactMap { qualifier in
            guard qualifier.flavor.toSubclass else { return nil }
            var qualifier = qualifier
            qualifier.propagated = true
            return qualifier
        }
    }

    /// An element's own qualifiers, checked, with the inherited ones it does not restate before them.
    /// - Parameter inherited: as they are propagated.
    mutating func merge(
        _ own: [CIMQualifier], onto inherited: [CIMQualifier], scope: CIMScope, at place: SchemaElement
    ) -> [CIMQualifier] {
        var merged = inherited
        merged.reserveCapacity(inherited.count + own.count)
        let positions = Positions(of: inherited, \.name)
        var seen: [CIMName: Int] = [:]
        for (number, qualifier) in own.enumerated() {
            let repetition = Self.repetition(number, in: own, &seen, \.name)
            guard repetition == 0 else {
                report(
                    .duplicateQualifier, at: place.qualified(by: qualifier.name, occurrence: repetition),
                    "qualifier \(qualifier.name) is given twice on one element")
                continue
            }
            let checked = check(qualifier, scope: scope, at: place)
            if let position = positions.first(qualifier.name, in: inherited, \.name) {
                merged[position] = override(merged[position], by: checked, at: place)
            } else {
                merged.append(checked)
            }
        }
        return merged
    }

    /// The qualifier with the flavor of its declaration; as it is when it has none.
    private mutating func check(_ qualifier: CIMQualifier, scope: CIMScope, at place: SchemaElement) -> CIMQualifier {
        guard let type = repository.qualifierType(qualifier.name) else {
            report(
                .undeclaredQualifier, at: place.qualified(by: qualifier.name),
                "qualifier \(qualifier.name) is not declared")
            return qualifier
        }
        if !type.scopes.contains(scope) {
            let allowed = CIMScope.allCases.filter(type.scopes.contains).map(\.rawValue).joined(separator: ", ")
            report(
                .qualifierScope, at: place.qualified(by: qualifier.name),
                "qualifier \(type.name) can't stand on a \(scope.rawValue), only on: \(allowed)")
        }
        let matches = qualifier.type == type.type && qualifier.isArray == type.isArray
        let valueMatches = qualifier.value.map { $0.type == type.type && $0.isArray == type.isArray } ?? true
        if !matches || !valueMatches {
            report(
                .qualifierValue, at: place.qualified(by: qualifier.name),
                "qualifier \(type.name) is declared as \(type.type.rawValue)\(type.isArray ? "[]" : "")")
        }
        var checked = qualifier
        checked.propagated = false
        // A use may narrow the declared flavor but not widen it.
        checked.flavor = CIMFlavor(
            overridable: type.flavor.overridable && qualifier.flavor.overridable,
            toSubclass: type.flavor.toSubclass && qualifier.flavor.toSubclass,
            translatable: type.flavor.translatable || qualifier.flavor.translatable)
        return checked
    }

    private mutating func override(
        _ inherited: CIMQualifier, by own: CIMQualifier, at place: SchemaElement
    ) -> CIMQualifier {
        if !inherited.flavor.overridable && inherited.value != own.value {
            report(
                .qualifierNotOverridable, at: place.qualified(by: own.name),
                "qualifier \(own.name) is inherited with DisableOverride: its value can't change")
        }
        var own = own
        own.flavor.overridable = own.flavor.overridable && inherited.flavor.overridable
        return own
    }

    // MARK: Override

    /// Override stands exactly on what redeclares an inherited feature, and names it. Source: DSP0004 5.6.3.
    mutating func checkOverrideQualifier(_ own: [CIMQualifier], overrides: Bool, at place: SchemaElement) {
        guard !isOrphan, let name = place.feature?.name else { return }
        guard let qualifier = own[.override] else {
            if overrides {
                report(
                    .overrideMissing, at: place,
                    "\(name) is inherited already: to redeclare it, give it the qualifier Override(\"\(name)\")")
            }
            return
        }
        let at = place.qualified(by: "Override")
        guard overrides else {
            return report(.overrideTarget, at: at, "no superclass has a \(name) to override")
        }
        guard let target = qualifier.value?.stringValue else { return }
        let parts = target.split(separator: ".", omittingEmptySubsequences: false).map { CIMName(String($0)) }
        let ancestors = parent.map { [$0.declared.name] + repository.superclasses(of: $0.declared.name) } ?? []
        let valid =
            switch parts.count {
            case 1: parts[0] == name
            case 2: parts[1] == name && parts[0].map(ancestors.contains) == true
            default: false
            }
        if !valid {
            report(.overrideTarget, at: at, "Override names \"\(target)\", but only \(name) can be overridden here")
        }
    }
}

/// What a qualifier type may look like. Source: DSP0004 5.1.2.10, Annex A (`qualifierDeclaration`).
enum QualifierTypeRules {
    static func violations(of type: CIMQualifierType, declared: Bool) -> [SchemaViolation] {
        let place = SchemaElement(qualifier: type.name)
        var found: [SchemaViolation] = []
        if declared {
            found.append(
                SchemaViolation(.duplicateQualifierType, at: place, "qualifier \(type.name) is declared already"))
        }
        func add(_ message: String) {
            found.append(SchemaViolation(.qualifierTypeDeclaration, at: place, message))
        }
        if type.type == .reference { add("a qualifier can't be a reference") }
        if type.scopes.isEmpty { add("a qualifier needs a scope") }
        if type.arraySize != nil && !type.isArray { add("only an array has a size") }
        if let value = type.defaultValue, value.type != type.type || value.isArray != type.isArray {
            add("the default value is no \(type.type.rawValue)\(type.isArray ? " array" : "")")
        }
        return found
    }
}
