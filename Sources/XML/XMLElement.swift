/// An attribute, its name with the prefix as written.
package struct XMLAttribute: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

package enum XMLNode: Hashable, Sendable {
    case element(XMLElement)
    /// Character data, CDATA sections included; never empty, never beside another text.
    case text(String)
}

/// An element with all it contains: small trees, for libvirt's documents, CIM-XML messages and embedded instances.
///
/// Namespaces are not resolved: a prefixed name keeps its prefix, and `xmlns` declarations are attributes
/// (they come first). Comments and processing instructions are dropped.
package struct XMLElement: Sendable {
    package var name: String
    package var attributes: [XMLAttribute]
    package var children: [XMLNode]
    /// Where the start tag began, for messages; no part of equality.
    package var position: XMLPosition?

    package init(
        _ name: String, attributes: [XMLAttribute] = [], children: [XMLNode] = [], position: XMLPosition? = nil
    ) {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.position = position
    }

    /// Reads a whole document.
    /// - Throws: `XMLParseError` with the first thing that is wrong and its place.
    package init(parsing bytes: [UInt8], limits: XMLLimits = .default) throws(XMLParseError) {
        let parser = try XMLTreeParser(limits: limits)
        try parser.push(bytes)
        self = try parser.finish()
    }

    /// The value of an attribute; `nil` when it is absent.
    package subscript(attribute: String) -> String? { attributes.first { $0.name == attribute }?.value }

    /// The child elements, in order.
    package var elements: [XMLElement] {
        children.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// The first child element of that name.
    package func first(_ name: String) -> XMLElement? { elements.first { $0.name == name } }

    /// The child elements of that name, in order.
    package func all(_ name: String) -> [XMLElement] { elements.filter { $0.name == name } }

    /// The text directly in this element, joined.
    package var text: String {
        children.reduce(into: "") { if case .text(let text) = $1 { $0 += text } }
    }

    /// The element as text, with explicit end tags and no declaration.
    package func serialized() -> String {
        var writer = XMLWriter()
        writer.element(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension XMLElement: Hashable {
    package static func == (lhs: XMLElement, rhs: XMLElement) -> Bool {
        lhs.name == rhs.name && lhs.attributes == rhs.attributes && lhs.children == rhs.children
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(attributes)
        hasher.combine(children)
    }
}
