import CIM

/// What a provider answers for: one creation class, the properties it sets, the methods it carries out. Compared
/// with the schema when the provider is registered, and never again trusted to differ from it.
package struct ProviderDeclaration: Sendable {
    package var className: CIMName
    package var properties: [any DeclaredKey]
    package var methods: [MethodDeclaration]

    package init(className: CIMName, properties: [any DeclaredKey], methods: [MethodDeclaration] = []) {
        self.className = className
        self.properties = properties
        self.methods = methods
    }
}

/// A method that a provider carries out, with the parameters it reads and those it may answer.
package struct MethodDeclaration: Sendable {
    package var name: CIMName
    package var inputs: [any DeclaredKey]
    package var outputs: [any DeclaredKey]
    package var returnType: CIMType

    package init(
        _ name: CIMName, returns returnType: CIMType = .uint32, inputs: [any DeclaredKey] = [],
        outputs: [any DeclaredKey] = []
    ) {
        self.name = name
        self.returnType = returnType
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// Who asks, as far as the transport knows.
package struct Caller: Hashable, Sendable {
    /// For logs and a job's owner; empty when nothing is known.
    package var description: String
    package init(_ description: String = "") { self.description = description }
}

/// A method call whose parameters have been validated against the schema.
package struct MethodCall: Sendable {
    package var name: CIMName
    /// The instance; for a static method called on its class, a class path.
    package var object: CIMObjectPath
    package var caller: Caller
    private let parameters: [CIMName: CIMValue]

    package init(name: CIMName, object: CIMObjectPath, caller: Caller = Caller(), parameters: [CIMName: CIMValue]) {
        self.name = name
        self.object = object
        self.caller = caller
        self.parameters = parameters
    }

    /// `nil` when the parameter is NULL or was not sent.
    package subscript<Value>(key: ParameterKey<Value>) -> Value? {
        parameters[key.name].flatMap { Value(cimValue: $0) }
    }

    /// Whether a parameter that is not NULL was sent.
    package func has(_ name: CIMName) -> Bool { parameters[name] != nil }
}

/// What a method answers.
package struct MethodOutcome: Sendable {
    package var returnValue: CIMValue?
    package private(set) var outputs: [CIMPropertyValue] = []

    package init(returnValue: CIMValue?) { self.returnValue = returnValue }

    /// A `nil` output is answered as NULL.
    package subscript<Value>(key: ParameterKey<Value>) -> Value? {
        get { outputs.first { $0.name == key.name }?.value.flatMap { Value(cimValue: $0) } }
        set {
            outputs.removeAll { $0.name == key.name }
            outputs.append(
                CIMPropertyValue(
                    name: key.name, type: Value.cimType, isArray: Value.isCIMArray, value: newValue?.cimValue))
        }
    }
}

/// Answers for the instances of one creation class.
package protocol InstanceProvider: Sendable {
    var declaration: ProviderDeclaration { get }

    /// All instances, from what is known now: never waits for a host.
    func instances() async throws(CIMError) -> [CIMInstance]

    /// One instance; `nil` when there is none of that path. The path's keys have the types that the schema declares.
    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance?

    /// Carries out one of the declared methods.
    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome
}

extension InstanceProvider {
    package func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        try await instances().first { instance in path.keys.allSatisfy { instance[$0.name] == $0.value } }
    }

    package func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        throw CIMError(.methodNotAvailable, "\(declaration.className) has no provider for \(call.name).")
    }
}
