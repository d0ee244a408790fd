import CIM
import CIMXML

/// What a class operation returns of a class. Source: DSP0200 5.3.2.1.
package struct ClassDetail: Sendable, Hashable {
    /// Only what the class itself declares or overrides.
    package var localOnly = false
    package var qualifiers = true
    package var classOrigin = false

    package init() {}
}

extension WBEMConnection {
    // MARK: Classes

    /// GetClass (DSP0200 5.3.2.1).
    /// - Parameter properties: the only ones to return; `nil` for all.
    package func getClass(
        _ name: CIMName, in namespace: CIMNamespace? = nil, detail: ClassDetail = ClassDetail(),
        properties: [CIMName]? = nil
    ) async throws(WBEMClientError) -> CIMClass {
        var parameters = [IntrinsicParameter("ClassName", .className(name))] + detail.parameters
        if let properties { parameters.append(.propertyList(properties)) }
        let items = try await items("GetClass", in: namespace, parameters)
        return try one(
            items.compactMap { if case .class(let value) = $0 { value } else { nil } }, of: items, "GetClass")
    }

    /// EnumerateClasses (DSP0200 5.3.2.9): the subclasses of a class, or the classes without superclass.
    /// - Parameter deep: theirs as well, down to the last.
    package func enumerateClasses(
        of name: CIMName? = nil, deep: Bool = false, in namespace: CIMNamespace? = nil,
        detail: ClassDetail = ClassDetail()
    ) async throws(WBEMClientError) -> [CIMClass] {
        let items = try await items(
            "EnumerateClasses", in: namespace, .classScope(name, deep: deep) + detail.parameters)
        return try all(
            items.compactMap { if case .class(let value) = $0 { value } else { nil } }, of: items, "EnumerateClasses")
    }

    /// EnumerateClassNames (DSP0200 5.3.2.10), as `enumerateClasses`.
    package func enumerateClassNames(
        of name: CIMName? = nil, deep: Bool = false, in namespace: CIMNamespace? = nil
    ) async throws(WBEMClientError) -> [CIMName] {
        let items = try await items("EnumerateClassNames", in: namespace, .classScope(name, deep: deep))
        return try all(
            items.compactMap { if case .className(let value) = $0 { value } else { nil } }, of: items,
            "EnumerateClassNames")
    }

    // MARK: Instances

    /// GetInstance (DSP0200 5.3.2.2).
    /// - Parameters:
    ///   - path: its namespace goes before the connection's.
    ///   - properties: the only ones to return; `nil` for all.
    package func getInstance(
        _ path: CIMObjectPath, properties: [CIMName]? = nil
    ) async throws(WBEMClientError) -> CIMInstance {
        var parameters = [
            IntrinsicParameter("InstanceName", .instanceName(path.local)),
            IntrinsicParameter("LocalOnly", .value("FALSE")),
        ]
        if let properties { parameters.append(.propertyList(properties)) }
        let items = try await items("GetInstance", in: path.namespace, parameters)
        return try one(
            items.compactMap { if case .instance(let value) = $0 { value } else { nil } }, of: items, "GetInstance")
    }

    /// EnumerateInstances (DSP0200 5.3.2.11), of a class and its subclasses. The paths have the namespace that
    /// was asked.
    /// - Parameters:
    ///   - deep: also the properties that subclasses add.
    ///   - properties: the only ones to return; `nil` for all.
    package func enumerateInstances(
        of name: CIMName, deep: Bool = true, in namespace: CIMNamespace? = nil, properties: [CIMName]? = nil
    ) async throws(WBEMClientError) -> [(path: CIMObjectPath, instance: CIMInstance)] {
        var parameters: [IntrinsicParameter] = [
            IntrinsicParameter("ClassName", .className(name)), IntrinsicParameter("LocalOnly", .value("FALSE")),
            IntrinsicParameter("DeepInheritance", .flag(deep)),
        ]
        if let properties { parameters.append(.propertyList(properties)) }
        let items = try await items("EnumerateInstances", in: namespace, parameters)
        let place = namespace ?? self.namespace
        let instances: [(path: CIMObjectPath, instance: CIMInstance)] = items.compactMap { item in
            guard case .namedInstance(let path, let instance) = item else { return nil }
            return (path.placed(in: place), instance)
        }
        return try all(instances, of: items, "EnumerateInstances")
    }

