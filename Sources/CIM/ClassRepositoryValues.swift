// Values and paths that came from outside, held against what the schema declares.

extension ClassRepository {
    /// Gives a value the declared type without changing what it says: an integer becomes another integer type
    /// that holds it, or a real that holds it exactly; a real, one that holds it exactly; a string, a datetime, a
    /// character or an object path that it spells. Arrays go element by element.
    /// - Returns: `nil` when that can't be done exactly.
    package func coerce(_ value: CIMValue, to type: CIMType) -> CIMValue? {
        if case .array(_, let elements) = value {
            var coerced: [CIMValue?] = []
            for element in elements {
                guard let element else {
                    coerced.append(nil)
                    continue
                }
                guard !element.isArray, let exact = coerce(element, to: type) else { return nil }
                coerced.append(exact)
            }
            return .array(type, coerced)
        }
        if value.type == type { return value }
        switch value {
        case .string(let text) where type == .datetime: return CIMDateTime(text).map(CIMValue.datetime)
        case .string(let text) where type == .char16: return CIMValue(text: text, type: .char16)
        case .string(let text) where type == .reference: return Self.path(text).map(CIMValue.reference)
        case .uint8, .uint16, .uint32, .uint64, .sint8, .sint16, .sint32, .sint64:
            return Self.exact(value, as: type)
        case .real64(let number) where type == .real32: return Float(exactly: number).map(CIMValue.real32)
        case .real32(let number) where type == .real64: return .real64(Double(number))
        default: return nil
        }
    }

    private static func path(_ text: String) -> CIMObjectPath? {
        do throws(CIMError) {
            return try CIMObjectPath(text: text)
        } catch {
            // "No path" is the answer here; whoever asked says what was expected.
            return nil
        }
    }

    private static func exact(_ integer: CIMValue, as type: CIMType) -> CIMValue? {
        func convert(_ number: some BinaryInteger) -> CIMValue? {
            switch type {
            case .real32: Float(exactly: number).map(CIMValue.real32)
            case .real64: Double(exactly: number).map(CIMValue.real64)
            default: CIMValue(integer: number, as: type)
            }
        }
        if case .uint64(let number) = integer { return convert(number) }
        return integer.integerValue.flatMap { convert($0) }
    }

    // MARK: Paths

    /// The path with its keys as the class declares them: their spelling, order and types. Keys that are
    /// references are treated alike, as far as their classes are known here: they may be in another namespace.
    /// - Throws: `.invalidClass` when the class is unknown; `.invalidParameter`, naming the key, when a key is
    ///   missing, surplus, given twice or of another type.
    package func normalized(_ path: CIMObjectPath) throws(CIMError) -> CIMObjectPath {
        try normalized(path, depth: 0)
    }

    /// A reference key that points to an association that points to an association ...: more is no honest path.
    private static let maximumPathDepth = 8

    private func normalized(_ path: CIMObjectPath, depth: Int) throws(CIMError) -> CIMObjectPath {
        guard depth < Self.maximumPathDepth else {
            throw CIMError(.invalidParameter, "the path of a \(path.className) has references nested too deep")
        }
        guard let entry = entry(path.className) else {
            throw CIMError(.invalidClass, "there is no class \(path.className)")
        }
        var given: [CIMName: CIMValue] = [:]
        for key in path.keys where given.updateValue(key.value, forKey: key.name) != nil {
            throw CIMError(.invalidParameter, "key \(key.name) of \(entry.resolved.name) is given twice")
        }
        var result = path
        result.className = entry.resolved.name
        result.keys = []
        if !path.isClassPath {
            for key in entry.keys {
                guard let value = given.removeValue(forKey: key.name) else {
                    throw CIMError(.invalidParameter, "key \(key.name) of \(entry.resolved.name) is missing")
                }
                let normal = try normalized(value, of: key, in: entry.resolved.name, depth: depth)
                result.keys.append(CIMKeyBinding(key.name, normal))
            }
        }
        if let surplus = path.keys.first(where: { given[$0.name] != nil }) {
            let keys = path.isClassPath ? "no key" : entry.keys.map(\.name.text).joined(separator: ", ")
            throw CIMError(
                .invalidParameter, "\(entry.resolved.name) has no key \(surplus.name); this path takes: \(keys)")
        }
        return result
    }

    private func normalized(
        _ value: CIMValue, of key: CIMProperty, in className: CIMName, depth: Int
    ) throws(CIMError) -> CIMValue {
        guard !value.isArray, let exact = coerce(value, to: key.type) else {
            throw CIMError(
                .invalidParameter, "key \(key.name) of \(className) is a \(key.type.rawValue), not \(value.summary)")
        }
        guard case .reference(let target) = exact, entry(target.className) != nil else { return exact }
        if let declared = key.referenceClass, entry(declared) != nil, !isSubclass(target.className, of: declared) {
            throw CIMError(
                .invalidParameter,
                "key \(key.name) of \(className) points to a \(declared): \(target.className) is none")
        }
        return .reference(try normalized(target, depth: depth + 1))
    }

    /// The path of an instance, made from its key properties, without host and namespace.
    /// - Returns: `nil` when the class is unknown or a key is absent, NULL or of another type.
    package func path(of instance: CIMInstance) -> CIMObjectPath? {
        guard let entry = entry(instance.className) else { return nil }
        var keys: [CIMKeyBinding] = []
        for key in entry.keys {
            guard let value = instance[key.name], !value.isArray, let exact = coerce(value, to: key.type) else {
                return nil
            }
            keys.append(CIMKeyBinding(key.name, exact))
        }
        return CIMObjectPath(className: entry.resolved.name, keys: keys)
    }
}

extension CIMValue {
    /// What kind of value this is, and which, for a message: `the string "x"`.
    fileprivate var summary: String {
        switch self {
        case .array: "an array"
        case .reference(let path): "a reference to a \(path.className)"
        case .instance(let instance): "an embedded \(instance.className)"
        case .classObject(let object): "the class \(object.name)"
        default: "the \(type.rawValue) \"\((text ?? "").prefix(64))\""
        }
    }
}
