import CIM
import CIMXML

/// What one call may hold, beyond what its document may cost. Exceeding it is CIM_ERR_SERVER_LIMITS_EXCEEDED (DSP0200
/// 5.4.1, code 27).
package struct CallLimits: Hashable, Sendable {
    /// Elements of one array.
    package var arrayElements: Int

    package init(arrayElements: Int = 10_000) { self.arrayElements = arrayElements }

    func check(_ call: CIMXMLCall) throws(CIMError) {
        switch call {
        case .intrinsic(let call):
            for parameter in call.parameters { try check(parameter.item, of: parameter.name) }
        case .method(let call):
            for argument in call.arguments { try check(argument.content.item, of: argument.name) }
        case .export(let call):
            for parameter in call.parameters { try check(parameter.instance, of: parameter.name) }
        }
    }

    private func check(_ item: CIMXMLItem?, of name: CIMName) throws(CIMError) {
        switch item {
        case .valueArray(let elements): try check(elements.count, of: name)
        case .referenceArray(let elements): try check(elements.count, of: name)
        case .instance(let instance), .namedInstance(_, let instance), .instanceWithPath(_, let instance):
            try check(instance, of: name)
        case .class(let object): try check(object)
        default: break
        }
    }

    private func check(_ instance: CIMInstance?, of name: CIMName) throws(CIMError) {
        for property in instance?.properties ?? [] { try check(property.value, of: property.name) }
    }

    private func check(_ object: CIMClass) throws(CIMError) {
        for property in object.properties { try check(property.defaultValue, of: property.name) }
    }

    private func check(_ value: CIMValue?, of name: CIMName) throws(CIMError) {
        guard let elements = value?.elements else { return try check(value?.instanceValue, of: name) }
        try check(elements.count, of: name)
        for element in elements { try check(element?.instanceValue, of: name) }
    }

    private func check(_ count: Int, of name: CIMName) throws(CIMError) {
        guard count > arrayElements else { return }
        throw CIMError(
            .serverLimitsExceeded,
            "\(name) has \(count) elements; this server takes \(arrayElements) in one array (limits.arrayElements).")
    }
}
