/// The place of a declaration within a schema: a qualifier type, or a class and what is inside it.
package struct SchemaElement: Hashable, Sendable {
    package enum Feature: Hashable, Sendable {
        /// A property or a reference.
        case property(CIMName)
        case method(CIMName)

        package var name: CIMName {
            switch self {
            case .property(let name), .method(let name): name
            }
        }
    }

    /// `nil` for a qualifier type, which stands outside any class.
    package var className: CIMName?
    package var feature: Feature?
    package var parameter: CIMName?
    package var qualifier: CIMName?
    /// Which of several siblings of the same name, counted from 0 in order of declaration.
    package var occurrence: Int

    package init(
        className: CIMName? = nil, feature: Feature? = nil, parameter: CIMName? = nil, qualifier: CIMName? = nil,
        occurrence: Int = 0
    ) {
        self.className = className
        self.feature = feature
        self.parameter = parameter
        self.qualifier = qualifier
        self.occurrence = occurrence
    }

    func qualified(by name: CIMName, occurrence: Int = 0) -> SchemaElement {
        SchemaElement(
            className: className, feature: feature, parameter: parameter, qualifier: name, occurrence: occurrence)
    }
}

extension SchemaElement: CustomStringConvertible {
    /// `CIM_Job.KillJob(DeleteOnKill)[Description]`, or `qualifier Description`.
    package var description: String {
        guard let className else { return "qualifier \(qualifier?.text ?? "")" }
        var text = className.text
        if let feature { text += ".\(feature.name)" }
        if let parameter { text += "(\(parameter))" }
        if let qualifier { text += "[\(qualifier)]" }
        return text
    }
}

/// A declaration that breaks a rule of DSP0004. Two are equal when they break the same rule at the same place.
package struct SchemaViolation: Error, Sendable, CustomStringConvertible {
    /// The rule that is broken; the raw values are stable.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        // Qualifier types
        case duplicateQualifierType, qualifierTypeDeclaration
        // Classes
        case duplicateClass, unknownSuperclass, terminalSuperclass, superclassKind, tooFewReferences
        // Qualifiers
        case undeclaredQualifier, duplicateQualifier, qualifierScope, qualifierValue, qualifierNotOverridable
        // Features
        case duplicateProperty, duplicateMethod, duplicateParameter
        case addedKey, keyType, arrayDeclaration, referenceDeclaration, referenceOutsideAssociation
        case embeddedType, defaultValue, valueMap, returnType
        // Overriding
        case overrideMissing, overrideTarget, overrideType, overrideSignature
        // What can only be known once everything is declared
        case unknownReferenceClass, unknownEmbeddedClass
    }

    package let code: Code
    package let element: SchemaElement
    /// For people: what is wrong and what would be right.
    package let message: String

    package init(_ code: Code, at element: SchemaElement, _ message: String) {
        self.code = code
        self.element = element
        self.message = message
    }

    package var description: String { "\(element): \(message)" }
}

extension SchemaViolation: Equatable {
    package static func == (lhs: SchemaViolation, rhs: SchemaViolation) -> Bool {
        lhs.code == rhs.code && lhs.element == rhs.element
    }
}
