// What can be judged only once every class is there: references and embedded instances may name a class
// that is declared later.

extension ClassRepository {
    /// References and embedded instances whose class is not declared, or, where they override another, is no
    /// subclass of the class above. Ask when everything is declared.
    /// - Parameter names: the classes to look at; `nil` for all.
    package func danglingReferences(of names: Set<CIMName>? = nil) -> [SchemaViolation] {
        var found: [SchemaViolation] = []
        for name in classNames where names?.contains(name) != false {
            guard let entry = entry(name) else { continue }
            for property in entry.declared.properties {
                let place = SchemaElement(className: name, feature: .property(property.name))
                check(property.referenceClass, property.type, property.qualifiers, at: place, into: &found)
                checkNarrowing(of: property, in: entry, at: place, into: &found)
            }
            for method in entry.declared.methods {
                let place = SchemaElement(className: name, feature: .method(method.name))
                check(nil, method.returnType, method.qualifiers, at: place, into: &found)
                for parameter in method.parameters {
                    var place = place
                    place.parameter = parameter.name
                    check(parameter.referenceClass, parameter.type, parameter.qualifiers, at: place, into: &found)
                }
            }
        }
        return found
    }

    private func check(
        _ reference: CIMName?, _ type: CIMType, _ qualifiers: [CIMQualifier], at place: SchemaElement,
        into found: inout [SchemaViolation]
    ) {
        if let reference, entry(reference) == nil {
            found.append(
                SchemaViolation(
                    .unknownReferenceClass, at: place, "the reference points to \(reference), which is not declared"))
        }
        // Only strings hold embedded objects.
        if type == .string, case .instance(let embedded) = CIMEmbedding(qualifiers: qualifiers), entry(embedded) == nil
        {
            found.append(
                SchemaViolation(
                    .unknownEmbeddedClass, at: place.qualified(by: "EmbeddedInstance"),
                    "\(embedded) is embedded here but not declared"))
        }
    }

    /// The override's class was unknown when the override was added; it is known now.
    private func checkNarrowing(
        of property: CIMProperty, in entry: Entry, at place: SchemaElement, into found: inout [SchemaViolation]
    ) {
        guard let superclass = entry.superclass.flatMap({ self.entry($0) }),
            let inherited = self.property(property.name, of: superclass)
        else { return }
        for (old, new) in ClassResolver.narrowings(from: inherited, to: property)
        where self.entry(new) != nil && !isSubclass(new, of: old) {
            found.append(
                SchemaViolation(.overrideType, at: place, "\(new) is no subclass of \(old), which is named above"))
        }
    }
}
