import CIM

// What a lenient reader makes of values that have no declared type, or another than the one that is given.

extension Compilation {
    /// A value of the type that its literals show: integers are sint64 or uint64, reals real64.
    mutating func untypedValue(_ syntax: ValueSyntax, in text: TextID) -> CIMValue? {
        switch syntax {
        case .scalar(let literal): return untypedScalar(literal, in: text)
        case .array(let elements, _):
            let values = elements.map { untypedScalar($0, in: text) }
            let type = values.lazy.compactMap { $0?.type }.first ?? .string
            return .array(type, values.map { $0.flatMap { repository.coerce($0, to: type) } })
        }
    }

    private mutating func untypedScalar(_ literal: Located<LiteralSyntax>, in text: TextID) -> CIMValue? {
        switch literal.value {
        case .null, .malformed: nil
        case .boolean(let flag): .boolean(flag)
        case .string(let content): .string(content)
        case .character(let unit): .char16(unit)
        case .integer(let number):
            CIMValue(integer: number.value, as: .sint64) ?? CIMValue(integer: number.value, as: .uint64)
        case .real(let spelled): Double(spelled).map(CIMValue.real64)
        case .alias(let name): untypedAlias(name, literal.range, asString: false, in: text)
        case .instance(let syntax): make(syntax, in: text).map(CIMValue.instance)
        }
    }

    /// What an alias stands for: the path of its instance, or where a string is wanted the instance itself.
    mutating func untypedAlias(
        _ alias: CIMName, _ range: Range<Int>, asString: Bool, in text: TextID
    ) -> CIMValue? {
        if asString, let instance = instance(ofAlias: alias, in: text) { return .instance(instance) }
        switch path(ofAlias: alias, in: text) {
        case .found(let path): return asString ? .string(path.text) : .reference(path)
        case .unresolved: return nil
        case .undefined:
            tolerate(.alias, at: range, in: text, "alias $\(alias) is not defined in this compilation")
            return nil
        }
    }

    /// The value as another type, as far as it has the same meaning there.
    func converted(_ literal: LiteralSyntax, to type: CIMType) -> CIMValue? {
        switch literal {
        case .boolean(let flag):
            type == .string ? .string(flag ? "TRUE" : "FALSE") : CIMValue(integer: flag ? 1 : 0, as: type)
        case .integer(let number):
            switch type {
            case .boolean: .boolean(number.magnitude != 0)
            case .string: .string(String(number.value))
            case .char16: UInt16(exactly: number.value).map(CIMValue.char16)
            default: nil
            }
        case .real(let spelled):
            type == .string
                ? .string(spelled)
                : Double(spelled).flatMap { Int128(exactly: $0) }.flatMap { CIMValue(integer: $0, as: type) }
        case .character(let unit):
            type == .string ? .string(String(decoding: [unit], as: UTF16.self)) : CIMValue(integer: unit, as: type)
        case .null, .malformed, .string, .alias, .instance: nil
        }
    }

    /// The same bits as the other kind of number, as in `sint32 Code = 0x80000000`; `nil` when they do not fit.
    static func truncated(_ number: Int128, to type: CIMType) -> CIMValue? {
        switch type {
        case .sint8: UInt8(exactly: number).map { .sint8(Int8(bitPattern: $0)) }
        case .sint16: UInt16(exactly: number).map { .sint16(Int16(bitPattern: $0)) }
        case .sint32: UInt32(exactly: number).map { .sint32(Int32(bitPattern: $0)) }
        case .sint64: UInt64(exactly: number).map { .sint64(Int64(bitPattern: $0)) }
        case .uint8: Int8(exactly: number).map { .uint8(UInt8(bitPattern: $0)) }
        case .uint16: Int16(exactly: number).map { .uint16(UInt16(bitPattern: $0)) }
        case .uint32: Int32(exactly: number).map { .uint32(UInt32(bitPattern: $0)) }
        case .uint64: Int64(exactly: number).map { .uint64(UInt64(bitPattern: $0)) }
        default: nil
        }
    }
}
