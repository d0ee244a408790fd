import CIM
import CIMXML

/// What a caller must be for what it asks.
struct AccessDemand: Hashable, Sendable {
    enum Kind: Hashable, Sendable, CaseIterable {
        case read
        /// Of instances, classes or qualifiers.
        case change
        case method
    }

    var kind: Kind
    var level: AccessLevel
    var operation: CIMName

    /// Whether it counts against the checks that a checker may have: methods for which one must be no more.
    var isCheck: Bool { kind == .method && level == .checker }
}

extension AccessDemand {
    /// The operations of DSP0200 5.3.2 that change nothing.
    private static let reads: Set<CIMName> = [
        "GetClass", "EnumerateClasses", "EnumerateClassNames", "GetInstance", "EnumerateInstances",
        "EnumerateInstanceNames", "GetProperty", "GetQualifier", "EnumerateQualifiers", "ExecQuery", "Associators",
        "AssociatorNames", "References", "ReferenceNames", "OpenEnumerateInstances", "OpenEnumerateInstancePaths",
        "OpenAssociatorInstances", "OpenAssociatorInstancePaths", "OpenReferenceInstances",
        "OpenReferenceInstancePaths", "OpenQueryInstances", "PullInstancesWithPath", "PullInstancePaths",
        "PullInstances", "CloseEnumeration", "EnumerationCount",
    ]
    /// Those that change an instance, whose class says what they need.
    private static let changes: Set<CIMName> = ["CreateInstance", "ModifyInstance", "DeleteInstance", "SetProperty"]

    /// Those that would change the schema.
    private static let schemaChanges: Set<CIMName> = [
        "CreateClass", "ModifyClass", "DeleteClass", "SetQualifier", "DeleteQualifier",
    ]

    /// An operation that is not known does nothing, and whoever may read is told so.
    init(_ call: CIMXMLCall, _ manager: ObjectManager) {
        switch call {
        case .intrinsic(let call) where Self.reads.contains(call.name):
            self.init(kind: .read, level: .observer, operation: call.name)
        case .intrinsic(let call) where Self.changes.contains(call.name):
            self.init(kind: .change, level: manager.levelToChange(call), operation: call.name)
        case .intrinsic(let call) where Self.schemaChanges.contains(call.name):
            self.init(kind: .change, level: .admin, operation: call.name)
        case .intrinsic(let call): self.init(kind: .read, level: .observer, operation: call.name)
        case .method(let call): self.init(kind: .method, level: manager.level(of: call), operation: call.name)
        // The envelope has refused it already.
        case .export(let call): self.init(kind: .change, level: .admin, operation: call.name)
        }
    }
}

extension ObjectManager {
    /// What the providers declare for a method: the highest of those that the call may reach. A method that no provider
    /// carries out is refused for that reason to everybody who may read.
    fileprivate func level(of call: CIMXML.MethodCall) -> AccessLevel {
        guard let served = call.target.namespace.flatMap(servedIfKnown) else { return .observer }
        func highest(_ providers: [any InstanceProvider]) -> AccessLevel? {
            providers.flatMap(\.declaration.methods).filter { $0.name == call.name }.map(\.requires).max()
        }
        return highest(served.providers(under: call.target.className)) ?? highest(served.allProviders) ?? .observer
    }

    /// What the providers of the instance's class declare; an admin's where there are none.
    fileprivate func levelToChange(_ call: IntrinsicCall) -> AccessLevel {
        guard let served = servedIfKnown(call.namespace), let name = call.changedClass else { return .admin }
        return served.providers(under: name).map(\.declaration.changes.requires).max() ?? .admin
    }
}

extension ServedNamespace {
    fileprivate var allProviders: [any InstanceProvider] {
        repository.subclasses(of: nil, deep: true).compactMap { provider(for: $0) }
    }
}

extension IntrinsicCall {
    /// The class of the instance that is created, modified or deleted; `nil` when the call names none, or several.
    fileprivate var changedClass: CIMName? {
        let names = Set(parameters.compactMap { $0.item?.instanceClass })
        return names.count == 1 ? names.first : nil
    }
}

extension CIMXMLItem {
    fileprivate var instanceClass: CIMName? {
        switch self {
        case .instance(let instance): instance.className
        case .instanceName(let path), .instancePath(let path), .objectPath(let path): path.className
        case .namedInstance(let path, let instance), .instanceWithPath(let path, let instance):
            path.className == instance.className ? path.className : nil
        default: nil
        }
    }
}
