/// A property's value in an instance, with what CIM-XML has to say about it.
package struct CIMPropertyValue: Hashable, Sendable {
    package var name: CIMName
    package var type: CIMType
    package var isArray: Bool
    /// `nil` is NULL.
    package var value: CIMValue?
    package var classOrigin: CIMName?
    package var propagated: Bool

    package init(
        name: CIMName, type: CIMType, isArray: Bool = false, value: CIMValue?, classOrigin: CIMName? = nil,
        propagated: Bool = false
    ) {
        self.name = name
        self.type = type
        self.isArray = isArray
        self.value = value
        self.classOrigin = classOrigin
        self.propagated = propagated
    }

    /// A property whose type is that of its value.
    package init(_ name: CIMName, _ value: CIMValue) {
        self.init(name: name, type: value.type, isArray: value.isArray, value: value)
    }
}

/// An instance: the name of its class and its properties, in order.
package struct CIMInstance: Hashable, Sendable {
    package var className: CIMName
    package var properties: [CIMPropertyValue]

    package init(className: CIMName, properties: [CIMPropertyValue] = []) {
        self.className = className
        self.properties = properties
    }

    package func property(_ name: CIMName) -> CIMPropertyValue? { index(of: name).map { properties[$0] } }

    /// The value of a property; `nil` when it is NULL or absent.
    package subscript(name: CIMName) -> CIMValue? { index(of: name).flatMap { properties[$0].value } }

    /// Gives a property this value; at the end, when there is none of its name.
    package mutating func set(_ property: CIMPropertyValue) {
        if let index = index(of: property.name) { properties[index] = property } else { properties.append(property) }
    }

    /// By index rather than element: a property is not copied to look at its name.
    private func index(of name: CIMName) -> Int? { properties.indices.first { properties[$0].name == name } }
}
