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
        guard let className = try optionalClassName(name) else { throw invalid("needs the parameter \(name).") }
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
        case nil: throw invalid("needs the parameter \(name).")
        case .instanceName(let path): return path
        case .some(let item): throw mistyped(name, "an INSTANCENAME", item)
        }
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

    private func mistyped(_ name: CIMName, _ expected: String, _ found: CIMXMLItem) -> CIMError {
        invalid("takes \(expected) as \(name), not a \(found.elementName).")
    }

    private func invalid(_ message: String) -> CIMError { CIMError(.invalidParameter, "\(operation) \(message)") }
}
