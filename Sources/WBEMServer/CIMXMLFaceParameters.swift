import CIM
import CIMXML

/// Takes the parameters of an intrinsic operation one by one. Absent ones have their defaults (DSP0200 5.3.2), and so
/// have those that are sent as NULL.
struct IntrinsicParameterReader {
    private let operation: CIMName
    private let given: [CIMName: CIMXMLItem?]
    private var known: [CIMName] = []

    /// - Throws: `.invalidParameter` when one is given twice.
    init(_ call: IntrinsicCall) throws(CIMError) {
        operation = call.name
        var given: [CIMName: CIMXMLItem?] = [:]
        for parameter in call.parameters where given.updateValue(parameter.item, forKey: parameter.name) != nil {
            throw CIMError(.invalidParameter, "\(call.name): parameter \(parameter.name) is given twice.")
        }
        self.given = given
    }

    /// To be called when every parameter of the operation has been taken: what is left over is unknown.
    func finish() throws(CIMError) {
        guard let surplus = given.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw invalid("has no parameter \(surplus); it takes \(known.map(\.text).joined(separator: ", ")).")
    }

    mutating func className(_ name: CIMName) throws(CIMError) -> CIMName {
        guard let className = try optionalClassName(name) else { throw missing(name) }
        return className
    }

    mutating func optionalClassName(_ name: CIMName) throws(CIMError) -> CIMName? {
        switch take(name) {
        case nil: return nil
        case .className(let className): return className
        case .some(let item): throw mistyped(name, "a CLASSNAME", item)
        }
    }

    /// The path of an instance; without a namespace, the operation's.
    mutating func instanceName(_ name: CIMName) throws(CIMError) -> CIMObjectPath {
        switch take(name) {
        case nil: throw missing(name)
        case .instanceName(let path): return path
        case .some(let item): throw mistyped(name, "an INSTANCENAME", item)
        }
    }

    /// The path of an instance or of a class.
    mutating func objectName(_ name: CIMName) throws(CIMError) -> CIMObjectPath {
        switch take(name) {
        case nil: throw missing(name)
        case .instanceName(let path): return path
        case .className(let name): return CIMObjectPath(className: name, isClassPath: true)
        case .some(let item): throw mistyped(name, "an INSTANCENAME or a CLASSNAME", item)
        }
    }

    mutating func instance(_ name: CIMName) throws(CIMError) -> CIMInstance {
        switch take(name) {
        case nil: throw missing(name)
        case .instance(let instance): return instance
        case .some(let item): throw mistyped(name, "an INSTANCE", item)
        }
    }

    mutating func namedInstance(_ name: CIMName) throws(CIMError) -> (path: CIMObjectPath, instance: CIMInstance) {
        switch take(name) {
        case nil: throw missing(name)
        case .namedInstance(let path, let instance): return (path, instance)
        case .some(let item): throw mistyped(name, "a VALUE.NAMEDINSTANCE", item)
        }
    }

    /// A parameter that is not looked into, and must be there.
    mutating func item(_ name: CIMName, named element: String) throws(CIMError) {
        guard let item = take(name) else { throw missing(name) }
        guard item.elementName == element else { throw mistyped(name, "a \(element)", item) }
    }

    /// The new value of a property; its type is that of the property.
    mutating func propertyValue(_ name: CIMName) throws(CIMError) -> ReceivedParameter.Content {
        switch take(name) {
        case nil: return .empty(isArray: false)
        case .value(let text): return .text(text)
        case .valueArray(let texts): return texts.isEmpty ? .empty(isArray: true) : .texts(texts)
        case .reference(let path), .instanceName(let path): return .typed(.reference(path))
        case .some(let item): throw mistyped(name, "a VALUE, VALUE.ARRAY or VALUE.REFERENCE", item)
        }
    }

    mutating func text(_ name: CIMName) throws(CIMError) -> String {
        guard let text = try optionalText(name) else { throw missing(name) }
        return text
    }

    mutating func optionalText(_ name: CIMName) throws(CIMError) -> String? {
        switch take(name) {
        case nil: return nil
        case .value(let text): return text
        case .some(let item): throw mistyped(name, "a VALUE", item)
        }
    }

    /// The name of a property or a role, which travels as a text.
    mutating func optionalName(_ name: CIMName) throws(CIMError) -> CIMName? {
        guard let text = try optionalText(name) else { return nil }
        guard let found = CIMName(text) else { throw invalid("takes a name as \(name), not \"\(text.prefix(64))\".") }
        return found
    }

    mutating func name(_ name: CIMName) throws(CIMError) -> CIMName {
        guard let found = try optionalName(name) else { throw missing(name) }
        return found
    }

    mutating func optionalNumber(_ name: CIMName) throws(CIMError) -> UInt32? {
        guard let text = try optionalText(name) else { return nil }
        guard case .uint32(let number) = CIMValue(text: text, type: .uint32) else {
            throw invalid("takes a uint32 as \(name), not \"\(text.prefix(64))\".")
        }
        return number
    }

    mutating func number(_ name: CIMName) throws(CIMError) -> UInt32 {
        guard let number = try optionalNumber(name) else { throw missing(name) }
        return number
    }

    mutating func flag(_ name: CIMName, default standard: Bool) throws(CIMError) -> Bool {
        switch take(name) {
        case nil: return standard
        case .value(let text):
            guard let flag = CIMValue(text: text, type: .boolean)?.booleanValue else {
                throw invalid("takes TRUE or FALSE as \(name), not \"\(text.prefix(64))\".")
            }
            return flag
        case .some(let item): throw mistyped(name, "a VALUE", item)
        }
    }

    /// PropertyList; `nil` means all properties. Names that the class does not have are no error (DSP0200 5.3.2.2).
    mutating func propertyList() throws(CIMError) -> [String]? {
        switch take("PropertyList") {
        case nil: return nil
        case .valueArray(let names):
            return try names.map { (name) throws(CIMError) in
                guard let name else { throw invalid("takes no NULL in PropertyList.") }
                return name
            }
        case .some(let item): throw mistyped("PropertyList", "a VALUE.ARRAY", item)
        }
    }

    private mutating func take(_ name: CIMName) -> CIMXMLItem? {
        known.append(name)
        return given[name] ?? nil
    }

    private func missing(_ name: CIMName) -> CIMError { invalid("needs the parameter \(name).") }

    private func mistyped(_ name: CIMName, _ expected: String, _ found: CIMXMLItem) -> CIMError {
        invalid("takes \(expected) as \(name), not a \(found.elementName).")
    }

    func invalid(_ message: String) -> CIMError { CIMError(.invalidParameter, "\(operation) \(message)") }
}
