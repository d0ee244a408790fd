import CIM

extension Compilation {
    mutating func declare(_ syntax: ClassSyntax, in text: TextID) {
        let declared = CIMClass(
            name: syntax.name.value, superclass: syntax.superclass?.value,
            qualifiers: qualifiers(syntax.qualifiers, in: text),
            properties: syntax.properties.map { property($0, in: text) },
            methods: syntax.methods.map { method($0, in: text) })
        let violations = repository.addDespiteViolations(declared)
        if classes[declared.name] == nil {
            classes[declared.name] = DeclaredClass(text: text, syntax: syntax)
        }
        for violation in violations where !isFull && !followsFromDamage(violation) {
            let aboutSuperclass: Set<SchemaViolation.Code> = [.unknownSuperclass, .terminalSuperclass, .superclassKind]
            let range = aboutSuperclass.contains(violation.code) ? syntax.superclass?.range : nil
            report(
                violation, at: range ?? syntax.range(of: violation.element), in: text,
                notes: notes(violation, syntax, in: text))
        }
        if let alias = syntax.alias { define(alias, as: .classObject(declared.name), in: text) }
    }

    private mutating func property(_ syntax: PropertySyntax, in text: TextID) -> CIMProperty {
        CIMProperty(
            name: syntax.name.value, type: syntax.type.type, isArray: syntax.isArray, arraySize: syntax.arraySize,
            referenceClass: syntax.type.referenceClass?.value, qualifiers: qualifiers(syntax.qualifiers, in: text),
            defaultValue: syntax.defaultValue.flatMap {
                value($0, type: syntax.type.type, isArray: syntax.isArray, in: text)
            })
    }

    private mutating func method(_ syntax: MethodSyntax, in text: TextID) -> CIMMethod {
        CIMMethod(
            name: syntax.name.value, returnType: syntax.returnType,
            parameters: syntax.parameters.map { parameter in
                CIMParameter(
                    name: parameter.name.value, type: parameter.type.type, isArray: parameter.isArray,
                    arraySize: parameter.arraySize, referenceClass: parameter.type.referenceClass?.value,
                    qualifiers: qualifiers(parameter.qualifiers, in: text))
            }, qualifiers: qualifiers(syntax.qualifiers, in: text))
    }

    // MARK: What to say about a violation

    /// What an unread feature would have been is not known: a missing one may be that.
    private func followsFromDamage(_ violation: SchemaViolation) -> Bool {
        guard let name = violation.element.className else { return false }
        switch violation.code {
        case .overrideTarget, .tooFewReferences: return isDamaged(name)
        default: return false
        }
    }

    /// Whether the class, or one it derives from, has a feature that could not be read.
    func isDamaged(_ name: CIMName) -> Bool {
        ([name] + repository.superclasses(of: name)).contains { classes[$0]?.syntax.isDamaged == true }
    }

    private func notes(_ violation: SchemaViolation, _ syntax: ClassSyntax, in text: TextID) -> [MOFDiagnostic.Note] {
        var first = violation.element
        first.occurrence = 0
        switch violation.code {
        case .duplicateClass:
            guard let earlier = classes[syntax.name.value] else { return [] }
            return [note("it is declared here first", at: earlier.syntax.name.range, in: earlier.text)]
        case .duplicateQualifier, .duplicateProperty, .duplicateMethod, .duplicateParameter:
            return [note("it is here first", at: syntax.range(of: first), in: text)]
        default: return overriddenNotes(violation)
        }
    }

    /// Where the feature stands that an override gets wrong.
    private func overriddenNotes(_ violation: SchemaViolation) -> [MOFDiagnostic.Note] {
        switch violation.code {
        case .overrideMissing, .overrideType, .overrideSignature, .qualifierNotOverridable:
            guard let name = violation.element.className, violation.element.feature != nil else { return [] }
            for ancestor in repository.superclasses(of: name) {
                var element = violation.element
                element.className = ancestor
                element.qualifier = nil
                guard let declared = classes[ancestor], let range = declared.syntax.exactRange(of: element) else {
                    continue
                }
                return [note("it is inherited from here", at: range, in: declared.text)]
            }
            return []
        default: return []
        }
    }
}

// MARK: - Places

extension ClassSyntax {
    /// Where an element of this class is written: its name, or the class' when the element is not in it.
    func range(of element: SchemaElement) -> Range<Int> { exactRange(of: element) ?? name.range }

    func exactRange(of element: SchemaElement) -> Range<Int>? {
        switch element.feature {
        case nil:
            guard let qualifier = element.qualifier else { return name.range }
            return qualifiers.range(of: qualifier, element.occurrence)
        case .property(let wanted):
            let found = properties.lazy.filter { $0.name.value == wanted }
            let isQualifier = element.qualifier != nil
            guard let property = found.dropFirst(isQualifier ? 0 : element.occurrence).first else { return nil }
            guard let qualifier = element.qualifier else { return property.name.range }
            return property.qualifiers.range(of: qualifier, element.occurrence) ?? property.name.range
        case .method(let wanted): return range(ofMethod: wanted, element)
        }
    }

    /// The class that a reference names, when the violation is about it.
    func referenceRange(of violation: SchemaViolation) -> Range<Int>? {
        guard violation.code == .unknownReferenceClass else { return nil }
        switch violation.element.feature {
        case .property(let name): return properties.first { $0.name.value == name }?.type.referenceClass?.range
        case .method(let name):
            let method = methods.first { $0.name.value == name }
            return method?.parameters.first { $0.name.value == violation.element.parameter }?.type.referenceClass?.range
        case nil: return nil
        }
    }

    private func range(ofMethod wanted: CIMName, _ element: SchemaElement) -> Range<Int>? {
        let found = methods.lazy.filter { $0.name.value == wanted }
        let isMethod = element.qualifier == nil && element.parameter == nil
        guard let method = found.dropFirst(isMethod ? element.occurrence : 0).first else { return nil }
        guard let name = element.parameter else {
            guard let qualifier = element.qualifier else { return method.name.range }
            return method.qualifiers.range(of: qualifier, element.occurrence) ?? method.name.range
        }
        let parameters = method.parameters.lazy.filter { $0.name.value == name }
        guard let qualifier = element.qualifier else {
            return parameters.dropFirst(element.occurrence).first?.name.range
        }
        guard let parameter = parameters.first else { return method.name.range }
        return parameter.qualifiers.range(of: qualifier, element.occurrence) ?? parameter.name.range
    }
}

extension [QualifierSyntax] {
    fileprivate func range(of name: CIMName, _ occurrence: Int) -> Range<Int>? {
        lazy.filter { $0.name.value == name }.dropFirst(occurrence).first?.name.range
    }
}
