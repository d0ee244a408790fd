import CIM

extension Compilation {
    mutating func declareQualifierTypes() {
        for number in rooms[current].qualifierTypes.indices { declareQualifierType(number) }
    }

    private mutating func declareQualifierType(_ number: Int) {
        let (text, syntax) = (rooms[current].qualifierTypes[number].text, rooms[current].qualifierTypes[number].syntax)
        let declared = CIMQualifierType(
            name: syntax.name.value, type: syntax.type, isArray: syntax.isArray, arraySize: syntax.arraySize,
            defaultValue: syntax.defaultValue.flatMap {
                value($0, type: syntax.type, isArray: syntax.isArray, in: text)
            }, scopes: syntax.scopes, flavor: flavor(of: syntax.flavors, startingFrom: CIMFlavor(), in: text))
        let first = rooms[current].qualifierTypeNumbers[declared.name] ?? number
        if current > 0 && first == number && rooms[0].contents.repository.qualifierType(declared.name) == declared {
            return
        }
        var notes: [DiagnosticLog.Note] = []
        if first != number {
            let earlier = rooms[current].qualifierTypes[first]
            notes.append(
                note("\(declared.name) is declared here first", at: earlier.syntax.name.range, in: earlier.text))
        }
        for violation in rooms[current].contents.repository.declare(declared) {
            report(violation, at: syntax.name.range, in: text, notes: notes)
        }
    }

    mutating func qualifiers(_ syntax: [QualifierSyntax], in text: TextID) -> [CIMQualifier] {
        syntax.map { qualifier($0, in: text) }
    }

    private mutating func qualifier(_ syntax: QualifierSyntax, in text: TextID) -> CIMQualifier {
        guard let type = rooms[current].contents.repository.qualifierType(syntax.name.value) else {
            return undeclared(syntax, in: text)
        }
        let value =
            if let given = syntax.value {
                self.value(given, type: type.type, isArray: type.isArray, in: text)
            } else if type.type == .boolean && !type.isArray {
                // A boolean qualifier that just stands there is true, whatever its default.
                CIMValue.boolean(true)
            } else {
                type.defaultValue
            }
        guard !syntax.flavors.isEmpty else {
            return CIMQualifier(
                name: syntax.name.value, type: type.type, isArray: type.isArray, value: value, flavor: type.flavor)
        }
        refuseWidening(of: type, by: syntax.flavors, in: text)
        return CIMQualifier(
            name: syntax.name.value, type: type.type, isArray: type.isArray, value: value,
            flavor: flavor(of: syntax.flavors, startingFrom: type.flavor, in: text))
    }

    /// A qualifier as its value shows it; the repository reports that it is not declared.
    private mutating func undeclared(_ syntax: QualifierSyntax, in text: TextID) -> CIMQualifier {
        let value = syntax.value.map { untypedValue($0, in: text) } ?? .boolean(true)
        return CIMQualifier(
            name: syntax.name.value, type: value?.type ?? .string, isArray: value?.isArray ?? false, value: value,
            flavor: flavor(of: syntax.flavors, startingFrom: CIMFlavor(), in: text))
    }

    /// The flavor that the given words make of `base`.
    private mutating func flavor(
        of words: [Located<FlavorSyntax>], startingFrom base: CIMFlavor, in text: TextID
    ) -> CIMFlavor {
        var flavor = base
        var override: FlavorSyntax?
        var propagation: FlavorSyntax?
        for word in words {
            switch word.value {
            case .enableOverride, .disableOverride:
                contradict(&override, word, in: text)
                flavor.overridable = word.value == .enableOverride
            case .toSubclass, .restricted:
                contradict(&propagation, word, in: text)
                flavor.toSubclass = word.value == .toSubclass
            case .translatable: flavor.translatable = true
            case .toInstance, .amended: break
            }
        }
        return flavor
    }

    private mutating func contradict(
        _ earlier: inout FlavorSyntax?, _ word: Located<FlavorSyntax>, in text: TextID
    ) {
        if let earlier, earlier != word.value {
            tolerate(
                .flavor, at: word.range, in: text, "\(word.value.spelling) contradicts \(earlier.spelling) before it")
        }
        earlier = word.value
    }

    /// A use may be stricter than the declaration, but not looser.
    private mutating func refuseWidening(
        of type: CIMQualifierType, by words: [Located<FlavorSyntax>], in text: TextID
    ) {
        for word in words {
            let declared: FlavorSyntax? =
                switch word.value {
                case .enableOverride where !type.flavor.overridable: .disableOverride
                case .toSubclass where !type.flavor.toSubclass: .restricted
                default: nil
                }
            guard let declared else { continue }
            tolerate(
                .flavor, at: word.range, in: text,
                "qualifier \(type.name) is declared \(declared.spelling), which \(word.value.spelling) can't undo")
        }
    }
}
