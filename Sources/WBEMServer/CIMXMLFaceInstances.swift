import CIM
import CIMXML

/// The operations on instances and their properties, and ExecQuery.
extension IntrinsicOperation {
    func getInstance() async throws(CIMError) -> IntrinsicAnswer {
        let (path, options) = try parameters { (reader) throws(CIMError) in
            (try reader.instanceName("InstanceName"), try reader.instanceOptions())
        }
        return .items([.instance(try await manager.getInstance(path, in: namespace, options))])
    }

    func enumerateInstances() async throws(CIMError) -> IntrinsicAnswer {
        let (name, options) = try parameters { (reader) throws(CIMError) in
            let name = try reader.className("ClassName")
            let deep = try reader.flag("DeepInheritance", default: true)
            var options = try reader.instanceOptions()
            options.deepInheritance = deep
            return (name, options)
        }
        let results = try await manager.enumerateInstances(of: name, in: namespace, options)
        return .results(results) { .namedInstance($0.path, $0.instance) }
    }

    func enumerateInstanceNames() async throws(CIMError) -> IntrinsicAnswer {
        let name = try parameters { (reader) throws(CIMError) in try reader.className("ClassName") }
        let results = try await manager.enumerateInstances(of: name, in: namespace, .pathsOnly)
        return .results(results) { .instanceName($0.path) }
    }

    // MARK: Changes

    func createInstance() async throws(CIMError) -> IntrinsicAnswer {
        let instance = try parameters { (reader) throws(CIMError) in try reader.instance("NewInstance") }
        return .items([.instanceName(try await manager.createInstance(instance, in: namespace, by: caller))])
    }

    /// IncludeQualifiers must be well-formed and means nothing: instances have no qualifiers of their own.
    func modifyInstance() async throws(CIMError) -> IntrinsicAnswer {
        let (named, list) = try parameters { (reader) throws(CIMError) in
            let named = try reader.namedInstance("ModifiedInstance")
            _ = try reader.flag("IncludeQualifiers", default: true)
            return (named, try reader.propertyList())
        }
        try await manager.modifyInstance(named.path, named.instance, propertyList: list, in: namespace, by: caller)
        return .nothing
    }

    func deleteInstance() async throws(CIMError) -> IntrinsicAnswer {
        let path = try parameters { (reader) throws(CIMError) in try reader.instanceName("InstanceName") }
        try await manager.deleteInstance(path, in: namespace, by: caller)
        return .nothing
    }

    // MARK: Properties

    func getProperty() async throws(CIMError) -> IntrinsicAnswer {
        let (path, name) = try parameters { (reader) throws(CIMError) in
            (try reader.instanceName("InstanceName"), try reader.name("PropertyName"))
        }
        let value = try await manager.getProperty(name, of: path, in: namespace)
        return .items(value.map { [CIMXMLItem(value: $0)] } ?? [])
    }

    func setProperty() async throws(CIMError) -> IntrinsicAnswer {
        let (path, name, content) = try parameters { (reader) throws(CIMError) in
            let path = try reader.instanceName("InstanceName")
            return (path, try reader.name("PropertyName"), try reader.propertyValue("NewValue"))
        }
        try await manager.setProperty(name, to: content, of: path, in: namespace, by: caller)
        return .nothing
    }

    // MARK: Queries

    func execQuery() async throws(CIMError) -> IntrinsicAnswer {
        let (language, query) = try parameters { (reader) throws(CIMError) in
            (try reader.text("QueryLanguage"), try reader.text("Query"))
        }
        let answer = try await manager.query(query, language: language, in: namespace)
        let host = manager.hostName
        return .results(answer.results) { .objectWithPath($0.path.at(host), .instance($0.instance)) }
    }
}

extension InstanceReadOptions {
    /// For operations that answer paths: they are made from the instance as a whole.
    static let pathsOnly = InstanceReadOptions(propertyList: [])
}

extension CIMObjectPath {
    /// The path with the host's name, as INSTANCEPATH and CLASSPATH have it.
    func at(_ host: String) -> CIMObjectPath {
        var path = self
        path.host = path.host ?? host
        return path
    }
}

extension IntrinsicParameterReader {
    /// LocalOnly and IncludeQualifiers must be well-formed, and are not honoured: see `InstanceReadOptions`.
    fileprivate mutating func instanceOptions() throws(CIMError) -> InstanceReadOptions {
        _ = try flag("LocalOnly", default: true)
        _ = try flag("IncludeQualifiers", default: false)
        return InstanceReadOptions(
            includeClassOrigin: try flag("IncludeClassOrigin", default: false), propertyList: try propertyList())
    }
}
