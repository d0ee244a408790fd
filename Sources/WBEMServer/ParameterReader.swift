import CIM

/// Turns what came in for a method's parameters, or for properties, into values of the types that the schema declares.
struct ParameterReader: Sendable {
    let repository: ClassRepository
    let embedded: EmbeddedTextReader
    /// What messages call the thing that takes the value.
    var noun = "Parameter"

    init(repository: ClassRepository, embedded: EmbeddedTextReader) {
        self.repository = repository
        self.embedded = embedded
    }

    /// The value of a property; `nil` is NULL.
    /// - Throws: `CIMError(.invalidParameter)` that names the property and says what was expected.
    func read(_ content: ReceivedParameter.Content, of property: CIMProperty) throws(CIMError) -> CIMValue? {
        var reader = self
        reader.noun = "Property"
        return try reader.value(
            of: ReceivedParameter(name: property.name, content: content),
            as: CIMParameter(
                name: property.name, type: property.type, isArray: property.isArray, arraySize: property.arraySize,
                referenceClass: property.referenceClass, qualifiers: property.qualifiers))
    }

    /// - Throws: `CIMError(.invalidParameter)` that names the parameter and says what was expected.
    func read(_ received: [ReceivedParameter], of method: CIMMethod) throws(CIMError) -> [CIMName: CIMValue] {
        var values: [CIMName: CIMValue] = [:]
        var seen: Set<CIMName> = []
        for item in received {
            guard let parameter = method.parameter(item.name), parameter.isInput else {
                let names = method.parameters.filter(\.isInput).map(\.name.text).joined(separator: ", ")
                throw invalid(
                    "Unknown parameter \(item.name) of \(method.name); it takes \(names.isEmpty ? "none" : names).")
            }
            guard seen.insert(parameter.name).inserted else {
                throw invalid("Parameter \(parameter.name) is given twice.")
            }
            if let value = try value(of: item, as: parameter) { values[parameter.name] = value }
        }
        for parameter in method.parameters
        where parameter.isInput && parameter.isRequired && values[parameter.name] == nil {
            throw invalid("Missing required parameter \(parameter.name) (\(typeText(parameter))) of \(method.name).")
        }
        return values
    }

    private func value(of item: ReceivedParameter, as parameter: CIMParameter) throws(CIMError) -> CIMValue? {
        let value = try value(of: item.content, as: parameter)
        if let size = parameter.arraySize, let count = value?.elements?.count, count > size {
            throw invalid("\(noun) \(parameter.name) takes \(size) elements at most, not \(count).")
        }
        return value
    }

    private func value(
        of content: ReceivedParameter.Content, as parameter: CIMParameter
    ) throws(CIMError) -> CIMValue? {
        switch content {
        case .empty(let isArray):
            // NULL fits a scalar and an array alike; an empty array is a value.
            if isArray && !parameter.isArray { throw mismatch(parameter, "an array") }
            return isArray ? .array(parameter.type, []) : nil
        case .text(let text):
            guard !parameter.isArray else { throw mismatch(parameter, "a single value") }
            return try scalar(text, as: parameter)
        case .texts(let texts):
            guard parameter.isArray else { throw mismatch(parameter, "an array") }
            return .array(
                parameter.type,
                try texts.map { text throws(CIMError) in
                    guard let text else { return nil }
                    return try scalar(text, as: parameter)
                })
        case .typed(let value):
            return try typed(value, as: parameter)
        }
    }

    private func typed(_ value: CIMValue, as parameter: CIMParameter) throws(CIMError) -> CIMValue {
        guard value.isArray == parameter.isArray else { throw mismatch(parameter, typeText(value)) }
        guard case .array(let type, let elements) = value else { return try scalar(value, as: parameter) }
        guard type == parameter.type else { throw mismatch(parameter, typeText(value)) }
        return .array(
            parameter.type,
            try elements.map { element throws(CIMError) in
                guard let element else { return nil }
                return try scalar(element, as: parameter)
            })
    }

