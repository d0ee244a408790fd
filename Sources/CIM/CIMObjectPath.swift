/// One key of an instance's path.
package struct CIMKeyBinding: Hashable, Sendable {
    package var name: CIMName
    package var value: CIMValue

    package init(_ name: CIMName, _ value: CIMValue) {
        self.name = name
        self.value = value
    }
}

/// The path of an instance, or of a class (`isClassPath`). Source: DSP0004 8.2.
///
/// Keys are compared without regard to their order. A path that came off the wire may carry a
/// number without its type; `ClassRepository.normalized(_:)` gives each key the type its class declares.
package struct CIMObjectPath: Sendable {
    package var host: String?
    package var namespace: CIMNamespace?
    package var className: CIMName
    package var keys: [CIMKeyBinding]
    /// A class rather than an instance. An instance of a keyless class has no keys either.
    package var isClassPath: Bool

    package init(
        host: String? = nil, namespace: CIMNamespace? = nil, className: CIMName, keys: [CIMKeyBinding] = [],
        isClassPath: Bool = false
    ) {
        self.host = host
        self.namespace = namespace
        self.className = className
        self.keys = keys
        self.isClassPath = isClassPath
    }

    package subscript(key: CIMName) -> CIMValue? { keys.first { $0.name == key }?.value }

    private var orderedKeys: [CIMKeyBinding] { keys.sorted { $0.name < $1.name } }
}

extension CIMObjectPath: Hashable {
    package static func == (lhs: CIMObjectPath, rhs: CIMObjectPath) -> Bool {
        lhs.className == rhs.className && lhs.namespace == rhs.namespace && lhs.isClassPath == rhs.isClassPath
            && lhs.host?.lowercased() == rhs.host?.lowercased() && lhs.orderedKeys == rhs.orderedKeys
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(className)
        hasher.combine(orderedKeys)
    }
}
