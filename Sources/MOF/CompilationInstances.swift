import CIM

extension Compilation {
    /// Makes the instances, once all classes and aliases are known.
    mutating func makeInstances() {
        for number in rooms[current].instances.indices {
            let declared = rooms[current].instances[number]
            guard let instance = make(declared.syntax, in: declared.text) else { continue }
            checkKeys(of: instance, declared)
            rooms[current].contents.instances.append(instance)
        }
    }

    /// A server may fill in keys, so one that is missing is no error.
    private mutating func checkKeys(of instance: CIMInstance, _ declared: Declared<InstanceSyntax>) {
        guard let schema = repository[instance.className] else { return }
        let at = declared.syntax.className.range
        if schema.isAbstract {
            tolerate(
                .property, at: at, in: declared.text, "class \(schema.name) is abstract: it can't have instances")
        }
        let missing = schema.keys.filter { key in
            key.defaultValue == nil && !declared.syntax.assignments.contains { $0.name.value == key.name }
        }
        if !missing.isEmpty {
            let names = missing.map(\.name.text).joined(separator: ", ")
            log.add(.warning, .property, at: at, in: declared.text, "the instance has no value for its keys: \(names)")
        }
    }

    // MARK: One instance

    mutating func make(_ syntax: InstanceSyntax, in text: TextID) -> CIMInstance? {
        let declared = repository[syntax.className.value]
        if declared == nil {
            tolerate(
                .property, at: syntax.className.range, in: text, "there is no class \(syntax.className.value)")
            if !options.isLenient { return nil }
        }
        var seen: [CIMName: Range<Int>] = [:]
        var instance = CIMInstance(className: declared?.name ?? syntax.className.value)
        for assignment in syntax.assignments {
            let name = assignment.name
            if let first = seen.updateValue(name.range, forKey: name.value) {
                tolerate(
                    .property, at: name.range, in: text, "\(name.value) is given twice",
                    notes: [note("it is here first", at: first, in: text)])
                continue
            }
            if let property = declared?.property(name.value) {
                instance.properties.append(
                    CIMPropertyValue(
                        name: property.name, type: property.type, isArray: property.isArray,
                        value: value(assignment, of: property, in: text)))
            } else if let property = unknownProperty(assignment, of: declared, in: text) {
                instance.properties.append(property)
            }
        }
        return instance
    }

    /// A value that no class gives a type: an error, or for a lenient reader of the type that it shows.
    private mutating func unknownProperty(
        _ assignment: InstanceSyntax.Assignment, of declared: CIMClass?, in text: TextID
    ) -> CIMPropertyValue? {
        let name = assignment.name
        if let declared, !isDamaged(declared.name) {
            tolerate(.property, at: name.range, in: text, "class \(declared.name) has no property \(name.value)")
        }
        guard options.isLenient else { return nil }
        let value = untypedValue(assignment.value, in: text)
        return CIMPropertyValue(
            name: name.value, type: value?.type ?? .string, isArray: value?.isArray ?? false, value: value)
    }

    private mutating func value(
        _ assignment: InstanceSyntax.Assignment, of property: CIMProperty, in text: TextID
    ) -> CIMValue? {
        let target = ValueTarget(
            type: property.type, isArray: property.isArray, embedding: property.embedding, isInInstance: true)
        let value = value(assignment.value, for: target, in: text)
        if let size = property.arraySize, let count = value?.elements?.count, count > size {
            tolerate(
                .valueRange, at: assignment.value.range, in: text,
                "\(count) elements, but \(property.name) is an array of \(size)")
        }
        if case .instance(let wanted) = property.embedding {
            for case .instance(let given)? in value.map({ $0.elements ?? [$0] }) ?? []
            where !repository.isSubclass(given.className, of: wanted) && !isDamaged(given.className) {
                tolerate(
                    .embedded, at: assignment.value.range, in: text,
                    "an instance of \(wanted) is embedded here; \(given.className) is none")
            }
        }
        return value
    }
}