    private func scalar(_ value: CIMValue, as parameter: CIMParameter) throws(CIMError) -> CIMValue {
        guard value.type == parameter.type else { throw mismatch(parameter, typeText(value)) }
        switch value {
        case .reference(let path): return .reference(try reference(path, as: parameter))
        case .instance(let instance): return .instance(try embeddedInstance(instance, as: parameter))
        case .classObject where parameter.embedding == .object: return value
        case .classObject: throw mismatch(parameter, "a class")
        case .string(let text) where parameter.embedding != nil: return try scalar(text, as: parameter)
        default: return value
        }
    }

    private func scalar(_ text: String, as parameter: CIMParameter) throws(CIMError) -> CIMValue {
        if parameter.type == .reference { return .reference(try reference(try path(text, parameter), as: parameter)) }
        if parameter.embedding != nil {
            return .instance(try embeddedInstance(try instance(text, parameter), as: parameter))
        }
        guard let value = CIMValue(text: text, type: parameter.type) else {
            throw invalid("\(noun) \(parameter.name) is no \(parameter.type.rawValue): '\(String(text.prefix(80)))'.")
        }
        return value
    }

    private func path(_ text: String, _ parameter: CIMParameter) throws(CIMError) -> CIMObjectPath {
        do { return try CIMObjectPath(text: text) } catch {
            throw invalid("Invalid REF in \(parameter.name): \(error.message)")
        }
    }

    private func instance(_ text: String, _ parameter: CIMParameter) throws(CIMError) -> CIMInstance {
        do { return try embedded.read(text, repository) } catch {
            throw invalid("\(noun) \(parameter.name) holds no embedded instance: \(error.reason)")
        }
    }

    private func reference(_ path: CIMObjectPath, as parameter: CIMParameter) throws(CIMError) -> CIMObjectPath {
        guard let schema = repository[path.className] else {
            throw invalid("Invalid REF in \(parameter.name): the schema has no class \(path.className).")
        }
        let path = repository.naming(path)
        // A key may be missing (what it is needed for decides), but none may be made up, or be there twice.
        for key in path.keys {
            guard schema.property(key.name)?.isKey == true, path.keys.count(where: { $0.name == key.name }) == 1 else {
                throw invalid(
                    "Invalid REF in \(parameter.name): \(key.name) is no key of \(path.className), or given twice.")
            }
        }
        if let wanted = parameter.referenceClass, !repository.isSubclass(path.className, of: wanted) {
            throw invalid("Invalid REF in \(parameter.name): \(path.className) is no \(wanted).")
        }
        return path
    }

    private func embeddedInstance(_ instance: CIMInstance, as parameter: CIMParameter) throws(CIMError) -> CIMInstance {
        guard let embedding = parameter.embedding else { throw mismatch(parameter, "an embedded instance") }
        if case .instance(let wanted) = embedding, !repository.isSubclass(instance.className, of: wanted) {
            throw invalid("\(noun) \(parameter.name) takes a \(wanted), not a \(instance.className).")
        }
        let violations = repository.violations(in: instance)
        guard violations.isEmpty else {
            throw invalid("\(noun) \(parameter.name): \(violations.joined(separator: "; ")).")
        }
        return instance
    }

    private func mismatch(_ parameter: CIMParameter, _ given: String) -> CIMError {
        invalid("\(noun) \(parameter.name) takes \(typeText(parameter)), not \(given).")
    }

    private func typeText(_ parameter: CIMParameter) -> String {
        let type = parameter.referenceClass.map { "\($0) REF" } ?? parameter.type.rawValue
        return type + (parameter.isArray ? "[]" : "")
    }

    private func typeText(_ value: CIMValue) -> String { value.type.rawValue + (value.isArray ? "[]" : "") }

    private func invalid(_ message: String) -> CIMError { CIMError(.invalidParameter, message) }
}
