import CIM
import CIMXML

/// Associators, References and their kin, for an instance or for a class. Source: DSP0200 5.3.2.14 to 5.3.2.17.
extension IntrinsicOperation {
    func associators() async throws(CIMError) -> IntrinsicAnswer {
        let (object, query, options) = try parameters { (reader) throws(CIMError) in
            (try reader.objectName("ObjectName"), try reader.associatorQuery(), try reader.objectOptions())
        }
        guard !object.isClassPath else {
            return classes(try manager.classAssociators(of: object.className, in: namespace, query), options)
        }
        return objects(try await manager.associators(of: object, in: namespace, query, options.instances))
    }

    func associatorNames() async throws(CIMError) -> IntrinsicAnswer {
        let (object, query) = try parameters { (reader) throws(CIMError) in
            (try reader.objectName("ObjectName"), try reader.associatorQuery())
        }
        guard !object.isClassPath else {
            return classNames(try manager.classAssociators(of: object.className, in: namespace, query))
        }
        let paths = try await manager.associatorNames(of: object, in: namespace, query)
        return .items(paths.map { .objectPath($0.at(manager.hostName)) })
    }

    func references() async throws(CIMError) -> IntrinsicAnswer {
        let (object, query, options) = try parameters { (reader) throws(CIMError) in
            (try reader.objectName("ObjectName"), try reader.referenceQuery(), try reader.objectOptions())
        }
        guard !object.isClassPath else {
            return classes(try manager.classReferences(to: object.className, in: namespace, query), options)
        }
        return objects(try await manager.references(to: object, in: namespace, query, options.instances))
    }

    func referenceNames() async throws(CIMError) -> IntrinsicAnswer {
        let (object, query) = try parameters { (reader) throws(CIMError) in
            (try reader.objectName("ObjectName"), try reader.referenceQuery())
        }
        guard !object.isClassPath else {
            return classNames(try manager.classReferences(to: object.className, in: namespace, query))
        }
        let results = try await manager.references(to: object, in: namespace, query, .pathsOnly)
        let host = manager.hostName
        return .results(results) { .objectPath($0.path.at(host)) }
    }

    // MARK: Answers

    private func objects(_ results: InstanceResults) -> IntrinsicAnswer {
        let host = manager.hostName
        return .results(results) { .objectWithPath($0.path.at(host), .instance($0.instance)) }
    }

    private func classes(_ classes: [CIMClass], _ options: ObjectReadOptions) -> IntrinsicAnswer {
        .items(classes.map { .objectWithPath(path(of: $0), .class(options.classes.project($0))) })
    }

    private func classNames(_ classes: [CIMClass]) -> IntrinsicAnswer {
        .items(classes.map { .objectPath(path(of: $0)) })
    }

    private func path(of object: CIMClass) -> CIMObjectPath {
        CIMObjectPath(host: manager.hostName, namespace: namespace, className: object.name, isClassPath: true)
    }
}

/// What Associators and References take, whose answers are instances or classes.
struct ObjectReadOptions {
    let instances: InstanceReadOptions
    let classes: ClassReadOptions
}

extension IntrinsicParameterReader {
    fileprivate mutating func objectOptions() throws(CIMError) -> ObjectReadOptions {
        let includeQualifiers = try flag("IncludeQualifiers", default: false)
        let includeClassOrigin = try flag("IncludeClassOrigin", default: false)
        let list = try propertyList()
        return ObjectReadOptions(
            instances: InstanceReadOptions(includeClassOrigin: includeClassOrigin, propertyList: list),
            classes: ClassReadOptions(
                localOnly: false, includeQualifiers: includeQualifiers, includeClassOrigin: includeClassOrigin,
                propertyList: list))
    }

    mutating func associatorQuery() throws(CIMError) -> AssociationQuery {
        AssociationQuery(
            associationClass: try optionalClassName("AssocClass"), resultClass: try optionalClassName("ResultClass"),
            role: try optionalName("Role"), resultRole: try optionalName("ResultRole"))
    }

    mutating func referenceQuery() throws(CIMError) -> AssociationQuery {
        AssociationQuery(resultClass: try optionalClassName("ResultClass"), role: try optionalName("Role"))
    }
}
