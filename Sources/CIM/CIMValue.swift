/// A value that is not NULL. NULL is `nil` wherever a value is optional, with the type declared beside it.
///
/// An embedded instance or class has the CIM type `string`: DSP0004 5.2 knows no type for it, only
/// the qualifiers EmbeddedInstance and EmbeddedObject on a string element.
package enum CIMValue: Hashable, Sendable {
    case boolean(Bool)
    case string(String)
    case char16(UInt16)
    case uint8(UInt8)
    case uint16(UInt16)
    case uint32(UInt32)
    case uint64(UInt64)
    case sint8(Int8)
    case sint16(Int16)
    case sint32(Int32)
    case sint64(Int64)
    case real32(Float)
    case real64(Double)
    case datetime(CIMDateTime)
    indirect case reference(CIMObjectPath)
    indirect case instance(CIMInstance)
    indirect case classObject(CIMClass)
    /// An array; elements may be NULL (DSP0004 5.1.2.5).
    case array(CIMType, [CIMValue?])

    /// The type of the value, or of the array's elements.
    package var type: CIMType {
        switch self {
        case .boolean: .boolean
        case .string, .instance, .classObject: .string
        case .char16: .char16
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .sint8: .sint8
        case .sint16: .sint16
        case .sint32: .sint32
        case .sint64: .sint64
        case .real32: .real32
        case .real64: .real64
        case .datetime: .datetime
        case .reference: .reference
        case .array(let type, _): type
        }
    }

    package var isArray: Bool {
        if case .array = self { true } else { false }
    }
}

// MARK: - Reading a value out, for code that knows what it asks for

extension CIMValue {
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var booleanValue: Bool? {
        if case .boolean(let flag) = self { flag } else { nil }
    }

    package var referenceValue: CIMObjectPath? {
        if case .reference(let path) = self { path } else { nil }
    }

    package var instanceValue: CIMInstance? {
        if case .instance(let instance) = self { instance } else { nil }
    }

    /// The elements of an array; `nil` for a scalar.
    package var elements: [CIMValue?]? {
        if case .array(_, let elements) = self { elements } else { nil }
    }

    /// The value as a signed 64-bit integer when it is an integer that fits one.
    package var integerValue: Int64? {
        switch self {
        case .uint8(let value): Int64(value)
        case .uint16(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .uint64(let value): Int64(exactly: value)
        case .sint8(let value): Int64(value)
        case .sint16(let value): Int64(value)
        case .sint32(let value): Int64(value)
        case .sint64(let value): value
        default: nil
        }
    }
}

// MARK: - Making one

extension CIMValue {
    /// An array of strings without NULL elements.
    package static func strings(_ values: [String]) -> CIMValue { .array(.string, values.map { .string($0) }) }

    /// An array of `uint16` without NULL elements.
    package static func uint16s(_ values: [UInt16]) -> CIMValue { .array(.uint16, values.map { .uint16($0) }) }

    /// An array of embedded instances; its CIM type is `string` (DSP0004 5.2).
    package static func instances(_ values: [CIMInstance]) -> CIMValue {
        .array(.string, values.map { .instance($0) })
    }

    /// An integer of the given type; `nil` when `type` is no integer type or the value is out of its range.
    package init?(integer: some BinaryInteger, as type: CIMType) {
        func exactly<T: FixedWidthInteger>(_ make: (T) -> CIMValue) -> CIMValue? { T(exactly: integer).map(make) }
        let made: CIMValue? =
            switch type {
            case .uint8: exactly(CIMValue.uint8)
            case .uint16: exactly(CIMValue.uint16)
            case .uint32: exactly(CIMValue.uint32)
            case .uint64: exactly(CIMValue.uint64)
            case .sint8: exactly(CIMValue.sint8)
            case .sint16: exactly(CIMValue.sint16)
            case .sint32: exactly(CIMValue.sint32)
            case .sint64: exactly(CIMValue.sint64)
            default: nil
            }
        guard let made else { return nil }
        self = made
    }
}
