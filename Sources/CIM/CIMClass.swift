/// A property's declaration in a class; a reference property is one of type `reference`.
/// Source: DSP0004 5.1.2.4, 5.1.2.6.
package struct CIMProperty: Hashable, Sendable {
    package var name: CIMName
    package var type: CIMType
    package var isArray: Bool
    /// The bound of a fixed array; `nil` for a variable one and for scalars.
    package var arraySize: Int?
    /// The class a reference points to; `nil` unless `type` is `reference`.
    package var referenceClass: CIMName?
    package var qualifiers: [CIMQualifier]
    package var defaultValue: CIMValue?
    /// The class that first declared the property; set by the repository.
    package var classOrigin: CIMName?
    /// Inherited unchanged; set by the repository.
    package var propagated: Bool

    package init(
        name: CIMName, type: CIMType, isArray: Bool = false, arraySize: Int? = nil, referenceClass: CIMName? = nil,
        qualifiers: [CIMQualifier] = [], defaultValue: CIMValue? = nil, classOrigin: CIMName? = nil,
        propagated: Bool = false
    ) {
        self.name = name
        self.type = type
        self.isArray = isArray
        self.arraySize = arraySize
        self.referenceClass = referenceClass
        self.qualifiers = qualifiers
        self.defaultValue = defaultValue
        self.classOrigin = classOrigin
        self.propagated = propagated
    }

    package var isKey: Bool { qualifiers.has(.key) }
    package var embedding: CIMEmbedding? { CIMEmbedding(qualifiers: qualifiers) }
}

/// What the EmbeddedInstance or EmbeddedObject qualifier of a string element allows. Source: DSP0004 5.6.3.15, 5.6.3.16.
package enum CIMEmbedding: Hashable, Sendable {
    /// An instance of this class or of a subclass.
    case instance(of: CIMName)
    /// Any instance, or a class.
    case object

    package init?(qualifiers: [CIMQualifier]) {
        if let name = qualifiers[.embeddedInstance]?.value?.stringValue.flatMap({ CIMName($0) }) {
            self = .instance(of: name)
        } else if qualifiers.has(.embeddedObject) {
            self = .object
        } else {
            return nil
        }
    }
}

/// A method's parameter. Source: DSP0004 5.1.2.7.
package struct CIMParameter: Hashable, Sendable {
    package var name: CIMName
    package var type: CIMType
    package var isArray: Bool
    package var arraySize: Int?
    package var referenceClass: CIMName?
    package var qualifiers: [CIMQualifier]

    package init(
        name: CIMName, type: CIMType, isArray: Bool = false, arraySize: Int? = nil, referenceClass: CIMName? = nil,
        qualifiers: [CIMQualifier] = []
    ) {
        self.name = name
        self.type = type
        self.isArray = isArray
        self.arraySize = arraySize
        self.referenceClass = referenceClass
        self.qualifiers = qualifiers
    }

    /// IN is the default (DSP0004 5.6.3.21).
    package var isInput: Bool { qualifiers["In"].map { $0.value != .boolean(false) } ?? true }
    package var isOutput: Bool { qualifiers.has("Out") }
    package var isRequired: Bool { qualifiers.has("Required") }
    package var embedding: CIMEmbedding? { CIMEmbedding(qualifiers: qualifiers) }
}

/// A method's declaration. Source: DSP0004 5.1.2.7.
package struct CIMMethod: Hashable, Sendable {
    package var name: CIMName
    package var returnType: CIMType
    package var parameters: [CIMParameter]
    package var qualifiers: [CIMQualifier]
    package var classOrigin: CIMName?
    package var propagated: Bool

    package init(
        name: CIMName, returnType: CIMType, parameters: [CIMParameter] = [], qualifiers: [CIMQualifier] = [],
        classOrigin: CIMName? = nil, propagated: Bool = false
    ) {
        self.name = name
        self.returnType = returnType
        self.parameters = parameters
        self.qualifiers = qualifiers
        self.classOrigin = classOrigin
        self.propagated = propagated
    }

    package var isStatic: Bool { qualifiers.has("Static") }
    package func parameter(_ name: CIMName) -> CIMParameter? { parameters.first { $0.name == name } }
}

/// A class as declared, or with everything inherited once the repository has resolved it.
/// Source: DSP0004 5.1.2.2.
package struct CIMClass: Hashable, Sendable {
    package var name: CIMName
    package var superclass: CIMName?
    package var qualifiers: [CIMQualifier]
    package var properties: [CIMProperty]
    package var methods: [CIMMethod]

    package init(
        name: CIMName, superclass: CIMName? = nil, qualifiers: [CIMQualifier] = [], properties: [CIMProperty] = [],
        methods: [CIMMethod] = []
    ) {
        self.name = name
        self.superclass = superclass
        self.qualifiers = qualifiers
        self.properties = properties
        self.methods = methods
    }

    package var isAssociation: Bool { qualifiers.has(.association) }
    package var isIndication: Bool { qualifiers.has(.indication) }
    package var isAbstract: Bool { qualifiers.has(.abstract) }
    package var keys: [CIMProperty] { properties.filter(\.isKey) }
    package func property(_ name: CIMName) -> CIMProperty? { properties.first { $0.name == name } }
    package func method(_ name: CIMName) -> CIMMethod? { methods.first { $0.name == name } }
}
