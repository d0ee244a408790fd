import CIM

/// What a literal is to become.
struct ValueTarget {
    let type: CIMType
    let isArray: Bool
    /// What a string is to hold; embedded objects are made in instances only.
    var embedding: CIMEmbedding?
    /// Whether an alias may stand here.
    var isInInstance = false
}

extension Compilation {
    /// The value that a literal stands for, of the declared type.
    /// - Returns: `nil` for NULL, and for a literal that is no value of the type, which is reported.
    mutating func value(_ syntax: ValueSyntax, type: CIMType, isArray: Bool, in text: TextID) -> CIMValue? {
        value(syntax, for: ValueTarget(type: type, isArray: isArray), in: text)
    }

    mutating func value(_ syntax: ValueSyntax, for target: ValueTarget, in text: TextID) -> CIMValue? {
        switch syntax {
        case .array(let elements, let range):
            if target.isArray {
                return .array(target.type, elements.map { scalar($0, for: target, in: text) })
            }
            tolerate(.valueType, at: range, in: text, "expected one \(target.type.rawValue), found an array")
            guard options.isLenient, elements.count == 1 else { return nil }
            return scalar(elements[0], for: target, in: text)
        case .scalar(let literal):
            guard target.isArray else { return scalar(literal, for: target, in: text) }
            switch literal.value {
            case .null, .malformed: return nil
            default: break
            }
            tolerate(
                .valueType, at: literal.range, in: text,
                "expected an array of \(target.type.rawValue) in braces, found \(literal.value.kind)")
            return options.isLenient ? .array(target.type, [scalar(literal, for: target, in: text)]) : nil
        }
    }

    private mutating func scalar(
        _ literal: Located<LiteralSyntax>, for target: ValueTarget, in text: TextID
    ) -> CIMValue? {
        switch literal.value {
        case .null, .malformed: return nil
        case .boolean(let flag) where target.type == .boolean: return .boolean(flag)
        case .character(let unit) where target.type == .char16: return .char16(unit)
        case .integer(let number) where target.type.isNumeric:
            return self.number(number, literal.range, as: target.type, in: text)
        case .real(let spelled) where target.type.isReal:
            return real(spelled, literal.range, as: target.type, in: text)
        case .string(let content): return string(content, literal.range, for: target, in: text)
        case .alias(let name): return reference(name, literal.range, for: target, in: text)
        case .instance(let syntax) where target.type == .string:
            return make(syntax, in: text).map(CIMValue.instance)
        case .boolean, .character, .integer, .real, .instance:
            mismatch(literal.value.kind, literal.range, target, in: text)
            return options.isLenient ? converted(literal.value, to: target.type) : nil
        }
    }

    private mutating func mismatch(_ found: String, _ range: Range<Int>, _ target: ValueTarget, in text: TextID) {
        let expected =
            switch target.type {
            case .boolean: "TRUE or FALSE"
            case .char16: "a char16 between ' and '"
            case .datetime: "a datetime in quotes"
            case .reference: "an object path in quotes, or an alias"
            default: "a \(target.type.rawValue)"
            }
        tolerate(.valueType, at: range, in: text, "expected \(expected), found \(found)")
    }

    // MARK: Numbers

    private mutating func number(
        _ literal: IntegerLiteral, _ range: Range<Int>, as type: CIMType, in text: TextID
    ) -> CIMValue? {
        if type.isReal { return real(String(literal.value), range, as: type, in: text) }
        if let value = CIMValue(integer: literal.value, as: type) { return value }
        tolerate(
            .valueRange, at: range, in: text, "\(literal.value) is out of the range of \(type.rawValue)\(limits(type))")
        return options.isLenient ? Self.truncated(literal.value, to: type) : nil
    }

    private func limits(_ type: CIMType) -> String {
        switch type {
        case .uint8: " (\(UInt8.min) to \(UInt8.max))"
        case .uint16: " (\(UInt16.min) to \(UInt16.max))"
        case .uint32: " (\(UInt32.min) to \(UInt32.max))"
        case .uint64: " (\(UInt64.min) to \(UInt64.max))"
        case .sint8: " (\(Int8.min) to \(Int8.max))"
        case .sint16: " (\(Int16.min) to \(Int16.max))"
        case .sint32: " (\(Int32.min) to \(Int32.max))"
        case .sint64: " (\(Int64.min) to \(Int64.max))"
        case .boolean, .string, .char16, .datetime, .reference, .real32, .real64: ""
        }
    }

    private mutating func real(_ spelled: String, _ range: Range<Int>, as type: CIMType, in text: TextID) -> CIMValue? {
        if type == .real32, let number = Float(spelled), number.isFinite { return .real32(number) }
        if type == .real64, let number = Double(spelled), number.isFinite { return .real64(number) }
        tolerate(.valueRange, at: range, in: text, "\(spelled.prefix(40)) is out of the range of \(type.rawValue)")
        return nil
    }

    // MARK: Strings and what is written as one

    private mutating func string(
        _ content: String, _ range: Range<Int>, for target: ValueTarget, in text: TextID
    ) -> CIMValue? {
        switch target.type {
        case .string:
            guard let embedding = target.embedding else { return .string(content) }
            return embedded(content, range, embedding, in: text)
        case .datetime:
            if let value = CIMDateTime(content) { return .datetime(value) }
            tolerate(
                .valueType, at: range, in: text,
                "expected a datetime, yyyymmddhhmmss.mmmmmm and +utc, -utc or :000, found \"\(content.prefix(40))\"")
        case .reference:
            return path(content, range, in: text).map(CIMValue.reference)
        default:
            mismatch("a string", range, target, in: text)
            return options.isLenient ? CIMValue(text: content, type: target.type) : nil
        }
        return nil
    }

    /// The path, with the types of its keys where its class is known: a default may point to a later one.
    private mutating func path(_ content: String, _ range: Range<Int>, in text: TextID) -> CIMObjectPath? {
        var spelled: CIMObjectPath?
        do throws(CIMError) {
            let path = try CIMObjectPath(text: content)
            spelled = path
            return repository[path.className] == nil ? path : try repository.normalized(path)
        } catch {
            tolerate(.valueType, at: range, in: text, error.message)
            return options.isLenient ? spelled : nil
        }
    }

    private mutating func reference(
        _ alias: CIMName, _ range: Range<Int>, for target: ValueTarget, in text: TextID
    ) -> CIMValue? {
        guard target.isInInstance, target.type == .reference else {
            let hint = target.type == .reference ? "; here write an object path in quotes" : ""
            tolerate(
                .alias, at: range, in: text, "an alias can only be the value of a reference in an instance\(hint)")
            guard options.isLenient else { return nil }
            return untypedAlias(alias, range, asString: target.type == .string, in: text)
        }
        switch path(ofAlias: alias, in: text) {
        case .found(let path): return .reference(path)
        case .undefined: tolerate(.alias, at: range, in: text, "alias $\(alias) is not defined in this compilation")
        case .unresolved:
            tolerate(
                .alias, at: range, in: text,
                "alias $\(alias) has no path: keys of its instance are missing, wrong or refer to each other")
        }
        return nil
    }
}
