import CIM

/// A method's parameter as it came in: the wire may or may not say its type.
package struct ReceivedParameter: Sendable {
    /// What a value looked like before the schema was asked.
    package indirect enum Content: Sendable {
        /// A value whose type the wire gave, or that shows it (references, embedded objects).
        case typed(CIMValue)
        /// The text of a `VALUE` without a type.
        case text(String)
        /// The texts of a `VALUE.ARRAY` without a type; `nil` is NULL.
        case texts([String?])
        /// An empty array or a NULL: fits any type. `isArray` tells which.
        case empty(isArray: Bool)
    }

    package var name: CIMName
    package var content: Content

    package init(name: CIMName, content: Content) {
        self.name = name
        self.content = content
    }
}

/// Reads embedded instances that travel as text. Both forms occur (wire facts: pywbem sends CIM-XML, older tools MOF).
package struct EmbeddedTextReader: Sendable {
    /// Reads an `INSTANCE` element or MOF's `instance of`; throws what is wrong with it, for people.
    package var read: @Sendable (_ text: String, _ repository: ClassRepository) throws(EmbeddedTextError) -> CIMInstance

    package init(
        read: @escaping @Sendable (String, ClassRepository) throws(EmbeddedTextError) -> CIMInstance
    ) {
        self.read = read
    }
}

/// Text that was to be an embedded instance and is not.
package struct EmbeddedTextError: Error, Hashable, Sendable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}
