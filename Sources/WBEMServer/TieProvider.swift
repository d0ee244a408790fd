import CIM

/// Two objects that an association ties together, in the order of its roles.
package struct Tie: Hashable, Sendable {
    package var first: CIMObjectPath
    package var second: CIMObjectPath

    package init(_ first: CIMObjectPath, _ second: CIMObjectPath) {
        self.first = first
        self.second = second
    }
}

/// Who is tied to whom, told from either end: what an association knows beside its class.
package struct TieRule: Sendable {
    package enum End: Sendable {
        case first, second
    }

    /// Every tie; each is turned into an instance when it is asked for.
    package var all: @Sendable (_ make: @escaping @Sendable (Tie) -> CIMInstance) -> InstanceList
    /// The ties of one object, whichever role it has in them; none for an object that does not exist.
    package var of: @Sendable (CIMObjectPath) -> [Tie]
    /// The end whose objects have few ties each: where one tie is looked up.
    package var narrowEnd: End

    package init(
        narrowEnd: End = .first,
        all: @escaping @Sendable (_ make: @escaping @Sendable (Tie) -> CIMInstance) -> InstanceList,
        of: @escaping @Sendable (CIMObjectPath) -> [Tie]
    ) {
        self.narrowEnd = narrowEnd
        self.all = all
        self.of = of
    }

    /// A rule of few ties, which are looked through.
    package init(few: @escaping @Sendable () -> [Tie]) {
        self.init(
            all: { make in InstanceList(few(), make) },
            of: { path in few().filter { $0.first == path || $0.second == path } })
    }
}

/// The instances of an association class with two roles, by a rule.
package struct TieProvider: AssociationProvider {
    private let className: CIMName
    private let namespace: CIMNamespace
    private let first: PropertyKey<CIMObjectPath>
    private let second: PropertyKey<CIMObjectPath>
    private let extra: [any DeclaredKey]
    private let fill: @Sendable (Tie, inout InstanceBuilder) -> Void
    private let rule: TieRule

    /// - Parameters:
    ///   - namespace: the one that the instances are served in; a path without a namespace is taken to be in it.
    ///   - roles: the two reference properties, which are the class's keys.
    ///   - extra: the further properties that `fill` gives values to.
    package init(
        _ className: CIMName, in namespace: CIMNamespace, roles: (CIMName, CIMName), extra: [any DeclaredKey] = [],
        fill: @escaping @Sendable (Tie, inout InstanceBuilder) -> Void = { _, _ in }, _ rule: TieRule
    ) {
        self.className = className
        self.namespace = namespace
        first = PropertyKey(roles.0)
        second = PropertyKey(roles.1)
        self.extra = extra
        self.fill = fill
        self.rule = rule
    }

    package var declaration: ProviderDeclaration {
        ProviderDeclaration(className: className, properties: [first, second] + extra)
    }

    package func instances() async throws(CIMError) -> InstanceList { rule.all(make) }

    package func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
        guard let first = path[first.name]?.referenceValue, let second = path[second.name]?.referenceValue else {
            return nil
        }
        let tie = Tie(located(first), located(second))
        let known = rule.of(rule.narrowEnd == .first ? tie.first : tie.second)
        return known.contains(tie) ? make(tie) : nil
    }

    package func references(to path: CIMObjectPath) async throws(CIMError) -> InstanceList {
        InstanceList(rule.of(located(path)), make)
    }

    @Sendable private func make(_ tie: Tie) -> CIMInstance {
        var builder = InstanceBuilder(className)
        builder[first] = tie.first
        builder[second] = tie.second
        fill(tie, &builder)
        return builder.instance
    }

    private func located(_ path: CIMObjectPath) -> CIMObjectPath {
        var path = path
        path.host = nil
        path.namespace = path.namespace ?? namespace
        return path
    }
}
