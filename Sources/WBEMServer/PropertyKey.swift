import CIM

/// A Swift type that stands for a CIM type, so that a key for it can be checked against the schema.
package protocol CIMConvertible: Sendable {
    static var cimType: CIMType { get }
    static var isCIMArray: Bool { get }
    init?(cimValue: CIMValue)
    var cimValue: CIMValue { get }
}

extension CIMConvertible {
    package static var isCIMArray: Bool { false }
}

/// A property's name, written once, with the type that values for it have. A provider declares its keys, and each is
/// checked against the schema when the provider is registered.
package struct PropertyKey<Value: CIMConvertible>: Sendable {
    package let name: CIMName
    package init(_ name: CIMName) { self.name = name }
}

/// The same for a method's parameter.
package struct ParameterKey<Value: CIMConvertible>: Sendable {
    package let name: CIMName
    package init(_ name: CIMName) { self.name = name }
}

/// A key without its Swift type: what registration compares with the schema.
package protocol DeclaredKey: Sendable {
    var name: CIMName { get }
    var type: CIMType { get }
    var isArray: Bool { get }
}

extension PropertyKey: DeclaredKey {
    package var type: CIMType { Value.cimType }
    package var isArray: Bool { Value.isCIMArray }
}

extension ParameterKey: DeclaredKey {
    package var type: CIMType { Value.cimType }
    package var isArray: Bool { Value.isCIMArray }
}

// MARK: - The types

extension Bool: CIMConvertible {
    package static var cimType: CIMType { .boolean }
    package init?(cimValue: CIMValue) {
        guard let value = cimValue.booleanValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .boolean(self) }
}

extension String: CIMConvertible {
    package static var cimType: CIMType { .string }
    package init?(cimValue: CIMValue) {
        guard let value = cimValue.stringValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .string(self) }
}

extension UInt16: CIMConvertible {
    package static var cimType: CIMType { .uint16 }
    package init?(cimValue: CIMValue) {
        guard case .uint16(let value) = cimValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .uint16(self) }
}

extension UInt32: CIMConvertible {
    package static var cimType: CIMType { .uint32 }
    package init?(cimValue: CIMValue) {
        guard case .uint32(let value) = cimValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .uint32(self) }
}

extension UInt64: CIMConvertible {
    package static var cimType: CIMType { .uint64 }
    package init?(cimValue: CIMValue) {
        guard case .uint64(let value) = cimValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .uint64(self) }
}

extension CIMDateTime: CIMConvertible {
    package static var cimType: CIMType { .datetime }
    package init?(cimValue: CIMValue) {
        guard case .datetime(let value) = cimValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .datetime(self) }
}

extension CIMObjectPath: CIMConvertible {
    package static var cimType: CIMType { .reference }
    package init?(cimValue: CIMValue) {
        guard let value = cimValue.referenceValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .reference(self) }
}

/// An embedded instance: `string` to CIM (DSP0004 5.2).
extension CIMInstance: CIMConvertible {
    package static var cimType: CIMType { .string }
    package init?(cimValue: CIMValue) {
        guard let value = cimValue.instanceValue else { return nil }
        self = value
    }
    package var cimValue: CIMValue { .instance(self) }
}

/// An array without NULL elements.
extension Array: CIMConvertible where Element: CIMConvertible {
    package static var cimType: CIMType { Element.cimType }
    package static var isCIMArray: Bool { true }
    package init?(cimValue: CIMValue) {
        guard let elements = cimValue.elements else { return nil }
        var values: [Element] = []
        for element in elements {
            guard let value = element.flatMap({ Element(cimValue: $0) }) else { return nil }
            values.append(value)
        }
        self = values
    }
    package var cimValue: CIMValue { .array(Element.cimType, map(\.cimValue)) }
}

/// An instance in the making: takes values through typed keys only.
package struct InstanceBuilder: Sendable {
    package private(set) var instance: CIMInstance

    package init(_ className: CIMName) { instance = CIMInstance(className: className) }

    /// `nil` leaves the property NULL.
    package subscript<Value>(key: PropertyKey<Value>) -> Value? {
        get { instance[key.name].flatMap { Value(cimValue: $0) } }
        set {
            instance.set(
                CIMPropertyValue(
                    name: key.name, type: Value.cimType, isArray: Value.isCIMArray, value: newValue?.cimValue))
        }
    }
}

extension CIMInstance {
    /// A property's value through its key; `nil` when it is NULL or absent.
    package subscript<Value>(key: PropertyKey<Value>) -> Value? { self[key.name].flatMap { Value(cimValue: $0) } }
}
