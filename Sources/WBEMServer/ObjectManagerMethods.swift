import CIM

extension ObjectManager {
    /// Calls a method on an instance or, for a static method, on a class. A method that is not static may be called
    /// on a class that has exactly one instance, as libvirt-cim's clients do with their service. Source: DSP0200 5.3.3.
    /// - Throws: 3, 6 (an unknown class is an unknown target too), 17, 4, 16, and whatever the method ends with. A target
    ///   that is not there comes before parameters that do not fit: without it nobody knows what would fit.
    package func invokeMethod(
        _ name: CIMName, on object: CIMObjectPath, in namespace: CIMNamespace, _ received: [ReceivedParameter],
        caller: Caller
    ) async throws(CIMError) -> MethodOutcome {
        let served = try served(namespace)
        guard let schema = served.repository[object.className] else {
            throw CIMError(.notFound, "No such class: \(object.className) in \(namespace).")
        }
        let target = object.isClassPath ? nil : try await find(object, served).path
        guard let method = schema.method(name) else {
            throw CIMError(.methodNotFound, "\(schema.name) has no method \(name).")
        }
        let path = method.isStatic && object.isClassPath ? object : target
        let reader = ParameterReader(repository: served.repository, embedded: embedded)
        let parameters = try reader.read(received, of: method)
        let called: CIMObjectPath
        if let path { called = path } else { called = try await onlyInstance(of: schema.name, method, served) }
        guard let provider = served.provider(for: called.className), Self.carriesOut(method, provider) else {
            throw CIMError(
                .methodNotAvailable, "\(method.name) is declared for \(called.className), and not carried out here.")
        }
        let outcome = try await provider.invoke(
            MethodCall(name: method.name, object: called, caller: caller, parameters: parameters))
        try check(outcome, of: method, served)
        return outcome
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
