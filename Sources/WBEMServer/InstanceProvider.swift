import CIM

/// What a provider answers for: one creation class, the properties it sets, the methods it carries out. Compared
/// with the schema when the provider is registered, and never again trusted to differ from it.
package struct ProviderDeclaration: Sendable {
    package var className: CIMName
    package var properties: [any DeclaredKey]
    package var methods: [MethodDeclaration]
    /// What a client may do with instances beside reading them; others are refused before the provider is asked.
    package var changes: ChangeDeclaration

    package init(
        className: CIMName, properties: [any DeclaredKey], methods: [MethodDeclaration] = [],
        changes: ChangeDeclaration = ChangeDeclaration()
    ) {
        self.className = className
        self.properties = properties
        self.methods = methods
        self.changes = changes
    }
}

/// Which instances of a class a client may create, modify and delete; none unless it says so.
package struct ChangeDeclaration: Sendable {
    package var canCreate: Bool
    package var canDelete: Bool
    /// The properties that ModifyInstance and SetProperty may give values to.
    package var modifiable: [any DeclaredKey]
    /// What a caller must be to do any of it.
    package var requires: AccessLevel

    package init(
        canCreate: Bool = false, canDelete: Bool = false, modifiable: [any DeclaredKey] = [],
        requires: AccessLevel = .admin
    ) {
        self.canCreate = canCreate
        self.canDelete = canDelete
        self.modifiable = modifiable
        self.requires = requires
    }
}

/// A method that a provider carries out, with the parameters it reads and those it may answer.
package struct MethodDeclaration: Sendable {
    package var name: CIMName
    package var inputs: [any DeclaredKey]
    package var outputs: [any DeclaredKey]
    package var returnType: CIMType
    /// What a caller must be to call it.
    package var requires: AccessLevel

    package init(
        _ name: CIMName, requires: AccessLevel, returns returnType: CIMType = .uint32, inputs: [any DeclaredKey] = [],
        outputs: [any DeclaredKey] = []
    ) {
        self.name = name
        self.requires = requires
        self.returnType = returnType
        self.inputs = inputs
        self.outputs = outputs
    }
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

    /// A parameter of any type; `nil` when it is NULL or was not sent.
    package func value(of name: CIMName) -> CIMValue? { parameters[name] }

    /// Whether a parameter that is not NULL was sent.
    package func has(_ name: CIMName) -> Bool { parameters[name] != nil }
}

/// What a method answers.
package struct MethodOutcome: Sendable {
    package var returnValue: CIMValue?
    package private(set) var outputs: [CIMPropertyValue] = []

    package init(returnValue: CIMValue?) { self.returnValue = returnValue }

    /// An output of any type; replaces what was there for it.
    package mutating func answer(_ output: CIMPropertyValue) {
        outputs.removeAll { $0.name == output.name }
        outputs.append(output)
    }

    /// A `nil` output is answered as NULL.
    package subscript<Value>(key: ParameterKey<Value>) -> Value? {
        get { outputs.first { $0.name == key.name }?.value.flatMap { Value(cimValue: $0) } }
        set {
            answer(
                CIMPropertyValue(
                    name: key.name, type: Value.cimType, isArray: Value.isCIMArray, value: newValue?.cimValue))
        }
    }
}

/// Answers for the instances of one creation class.
package protocol InstanceProvider: Sendable {
    var declaration: ProviderDeclaration { get }

    /// All instances, from what is known now: never waits for a host.
    func instances() async throws(CIMError) -> InstanceList

    /// What the instances were last made of, by a number: while it is the same, an instance that was made since it was read
    /// is as it was. `nil`: that cannot be told. Cheap, for it is read with every request.
    var revision: InstanceRevision? { get }

    /// One instance; `nil` when there is none of that path. The path's keys have the types that the schema declares.
    func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance?

    /// Carries out one of the declared methods.
    func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome

    /// Makes an instance of the values given, which fit the schema. Called only where `declaration.changes` allows it.
    /// - Returns: the new instance's path.
    func create(_ instance: CIMInstance, by caller: Caller) async throws(CIMError) -> CIMObjectPath

    /// Gives modifiable properties of an existing instance new values, which fit the schema; `nil` values are NULL.
    func modify(_ path: CIMObjectPath, _ values: [CIMPropertyValue], by caller: Caller) async throws(CIMError)

    /// Removes an existing instance.
    func delete(_ path: CIMObjectPath, by caller: Caller) async throws(CIMError)
}

/// Which state of things instances were made of; two numbers, where two things are counted by themselves.
package struct InstanceRevision: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64

    package init(_ first: UInt64, _ second: UInt64 = 0) {
        self.first = first
        self.second = second
    }
}

extension InstanceProvider {
    package var revision: InstanceRevision? { nil }

    package func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        try await instances().first { instance in path.keys.allSatisfy { instance[$0.name] == $0.value } }
    }

    package func invoke(_ call: MethodCall) async throws(CIMError) -> MethodOutcome {
        throw CIMError(.methodNotAvailable, "\(declaration.className) has no provider for \(call.name).")
    }

    package func create(_ instance: CIMInstance, by caller: Caller) async throws(CIMError) -> CIMObjectPath {
        throw CIMError(.notSupported, "Instances of \(declaration.className) cannot be created by clients.")
    }

    package func modify(_ path: CIMObjectPath, _ values: [CIMPropertyValue], by caller: Caller) async throws(CIMError) {
        throw CIMError(.notSupported, "Instances of \(declaration.className) cannot be modified by clients.")
    }

    package func delete(_ path: CIMObjectPath, by caller: Caller) async throws(CIMError) {
        throw CIMError(.notSupported, "Instances of \(declaration.className) cannot be deleted by clients.")
    }
}

/// Answers for the instances of one association class. Only such a provider may be registered for a class with the
/// Association qualifier.
///
/// Its reference properties hold paths with their namespaces: an association may lead into another one.
package protocol AssociationProvider: InstanceProvider {
    /// The associations that refer to an object, whatever role it has in them. The default looks through all; a provider
    /// of many answers from what it knows of the object.
    /// - Parameter path: with its namespace, and keys of the types that the schema declares. Nothing says that the object
    ///   exists.
    func references(to path: CIMObjectPath) async throws(CIMError) -> InstanceList
}

extension AssociationProvider {
    package func references(to path: CIMObjectPath) async throws(CIMError) -> InstanceList {
        InstanceList(try await instances().filter { $0.refers(to: path) })
    }
}

extension CIMInstance {
    /// Whether one of the reference properties holds a path.
    package func refers(to path: CIMObjectPath) -> Bool {
        properties.contains { $0.value?.referenceValue == path }
    }
}
