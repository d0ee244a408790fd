/// The qualifier types and classes of one schema, with inheritance worked out.
///
/// A class is resolved once, when it is added, against its superclass, which must be there already;
/// looking one up afterwards is a dictionary access. The repository knows no namespace: a server holds
/// one for each namespace. Source: DSP0004 5.1 (meta schema).
package struct ClassRepository: Sendable {
    struct Entry: Sendable {
        let declared: CIMClass
        /// The superclass, if it was there: a flawed class may name one that comes later, or itself.
        let superclass: CIMName?
        let resolved: CIMClass
        /// Where each property of `resolved` stands.
        let propertyPositions: Positions
        let keys: [CIMProperty]
        var subclasses: [CIMName] = []
        /// What subclasses inherit; worked out for the first of them.
        var heritage: Heritage?
    }

    /// The qualifiers and features of a class as its subclasses have them: propagated, and without what is restricted.
    struct Heritage: Sendable {
        let qualifiers: [CIMQualifier]
        let properties: [CIMProperty]
        let methods: [CIMMethod]
    }

    private var entries: [CIMName: Entry] = [:]
    private var types: [CIMName: CIMQualifierType] = [:]
    private var typeOrder: [CIMName] = []
    private var topLevel: [CIMName] = []
    /// In order of declaration.
    package private(set) var classNames: [CIMName] = []

    package init() {}

    /// Whether nothing has been declared.
    package var isEmpty: Bool { entries.isEmpty && types.isEmpty }

    // MARK: Declaring

    /// Declares a qualifier type.
    /// - Returns: the rules it breaks; empty when it was declared.
    package mutating func declare(_ type: CIMQualifierType) -> [SchemaViolation] {
        let violations = QualifierTypeRules.violations(of: type, declared: types[type.name] != nil)
        if violations.isEmpty {
            types[type.name] = type
            typeOrder.append(type.name)
        }
        return violations
    }

    /// Adds a class and works out what it inherits.
    /// - Returns: every rule the class breaks, not only the first; empty when it was added.
    package mutating func add(_ declared: CIMClass) -> [SchemaViolation] {
        prepareHeritage(of: declared.superclass)
        let (entry, violations) = ClassResolver.resolve(declared, in: self)
        if violations.isEmpty { enter(entry) }
        return violations
    }

    /// Adds a class even when it breaks rules, as far as it can be resolved, so that a compiler can go on
    /// and examine its subclasses. Only a second class of the same name is left out.
    /// - Returns: what `add(_:)` would have returned.
    package mutating func addDespiteViolations(_ declared: CIMClass) -> [SchemaViolation] {
        prepareHeritage(of: declared.superclass)
        let (entry, violations) = ClassResolver.resolve(declared, in: self)
        if entries[declared.name] == nil { enter(entry) }
        return violations
    }

    private mutating func prepareHeritage(of superclass: CIMName?) {
        guard let superclass, let entry = entries[superclass], entry.heritage == nil else { return }
        entries[superclass]?.heritage = ClassResolver.heritage(of: entry.resolved)
    }

    private mutating func enter(_ entry: Entry) {
        let name = entry.declared.name
        entries[name] = entry
        classNames.append(name)
        if let superclass = entry.superclass {
            entries[superclass]?.subclasses.append(name)
        } else {
            topLevel.append(name)
        }
    }

    // MARK: Looking up

    /// The class with everything it inherits: qualifiers, properties and methods, each with its
    /// `classOrigin` and `propagated`. Inherited features come first, in the superclass' order.
    package subscript(name: CIMName) -> CIMClass? { entries[name]?.resolved }

    /// The class as it was declared, without what it inherits.
    package func declaration(of name: CIMName) -> CIMClass? { entries[name]?.declared }

    package func qualifierType(_ name: CIMName) -> CIMQualifierType? { types[name] }

    /// In order of declaration.
    package var qualifierTypes: [CIMQualifierType] { typeOrder.compactMap { types[$0] } }

    func entry(_ name: CIMName) -> Entry? { entries[name] }

    /// A property of a resolved class, without a scan.
    func property(_ name: CIMName, of entry: Entry) -> CIMProperty? {
        entry.propertyPositions.first(name, in: entry.resolved.properties, \.name).map { entry.resolved.properties[$0] }
    }

    // MARK: Hierarchy

    /// The subclasses of a class in order of declaration, each followed by its own when `deep`.
    /// - Parameter name: `nil` for the classes without superclass; those and all others when `deep`.
    /// - Returns: empty also when there is no such class.
    package func subclasses(of name: CIMName?, deep: Bool) -> [CIMName] {
        let direct = name.map { entries[$0]?.subclasses ?? [] } ?? topLevel
        guard deep else { return direct }
        var found: [CIMName] = []
        var pending = Array(direct.reversed())
        while let next = pending.popLast() {
            found.append(next)
            pending.append(contentsOf: (entries[next]?.subclasses ?? []).reversed())
        }
        return found
    }

    /// The ancestors of a class, nearest first.
    package func superclasses(of name: CIMName) -> [CIMName] {
        var found: [CIMName] = []
        var next = entries[name]?.superclass
        while let name = next {
            found.append(name)
            next = entries[name]?.superclass
        }
        return found
    }

    /// Whether a class is the other or derives from it. A name is its own subclass even when no class bears it.
    package func isSubclass(_ name: CIMName, of ancestor: CIMName) -> Bool {
        var next: CIMName? = name
        while let name = next {
            if name == ancestor { return true }
            next = entries[name]?.superclass
        }
        return false
    }
}
