import CIM

extension ObjectManager {
    /// Calls a method on an instance or, for a static method, on a class. A method that is not static may be called
    /// on a class that has exactly one instance, as libvirt-cim's clients do with their service. Source: DSP0200 5.3.3.
    /// - Throws: 3, 4, 6 (an unknown class is an unknown target too), 17, 16, and whatever the method ends with.
    package func invokeMethod(
        _ name: CIMName, on object: CIMObjectPath, in namespace: CIMNamespace, _ received: [ReceivedParameter],
        caller: Caller
    ) async throws(CIMError) -> MethodOutcome {
        let served = try served(namespace)
        guard let schema = served.repository[object.className] else {
            throw CIMError(.notFound, "No such class: \(object.className) in \(namespace).")
        }
        guard let method = schema.method(name) else {
            if !object.isClassPath { _ = try await find(object, served) }
            throw CIMError(.methodNotFound, "\(schema.name) has no method \(name).")
        }
        let reader = ParameterReader(repository: served.repository, embedded: embedded)
        let parameters = try reader.read(received, of: method)
        let (provider, target) = try await target(of: method, object, served)
        let outcome = try await provider.invoke(
            MethodCall(name: method.name, object: target, caller: caller, parameters: parameters))
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
        let found = try await find(path, served)
        guard Self.carriesOut(method, found.provider) else { throw notAvailable(method, path) }
        return (found.provider, found.path)
    }

    private func onlyInstance(
        of name: CIMName, _ method: CIMMethod, _ served: ServedNamespace
    ) async throws(CIMError) -> CIMObjectPath {
        var results = try await enumerateInstances(of: name, in: served.name)
        guard let only = try await results.next(), try await results.next() == nil else {
            throw CIMError(
                .invalidParameter,
                "\(method.name) is a method of instances: call it on an instance of \(name), not on the class.")
        }
        return only.path
    }

    private static func carriesOut(_ method: CIMMethod, _ provider: any InstanceProvider) -> Bool {
        provider.declaration.methods.contains { $0.name == method.name }
    }

    private func notAvailable(_ method: CIMMethod, _ object: CIMObjectPath) -> CIMError {
        CIMError(.methodNotAvailable, "\(method.name) is declared for \(object.className), and not carried out here.")
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
}
