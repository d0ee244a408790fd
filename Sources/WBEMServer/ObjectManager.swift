import CIM
import Logging

/// The operations of a CIM server over the namespaces it serves. Source: DSP0200 5.3.2.
///
/// Reads are projections of one sequence of instances. Every instance and every answer of a method is compared
/// with the schema before it leaves: what the schema does not declare cannot be answered.
package struct ObjectManager: Sendable {
    let namespaces: [CIMNamespace: ServedNamespace]
    private let embedded: EmbeddedTextReader
    private let logger: Logger

    package init(namespaces: [ServedNamespace], embedded: EmbeddedTextReader, logger: Logger) {
        self.namespaces = Dictionary(namespaces.map { ($0.name, $0) }) { first, _ in first }
        self.embedded = embedded
        self.logger = logger
    }

    // MARK: Classes

    /// - Throws: 3 unknown namespace, 5 (6 for GetClass: DSP0200 5.3.2.1) unknown class.
    package func getClass(
        _ name: CIMName, in namespace: CIMNamespace, _ options: ClassReadOptions = ClassReadOptions()
    ) throws(CIMError) -> CIMClass {
        guard let found = try served(namespace).repository[name] else {
            throw CIMError(.notFound, "No such class: \(name) in \(namespace).")
        }
        return options.project(found)
    }

    /// - Parameter name: `nil`: from the top.
    package func enumerateClasses(
        under name: CIMName?, in namespace: CIMNamespace, deep: Bool = false,
        _ options: ClassReadOptions = ClassReadOptions()
    ) throws(CIMError) -> [CIMClass] {
        let repository = try served(namespace).repository
        return try enumerateClassNames(under: name, in: namespace, deep: deep).compactMap { repository[$0] }
            .map(options.project)
    }

    package func enumerateClassNames(
        under name: CIMName?, in namespace: CIMNamespace, deep: Bool = false
    ) throws(CIMError) -> [CIMName] {
        let served = try served(namespace)
        if let name { _ = try schema(of: name, served) }
        return served.repository.subclasses(of: name, deep: deep)
    }

    // MARK: Instances

    package func getInstance(
        _ path: CIMObjectPath, in namespace: CIMNamespace, _ options: InstanceReadOptions = InstanceReadOptions()
    ) async throws(CIMError) -> CIMInstance {
        let served = try served(namespace)
        let schema = try schema(of: path.className, served)
        let (instance, _) = try await find(path, served)
        return options.project(instance, schema: schema, asked: nil)
    }

    package func enumerateInstances(
        of name: CIMName, in namespace: CIMNamespace, _ options: InstanceReadOptions = InstanceReadOptions()
    ) async throws(CIMError) -> [(path: CIMObjectPath, instance: CIMInstance)] {
        let served = try served(namespace)
        let asked = try schema(of: name, served)
        var answer: [(path: CIMObjectPath, instance: CIMInstance)] = []
        for (path, instance) in try await instances(under: name, served) {
            let schema = try schema(of: instance.className, served)
            answer.append((path, options.project(instance, schema: schema, asked: asked)))
        }
        return answer
    }

    package func enumerateInstanceNames(
        of name: CIMName, in namespace: CIMNamespace
    ) async throws(CIMError) -> [CIMObjectPath] {
        let served = try served(namespace)
        _ = try schema(of: name, served)
        return try await instances(under: name, served).map(\.path)
    }

    // MARK: Methods

    /// Calls a method on an instance or, for a static method, on a class. A method that is not static may be called
    /// on a class that has exactly one instance, as libvirt-cim's clients do with their service.
    package func invokeMethod(
        _ name: CIMName, on object: CIMObjectPath, in namespace: CIMNamespace, _ received: [ReceivedParameter],
        caller: Caller = Caller()
    ) async throws(CIMError) -> MethodOutcome {
        let served = try served(namespace)
        // DSP0200 5.3.3 lists no INVALID_CLASS for method calls: an unknown class is an unknown target.
        guard let schema = served.repository[object.className] else {
            throw CIMError(.notFound, "No such class: \(object.className) in \(namespace).")
        }
        guard let method = schema.method(name) else {
            throw CIMError(.methodNotFound, "\(schema.name) has no method \(name).")
        }
        let (provider, target) = try await target(of: method, object, served)
        let reader = ParameterReader(repository: served.repository, embedded: embedded)
        let call = MethodCall(
            name: method.name, object: target, caller: caller, parameters: try reader.read(received, of: method))
        let outcome = try await provider.invoke(call)
        try check(outcome, of: method, served)
        return outcome
    }

    private func target(
        of method: CIMMethod, _ object: CIMObjectPath, _ served: ServedNamespace
    ) async throws(CIMError) -> (any InstanceProvider, CIMObjectPath) {
        if object.isClassPath && method.isStatic {
            guard let provider = served.provider(for: object.className), Self.carriesOut(method, provider) else {
                throw notAvailable(method, object)
            }
            return (provider, object)
        }
        let path = object.isClassPath ? try await onlyInstance(of: object.className, method, served) : object
        let (_, provider) = try await find(path, served)
        guard Self.carriesOut(method, provider) else { throw notAvailable(method, path) }
        return (provider, try served.repository.normalized(path))
    }

    private func onlyInstance(
        of name: CIMName, _ method: CIMMethod, _ served: ServedNamespace
    ) async throws(CIMError) -> CIMObjectPath {
        let paths = try await instances(under: name, served).map(\.path)
        guard paths.count == 1 else {
            throw CIMError(
                .invalidParameter,
                "\(method.name) is a method of instances: call it on an instance of \(name), not on the class.")
        }
        return paths[0]
    }

    private static func carriesOut(_ method: CIMMethod, _ provider: any InstanceProvider) -> Bool {
        provider.declaration.methods.contains { $0.name == method.name }
    }

    private func notAvailable(_ method: CIMMethod, _ object: CIMObjectPath) -> CIMError {
        CIMError(.methodNotAvailable, "\(method.name) is declared for \(object.className), and not carried out here.")
    }

    // MARK: Finding

    private func served(_ namespace: CIMNamespace) throws(CIMError) -> ServedNamespace {
        guard let served = namespaces[namespace] else {
            let known = namespaces.keys.map(\.text).sorted().joined(separator: ", ")
            throw CIMError(.invalidNamespace, "No such namespace: \(namespace). There is \(known).")
        }
        return served
    }

    private func schema(of name: CIMName, _ served: ServedNamespace) throws(CIMError) -> CIMClass {
        guard let schema = served.repository[name] else {
            throw CIMError(.invalidClass, "No such class: \(name) in \(served.name).")
        }
        return schema
    }

    private func find(
        _ path: CIMObjectPath, _ served: ServedNamespace
    ) async throws(CIMError) -> (CIMInstance, any InstanceProvider) {
        let path = try served.repository.normalized(path)
        guard let provider = served.provider(for: path.className), let instance = try await provider.instance(at: path)
        else { throw CIMError(.notFound, "No such instance: \(path.text).") }
        try check(instance, served)
        return (instance, provider)
    }

    private func instances(
        under name: CIMName, _ served: ServedNamespace
    ) async throws(CIMError) -> [(path: CIMObjectPath, instance: CIMInstance)] {
        var answer: [(path: CIMObjectPath, instance: CIMInstance)] = []
        for provider in served.providers(under: name) {
            for instance in try await provider.instances() {
                try check(instance, served)
                guard var path = served.repository.path(of: instance) else {
                    throw broken("an instance of \(instance.className) has no value for one of its keys")
                }
                path.namespace = served.name
                answer.append((path, instance))
            }
        }
        return answer
    }

    // MARK: Nothing leaves that the schema does not declare

    private func check(_ instance: CIMInstance, _ served: ServedNamespace) throws(CIMError) {
        let violations = served.repository.violations(in: instance)
        guard violations.isEmpty else { throw broken(violations.joined(separator: "; ")) }
    }

    private func check(_ outcome: MethodOutcome, of method: CIMMethod, _ served: ServedNamespace) throws(CIMError) {
        if let value = outcome.returnValue, value.type != method.returnType || value.isArray {
            throw broken("\(method.name) returned a \(value.type.rawValue), not a \(method.returnType.rawValue)")
        }
        for output in outcome.outputs {
            guard let parameter = method.parameter(output.name), parameter.isOutput else {
                throw broken("\(method.name) answered \(output.name), which is no OUT parameter of it")
            }
            guard output.type == parameter.type, output.isArray == parameter.isArray else {
                throw broken("\(method.name) answered \(output.name) with another type than the schema's")
            }
            for element in output.value?.elements ?? [output.value] {
                if let instance = element?.instanceValue { try check(instance, served) }
            }
        }
    }

    /// A provider's mistake: the client learns that the server failed, the log learns why.
    private func broken(_ reason: String) -> CIMError {
        logger.error("an answer does not fit the schema", metadata: ["reason": "\(reason)"])
        return CIMError(.failed, "The server's answer does not fit its schema: \(reason).")
    }
}