    /// EnumerateInstanceNames (DSP0200 5.3.2.12), as `enumerateInstances`.
    package func enumerateInstanceNames(
        of name: CIMName, in namespace: CIMNamespace? = nil
    ) async throws(WBEMClientError) -> [CIMObjectPath] {
        let parameters = [IntrinsicParameter("ClassName", .className(name))]
        let items = try await items("EnumerateInstanceNames", in: namespace, parameters)
        let place = namespace ?? self.namespace
        let paths = items.compactMap { item -> CIMObjectPath? in
            guard case .instanceName(let path) = item else { return nil }
            return path.placed(in: place)
        }
        return try all(paths, of: items, "EnumerateInstanceNames")
    }

    // MARK: Methods

    /// Calls a method of an instance, or a static one of a class (DSP0200 5.2).
    /// - Parameters:
    ///   - path: its namespace goes before the connection's.
    ///   - parameters: `nil` is NULL; its type need not be known.
    /// - Returns: the return value, with the type the response gives it, and the out-parameters in the order
    ///   they came. A value whose type is not told is a string; NULL is `nil`.
    package func invokeMethod(
        _ name: CIMName, on path: CIMObjectPath, parameters: [(CIMName, CIMValue?)] = []
    ) async throws(WBEMClientError) -> (
        returnValue: CIMValue?, outParameters: [(name: CIMName, value: CIMValue?)]
    ) {
        let arguments = parameters.map { name, value in
            CIMXMLArgument(
                name, value.map { CIMXMLTypedItem($0, type: $0.type) } ?? CIMXMLTypedItem(type: nil, item: nil))
        }
        let target = path.placed(in: path.namespace ?? namespace)
        let result = try await call(MethodCall(name, on: target, arguments: arguments))
        do throws(CIMError) {
            let outParameters = try result.outParameters.map { (argument) throws(CIMError) in
                (name: argument.name, value: try argument.content.value())
            }
            return (try result.returnValue?.value(), outParameters)
        } catch {
            throw malformed("a value in the response does not have the type it claims: \(error.message)", name)
        }
    }

    // MARK: Reading what came back

    private func items(
        _ operation: CIMName, in namespace: CIMNamespace?, _ parameters: [IntrinsicParameter]
    ) async throws(WBEMClientError) -> [CIMXMLItem] {
        let call = IntrinsicCall(operation, namespace: namespace ?? self.namespace, parameters: parameters)
        return try await self.call(call).returnValue ?? []
    }

    private func all<Value>(
        _ values: [Value], of items: [CIMXMLItem], _ operation: CIMName
    ) throws(WBEMClientError) -> [Value] {
        guard values.count == items.count else {
            throw malformed("the response holds something the operation does not return", operation)
        }
        return values
    }

    private func one<Value>(
        _ values: [Value], of items: [CIMXMLItem], _ operation: CIMName
    ) throws(WBEMClientError) -> Value {
        guard let value = values.first, items.count == 1 else {
            throw malformed("the response does not hold exactly one object", operation)
        }
        return value
    }
}

extension ClassDetail {
    /// All of them, since LocalOnly and IncludeQualifiers are true where they are not said.
    fileprivate var parameters: [IntrinsicParameter] {
        [
            IntrinsicParameter("LocalOnly", .flag(localOnly)),
            IntrinsicParameter("IncludeQualifiers", .flag(qualifiers)),
            IntrinsicParameter("IncludeClassOrigin", .flag(classOrigin)),
        ]
    }
}

extension CIMXMLItem {
    fileprivate static func flag(_ flag: Bool) -> CIMXMLItem { .value(flag ? "TRUE" : "FALSE") }
}

extension IntrinsicParameter {
    fileprivate static func propertyList(_ names: [CIMName]) -> IntrinsicParameter {
        IntrinsicParameter("PropertyList", .valueArray(names.map(\.text)))
    }
}

extension [IntrinsicParameter] {
    fileprivate static func classScope(_ name: CIMName?, deep: Bool) -> [IntrinsicParameter] {
        let className = name.map { [IntrinsicParameter("ClassName", .className($0))] } ?? []
        return className + [IntrinsicParameter("DeepInheritance", .flag(deep))]
    }
}

extension CIMObjectPath {
    /// Without host and namespace.
    fileprivate var local: CIMObjectPath {
        var path = self
        path.host = nil
        path.namespace = nil
        return path
    }

    fileprivate func placed(in namespace: CIMNamespace) -> CIMObjectPath {
        var path = local
        path.namespace = namespace
        return path
    }
}
