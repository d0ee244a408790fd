extension ClassRepository {
    /// Everything about an instance that its class does not allow, for people: an unknown class; a property that is
    /// unknown or given twice; a value of another type, scalar for array or the reverse, or longer than a fixed
    /// array; a reference to, or an embedded instance of, the wrong class; and the same inside embedded instances.
    /// NULL and absent properties are no violation: a property list may have left them out.
    package func violations(in instance: CIMInstance) -> [String] {
        var found: [String] = []
        collect(in: instance, at: instance.className.text, depth: 0, into: &found)
        return found
    }

    private static let maximumEmbeddingDepth = 16

    /// Classes that no schema declares: an embedded instance of one holds a method's parameters as its properties.
    /// Source: CIM_InstMethodCall.MethodParameters and CIM_ConcreteJob.JobInParameters, JobOutParameters.
    private static let madeUpClasses: Set<CIMName> = [
        "__MethodParameters", "__JobInParameters", "__JobOutParameters",
    ]

    /// - Parameter place: spelled only when something is wrong: every answer goes through here.
    private func collect(
        in instance: CIMInstance, at place: @autoclosure () -> String, depth: Int, into found: inout [String]
    ) {
        guard depth < Self.maximumEmbeddingDepth else {
            return found.append("\(place()): instances are embedded in each other too deep")
        }
        guard let entry = entry(instance.className) else {
            return found.append("\(place()): there is no class \(instance.className)")
        }
        var seen: Set<CIMName> = []
        seen.reserveCapacity(instance.properties.count)
        for value in instance.properties {
            guard let property = property(value.name, of: entry) else {
                found.append("\(place()).\(value.name): class \(entry.resolved.name) has no such property")
                continue
            }
            if !seen.insert(value.name).inserted { found.append("\(place()).\(value.name): given twice") }
            check(value, of: property, at: "\(place()).\(value.name)", depth: depth, into: &found)
        }
    }

    private func check(
        _ given: CIMPropertyValue, of property: CIMProperty, at place: @autoclosure () -> String, depth: Int,
        into found: inout [String]
    ) {
        func spelled(_ type: CIMType, _ isArray: Bool) -> String { type.rawValue + (isArray ? "[]" : "") }
        var declared: String { spelled(property.type, property.isArray) }
        guard given.type == property.type, given.isArray == property.isArray else {
            return found.append("\(place()): declared \(declared), given as \(spelled(given.type, given.isArray))")
        }
        guard let value = given.value else { return }
        guard value.type == property.type, value.isArray == property.isArray else {
            return found.append("\(place()): declared \(declared), its value is \(spelled(value.type, value.isArray))")
        }
        guard case .array(_, let elements) = value else {
            return check(element: value, of: property, at: place(), depth: depth, into: &found)
        }
        if let size = property.arraySize, elements.count > size {
            found.append("\(place()): \(elements.count) elements in an array of \(size)")
        }
        for (index, element) in elements.enumerated() {
            guard let element else { continue }
            if element.type == property.type && !element.isArray {
                check(element: element, of: property, at: "\(place())[\(index)]", depth: depth, into: &found)
            } else {
                found.append(
                    "\(place())[\(index)]: declared \(declared), its value is \(spelled(element.type, element.isArray))"
                )
            }
        }
    }

    private func check(
        element: CIMValue, of property: CIMProperty, at place: @autoclosure () -> String, depth: Int,
        into found: inout [String]
    ) {
        // Only strings and references say more by their qualifiers than their type does.
        guard property.type == .string || property.type == .reference else { return }
        switch (element, property.embedding) {
        case (.instance(let instance), .instance(let wanted)):
            if entry(instance.className) != nil && !isSubclass(instance.className, of: wanted) {
                found.append("\(place()): an instance of \(wanted) is embedded here; \(instance.className) is none")
            }
            collect(in: instance, at: place(), depth: depth + 1, into: &found)
        case (.instance(let instance), .object) where Self.madeUpClasses.contains(instance.className):
            for value in instance.properties {
                guard let inner = value.value?.instanceValue else { continue }
                collect(in: inner, at: "\(place()).\(value.name)", depth: depth + 1, into: &found)
            }
        case (.instance(let instance), .object):
            collect(in: instance, at: place(), depth: depth + 1, into: &found)
        case (.classObject, .object): break
        case (_, .instance(let wanted)): found.append("\(place()): an instance of \(wanted) is embedded here")
        case (_, .object): found.append("\(place()): an object is embedded here")
        case (.instance, nil), (.classObject, nil):
            found.append("\(place()): a plain string, which can't hold an embedded object")
        case (.reference(let path), nil):
            if let wanted = property.referenceClass, entry(path.className) != nil, entry(wanted) != nil,
                !isSubclass(path.className, of: wanted)
            {
                found.append("\(place()): points to a \(wanted); \(path.className) is none")
            }
        default: break
        }
    }
}
