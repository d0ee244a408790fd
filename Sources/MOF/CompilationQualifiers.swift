import CIM

extension Compilation {
    mutating func declare(_ syntax: QualifierTypeSyntax, in text: TextID) {
        let flavor = flavor(of: syntax.flavors, startingFrom: CIMFlavor(), in: text)
        let declared = CIMQualifierType(
            name: syntax.name.value, type: syntax.type, isArray: syntax.isArray, arraySize: syntax.arraySize,
            defaultValue: syntax.defaultValue.flatMap {
                value($0, type: syntax.type, isArray: syntax.isArray, in: text)
            }, scopes: syntax.scopes, flavor: flavor)
        var notes: [MOFDiagnostic.Note] = []
        if let earlier = qualifierTypes[declared.name] {
            notes.append(note("\(declared.name) is declared here first", at: earlier.range, in: earlier.text))
        } else {
            qualifierTypes[declared.name] = (text, syntax.name.range)
        }
        for violation in repository.declare(declared) {
            report(violation, at: syntax.name.range, in: text, notes: notes)
        }
    }

    mutating func qualifiers(_ syntax: [QualifierSyntax], in text: TextID) -> [CIMQualifier] {
        syntax.map { qualifier($0, in: text) }
    }

    private mutating func qualifier(_ syntax: QualifierSyntax, in text: TextID) -> CIMQualifier {
        guard let type = repository.qualifierType(syntax.name.value) else {
            // The repository reports it. Its type can't be told.
            return CIMQualifier(name: syntax.name.value, type: .string, value: nil)
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
        let flavor = flavor(of: syntax.flavors, startingFrom: type.flavor, in: text)
        refuseWidening(of: type, by: syntax.flavors, in: text)
        return CIMQualifier(
            name: syntax.name.value, type: type.type, isArray: type.isArray, value: value, flavor: flavor)
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
            case .toInstance: break
            }
        }
        return flavor
    }

    private mutating func contradict(
        _ earlier: inout FlavorSyntax?, _ word: Located<FlavorSyntax>, in text: TextID
    ) {
        if let earlier, earlier != word.value {
            report(
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
            report(
                .flavor, at: word.range, in: text,
                "qualifier \(type.name) is declared \(declared.spelling), which \(word.value.spelling) can't undo")
        }
    }
}
