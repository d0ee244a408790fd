import CIM

extension Compilation {
    /// Declares the classes that have been read, each after its superclass.
    mutating func declareClasses() {
        var isDone = [Bool](repeating: false, count: rooms[current].classes.count)
        for number in isDone.indices {
            var chain: [Int] = []
            var next: Int? = number
            // A superclass that waits in the chain already derives from itself: it is not declared yet then.
            while let number = next, !isDone[number] {
                isDone[number] = true
                chain.append(number)
                next = rooms[current].classes[number].syntax.superclass.flatMap {
                    rooms[current].classNumbers[$0.value]
                }
            }
            for number in chain.reversed() { declare(number) }
        }
    }

    private mutating func declare(_ number: Int) {
        let (text, syntax) = (rooms[current].classes[number].text, rooms[current].classes[number].syntax)
        let declared = declaredClass(syntax, in: text)
        if isKnown(declared, number) { return }
        for violation in rooms[current].contents.repository.addDespiteViolations(declared)
        where !followsFromDamage(violation) {
            let aboutSuperclass: Set<SchemaViolation.Code> = [.unknownSuperclass, .terminalSuperclass, .superclassKind]
            let range = aboutSuperclass.contains(violation.code) ? syntax.superclass?.range : nil
            report(
                violation, at: range ?? syntax.range(of: violation.element), in: text,
                notes: notes(violation, syntax, in: text))
        }
    }

    mutating func declaredClass(_ syntax: ClassSyntax, in text: TextID) -> CIMClass {
        CIMClass(
            name: syntax.name.value, superclass: syntax.superclass?.value,
            qualifiers: qualifiers(syntax.qualifiers, in: text),
            properties: syntax.properties.map { property($0, in: text) },
            methods: syntax.methods.map { method($0, in: text) })
    }

    /// Whether what stands outside any namespace has the same class, which is in this one too then.
    private func isKnown(_ declared: CIMClass, _ number: Int) -> Bool {
        current > 0 && rooms[current].classNumbers[declared.name] == number
            && rooms[0].contents.repository.declaration(of: declared.name) == declared
    }

    private mutating func property(_ syntax: PropertySyntax, in text: TextID) -> CIMProperty {
        CIMProperty(
            name: syntax.name.value, type: syntax.type.type, isArray: syntax.isArray, arraySize: syntax.arraySize,
            referenceClass: syntax.type.referenceClass?.value,
            qualifiers: qualifiers(syntax.qualifiers, of: syntax.type, in: text),
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
                    qualifiers: qualifiers(parameter.qualifiers, of: parameter.type, in: text))
            }, qualifiers: qualifiers(syntax.qualifiers, in: text))
    }

    /// The qualifiers of an element, with the one that a vendor's type stands for.
    private mutating func qualifiers(
        _ syntax: [QualifierSyntax], of type: TypeSyntax, in text: TextID
    ) -> [CIMQualifier] {
        var qualifiers = qualifiers(syntax, in: text)
        guard let target = type.embeddedClass else { return qualifiers }
        if target.value == Parser.object {
            if qualifiers[.embeddedObject] == nil {
                qualifiers.append(CIMQualifier(name: .embeddedObject, type: .boolean, value: .boolean(true)))
            }
        } else if qualifiers[.embeddedInstance] == nil {
            qualifiers.append(
                CIMQualifier(name: .embeddedInstance, type: .string, value: .string(target.value.text)))
        }
        return qualifiers
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

    /// Whether the class, or one it derives from, has a feature that could not be read, or a superclass that is not
    /// there.
    func isDamaged(_ name: CIMName) -> Bool {
        ([name] + repository.superclasses(of: name)).contains { name in
            guard let declared = declaration(of: name) else { return false }
            return declared.syntax.isDamaged
                || declared.syntax.superclass != nil && repository.superclasses(of: name).isEmpty
        }
    }

    private func notes(_ violation: SchemaViolation, _ syntax: ClassSyntax, in text: TextID) -> [DiagnosticLog.Note] {
        var first = violation.element
        first.occurrence = 0
        switch violation.code {
        case .duplicateClass:
            guard let earlier = declaration(of: syntax.name.value) else { return [] }
            return [note("it is declared here first", at: earlier.syntax.name.range, in: earlier.text)]
        case .duplicateQualifier, .duplicateProperty, .duplicateMethod, .duplicateParameter:
            return [note("it is here first", at: syntax.range(of: first), in: text)]
        default: return overriddenNotes(violation)
        }
    }

    /// Where the feature stands that an override gets wrong.
    private func overriddenNotes(_ violation: SchemaViolation) -> [DiagnosticLog.Note] {
        switch violation.code {
        case .overrideMissing, .overrideType, .overrideSignature, .qualifierNotOverridable:
            guard let name = violation.element.className, violation.element.feature != nil else { return [] }
            for ancestor in repository.superclasses(of: name) {
                var element = violation.element
                element.className = ancestor
                element.qualifier = nil
                guard let declared = declaration(of: ancestor), let range = declared.syntax.exactRange(of: element)
                else { continue }
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
