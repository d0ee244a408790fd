// Rules for single properties, parameters and methods, and for what overrides them. Source: DSP0004 5.1.2, 5.6.3.

extension ClassResolver {
    mutating func check(_ property: CIMProperty, inAssociation: Bool) {
        let at = element(of: property)
        checkDeclaration(
            type: property.type, isArray: property.isArray, arraySize: property.arraySize,
            referenceClass: property.referenceClass, at: at)
        if property.type == .reference {
            if property.isArray {
                report(.referenceDeclaration, at: at, "a reference of an association can't be an array")
            }
            if !inAssociation {
                report(
                    .referenceOutsideAssociation, at: at, "\(declared.name) is no association and can't have references"
                )
            }
        }
        let embedding = property.embedding
        checkEmbedding(embedding, type: property.type, at: at)
        checkValueMap(property.qualifiers, at: at)
        if (property.isArray || embedding != nil) && property.isKey {
            let kind = property.isArray ? "an array" : "an embedded object"
            report(.keyType, at: at, "\(kind) can't be a key")
        }
        if let value = property.defaultValue {
            let wanted = "\(property.type.rawValue)\(property.isArray ? " array" : "")"
            if value.type != property.type || value.isArray != property.isArray {
                report(.defaultValue, at: at, "the default value is no \(wanted)")
            } else if let size = property.arraySize, let count = value.elements?.count, count > size {
                report(.defaultValue, at: at, "the default value has \(count) elements, the array only \(size)")
            }
        }
    }

    mutating func check(_ parameter: CIMParameter, at place: SchemaElement) {
        checkDeclaration(
            type: parameter.type, isArray: parameter.isArray, arraySize: parameter.arraySize,
            referenceClass: parameter.referenceClass, at: place)
        checkEmbedding(parameter.embedding, type: parameter.type, at: place)
        checkValueMap(parameter.qualifiers, at: place)
    }

    mutating func checkReturnType(_ method: CIMMethod, at place: SchemaElement) {
        if method.returnType == .reference {
            report(.returnType, at: place, "a method can't return a reference: make it an OUT parameter")
        }
        checkEmbedding(CIMEmbedding(qualifiers: method.qualifiers), type: method.returnType, at: place)
        checkValueMap(method.qualifiers, at: place)
    }

    private mutating func checkDeclaration(
        type: CIMType, isArray: Bool, arraySize: Int?, referenceClass: CIMName?, at place: SchemaElement
    ) {
        if let arraySize, !isArray || arraySize < 1 {
            report(.arrayDeclaration, at: place, "the size of a fixed array is a number from 1 up")
        }
        if (type == .reference) != (referenceClass != nil) {
            report(.referenceDeclaration, at: place, "a reference, and only a reference, names the class it points to")
        }
    }

    private mutating func checkEmbedding(_ embedding: CIMEmbedding?, type: CIMType, at place: SchemaElement) {
        if embedding != nil && type != .string {
            report(
                .embeddedType, at: place,
                "EmbeddedInstance and EmbeddedObject stand on strings only, not on \(type.rawValue)")
        }
    }

    /// Values pairs with ValueMap element by element. Source: DSP0004 5.6.3.
    private mutating func checkValueMap(_ qualifiers: [CIMQualifier], at place: SchemaElement) {
        guard let values = qualifiers[.values]?.value?.elements?.count,
            let map = qualifiers[.valueMap]?.value?.elements?.count, values != map
        else { return }
        report(.valueMap, at: place, "Values has \(values) elements and ValueMap has \(map): they pair one by one")
    }
}

// MARK: - Overriding

extension ClassResolver {
    mutating func checkOverride(of inherited: CIMProperty, by own: CIMProperty, at place: SchemaElement) {
        let before = Self.signature(inherited.type, inherited.isArray, inherited.arraySize)
        let after = Self.signature(own.type, own.isArray, own.arraySize)
        guard before == after else {
            return report(
                .overrideType, at: place,
                "an override can't change the type: \(own.name) is \(before) in "
                    + "\(inherited.classOrigin ?? declared.name), not \(after)")
        }
        for (old, new) in Self.narrowings(from: inherited, to: own) where !narrows(new, old) {
            report(.overrideType, at: place, "\(new) is no subclass of \(old), which is named above")
        }
    }

    /// The classes that an override replaces by their own: those of the reference and of the embedded instance.
    static func narrowings(from inherited: CIMProperty, to own: CIMProperty) -> [(old: CIMName, new: CIMName)] {
        var pairs: [(CIMName, CIMName)] = []
        if let old = inherited.referenceClass, let new = own.referenceClass { pairs.append((old, new)) }
        if case .instance(let old) = inherited.embedding, case .instance(let new) = own.embedding {
            pairs.append((old, new))
        }
        return pairs
    }

    mutating func checkOverride(of inherited: CIMMethod, by own: CIMMethod, at place: SchemaElement) {
        let before = Self.signature(inherited)
        let after = Self.signature(own)
        guard before.count == after.count, zip(before, after).allSatisfy({ $0 == $1 }) else {
            return report(
                .overrideSignature, at: place,
                "an override can't change the signature: \(own.name) is "
                    + "(\(before.dropFirst().map(\.description).joined(separator: ", "))) returning "
                    + "\(inherited.returnType.rawValue) in \(inherited.classOrigin ?? declared.name)")
        }
    }

    /// Whether `new` is `old` or derives from it, or can't be judged before both are declared.
    private func narrows(_ new: CIMName, _ old: CIMName) -> Bool {
        if new == declared.name {
            return new == old || parent.map { repository.isSubclass($0.declared.name, of: old) } ?? true
        }
        return repository.entry(new) == nil || repository.isSubclass(new, of: old)
    }

    private static func signature(_ type: CIMType, _ isArray: Bool, _ arraySize: Int?) -> String {
        type.rawValue + (isArray ? "[\(arraySize.map(String.init) ?? "")]" : "")
    }

    private struct SignaturePart: Equatable, CustomStringConvertible {
        let name: CIMName?
        let referenceClass: CIMName?
        let type: String

        var description: String { [referenceClass?.text ?? "", type, name?.text ?? ""].joined(separator: " ") }
    }

    private static func signature(_ method: CIMMethod) -> [SignaturePart] {
        [SignaturePart(name: nil, referenceClass: nil, type: method.returnType.rawValue)]
            + method.parameters.map {
                SignaturePart(
                    name: $0.name, referenceClass: $0.referenceClass,
                    type: signature($0.type, $0.isArray, $0.arraySize))
            }
    }
}
