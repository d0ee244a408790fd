/// How a qualifier's value travels to subclasses. Source: DSP0004 5.1.2.10.3.
package struct CIMFlavor: Hashable, Sendable {
    /// EnableOverride (`true`) or DisableOverride.
    package var overridable: Bool
    /// ToSubclass (`true`) or Restricted.
    package var toSubclass: Bool
    package var translatable: Bool

    /// The defaults of DSP0004 5.1.2.10.3: EnableOverride, ToSubclass, not Translatable.
    package init(overridable: Bool = true, toSubclass: Bool = true, translatable: Bool = false) {
        self.overridable = overridable
        self.toSubclass = toSubclass
        self.translatable = translatable
    }
}

/// Where a qualifier may stand. Source: DSP0004 5.1.2.10.2.
package enum CIMScope: String, Hashable, Sendable, CaseIterable {
    case classes = "class"
    case association, indication, property, reference, method, parameter

    package init?(name: String) { self.init(rawValue: name.lowercased()) }
}

/// A qualifier's declaration. Source: DSP0004 5.1.2.10.
package struct CIMQualifierType: Hashable, Sendable {
    package var name: CIMName
    package var type: CIMType
    package var isArray: Bool
    /// The bound of a fixed array; `nil` for a variable one and for scalars.
    package var arraySize: Int?
    package var defaultValue: CIMValue?
    /// All seven when declared `any`.
    package var scopes: Set<CIMScope>
    package var flavor: CIMFlavor

    package init(
        name: CIMName, type: CIMType, isArray: Bool = false, arraySize: Int? = nil, defaultValue: CIMValue? = nil,
        scopes: Set<CIMScope>, flavor: CIMFlavor = CIMFlavor()
    ) {
        self.name = name
        self.type = type
        self.isArray = isArray
        self.arraySize = arraySize
        self.defaultValue = defaultValue
        self.scopes = scopes
        self.flavor = flavor
    }
}

/// A qualifier on an element.
package struct CIMQualifier: Hashable, Sendable {
    package var name: CIMName
    package var type: CIMType
    package var isArray: Bool
    package var value: CIMValue?
    package var flavor: CIMFlavor
    /// Inherited and not declared on the element itself.
    package var propagated: Bool

    package init(
        name: CIMName, type: CIMType, isArray: Bool = false, value: CIMValue?, flavor: CIMFlavor = CIMFlavor(),
        propagated: Bool = false
    ) {
        self.name = name
        self.type = type
        self.isArray = isArray
        self.value = value
        self.flavor = flavor
        self.propagated = propagated
    }
}

extension Array where Element == CIMQualifier {
    package subscript(name: CIMName) -> CIMQualifier? { first { $0.name == name } }

    /// Whether a boolean qualifier is present and true.
    package func has(_ name: CIMName) -> Bool {
        if case .boolean(true)? = self[name]?.value { true } else { false }
    }
}
