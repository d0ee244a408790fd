import CIM
import CIMXML

/// An intrinsic operation: its parameters taken from the message, its answer put into one. Source: DSP0200 5.3.2.
struct IntrinsicOperation {
    let call: IntrinsicCall
    let manager: ObjectManager

    func result() async -> Result<IntrinsicResult, CIMError> {
        do throws(CIMError) {
            return .success(IntrinsicResult(try await items()))
        } catch {
            return .failure(error)
        }
    }

    private func items() async throws(CIMError) -> [CIMXMLItem] {
        switch call.name {
        case "GetClass": return try getClass()
        case "EnumerateClasses": return try enumerateClasses()
        case "EnumerateClassNames": return try enumerateClassNames()
        case "GetInstance": return try await getInstance()
        case "EnumerateInstances": return try await enumerateInstances()
        case "EnumerateInstanceNames": return try await enumerateInstanceNames()
        default:
            throw CIMError(
                .notSupported,
                "\(call.name) is not supported. There are GetClass, EnumerateClasses, EnumerateClassNames, "
                    + "GetInstance, EnumerateInstances, EnumerateInstanceNames, and the methods of the classes.")
        }
    }

    // MARK: Classes

    private func getClass() throws(CIMError) -> [CIMXMLItem] {
        let (name, options) = try parameters { (reader) throws(CIMError) in
            let name = try reader.className("ClassName")
            var options = try reader.classOptions()
            options.propertyList = try reader.propertyList()
            return (name, options)
        }
        return [.class(try manager.getClass(name, in: call.namespace, options))]
    }

    private func enumerateClasses() throws(CIMError) -> [CIMXMLItem] {
        let (name, deep, options) = try parameters { (reader) throws(CIMError) in
            let name = try reader.optionalClassName("ClassName")
            return (name, try reader.flag("DeepInheritance", default: false), try reader.classOptions())
        }
        return try manager.enumerateClasses(under: name, in: call.namespace, deep: deep, options)
            .map(CIMXMLItem.class)
    }

    private func enumerateClassNames() throws(CIMError) -> [CIMXMLItem] {
        let (name, deep) = try parameters { (reader) throws(CIMError) in
            (try reader.optionalClassName("ClassName"), try reader.flag("DeepInheritance", default: false))
        }
        return try manager.enumerateClassNames(under: name, in: call.namespace, deep: deep)
            .map(CIMXMLItem.className)
    }

    // MARK: Instances

    private func getInstance() async throws(CIMError) -> [CIMXMLItem] {
        let (path, options) = try parameters { (reader) throws(CIMError) in
            (try reader.instanceName("InstanceName"), try reader.instanceOptions())
        }
        return [.instance(try await manager.getInstance(path, in: call.namespace, options))]
    }

    private func enumerateInstances() async throws(CIMError) -> [CIMXMLItem] {
        let (name, options) = try parameters { (reader) throws(CIMError) in
            let name = try reader.className("ClassName")
            let deep = try reader.flag("DeepInheritance", default: true)
            var options = try reader.instanceOptions()
            options.deepInheritance = deep
            return (name, options)
        }
        return try await manager.enumerateInstances(of: name, in: call.namespace, options)
            .map { .namedInstance($0.path, $0.instance) }
    }

    private func enumerateInstanceNames() async throws(CIMError) -> [CIMXMLItem] {
        let name = try parameters { (reader) throws(CIMError) in try reader.className("ClassName") }
        return try await manager.enumerateInstanceNames(of: name, in: call.namespace).map(CIMXMLItem.instanceName)
    }

    // MARK: Parameters

    /// Reads all parameters. Of several faults the first in DSP0200's list of status codes is reported, and an unknown
    /// namespace comes before a wrong parameter.
    private func parameters<Value>(
        _ read: (inout IntrinsicParameterReader) throws(CIMError) -> Value
    ) throws(CIMError) -> Value {
        do throws(CIMError) {
            var reader = try IntrinsicParameterReader(call)
            let value = try read(&reader)
            try reader.finish()
            return value
        } catch {
            _ = try manager.enumerateClassNames(under: nil, in: call.namespace)
            throw error
        }
    }
}

extension IntrinsicParameterReader {
    fileprivate mutating func classOptions() throws(CIMError) -> ClassReadOptions {
        ClassReadOptions(
            localOnly: try flag("LocalOnly", default: true),
            includeQualifiers: try flag("IncludeQualifiers", default: true),
            includeClassOrigin: try flag("IncludeClassOrigin", default: false))
    }

    /// LocalOnly and IncludeQualifiers must be well-formed, and are not honoured: see `InstanceReadOptions`.
    fileprivate mutating func instanceOptions() throws(CIMError) -> InstanceReadOptions {
        _ = try flag("LocalOnly", default: true)
        _ = try flag("IncludeQualifiers", default: false)
        return InstanceReadOptions(
            includeClassOrigin: try flag("IncludeClassOrigin", default: false), propertyList: try propertyList())
    }
}
