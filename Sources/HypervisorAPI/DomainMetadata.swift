import XML

/// The mark in a domain's `<metadata>`: libvirt keeps at most one element of each namespace there.
/// Source: libvirt, "Domain XML format", "General metadata".
extension OwnershipMark {
    /// Elements of the domain that stand before its metadata.
    private static let before: Set<String> = ["name", "uuid", "genid", "title", "description"]

    /// The mark in a `<domain>` element; `nil` when there is none.
    init?(inDomain root: XMLElement) {
        let scope = Namespaces().entering(root)
        for metadata in root.all("metadata") {
            let inner = scope.entering(metadata)
            if let element = metadata.elements.first(where: { inner.namespace(of: $0) == Self.namespace }) {
                self.init(element: element)
                return
            }
        }
        return nil
    }

    /// A domain's XML with this mark and no other. All else stays as it came: the elements, their order, namespaces and
    /// text; only comments are dropped, and how tags are written may differ.
    /// - Parameter xml: may hold secrets; they are passed on and kept out of errors.
    /// - Throws: `DefinitionError` when the text is no domain.
    package func put(into xml: String) throws(DefinitionError) -> String {
        var root: XMLElement
        // The parser's words could quote the text.
        do { root = try XMLElement(parsing: Array(xml.utf8)) } catch {
            throw DefinitionError("not well-formed at \(error.position)")
        }
        guard root.name == "domain" else { throw DefinitionError("the root element is <\(root.name)>, not <domain>") }
        let scope = Namespaces().entering(root)
        let place = root.children.firstIndex { Self.name(of: $0) == "metadata" }
        if let place, case .element(let metadata) = root.children[place] {
            root.children[place] = .element(put(into: metadata, scope.entering(metadata)))
        } else {
            let last = root.children.lastIndex { Self.name(of: $0).map(Self.before.contains) == true }
            let metadata = XMLElement("metadata", children: [.element(elementInMetadata)])
            root.children.insert(.element(metadata), at: last.map { $0 + 1 } ?? root.children.startIndex)
        }
        return root.serialized()
    }

    private func put(into metadata: XMLElement, _ scope: Namespaces) -> XMLElement {
        var copy = metadata
        copy.children.removeAll { child in
            if case .element(let element) = child { scope.namespace(of: element) == Self.namespace } else { false }
        }
        copy.children.append(.element(elementInMetadata))
        return copy
    }

    private static func name(of node: XMLNode) -> String? {
        if case .element(let element) = node { element.name } else { nil }
    }
}

/// Which namespaces the prefixes at one place of a document stand for. Source: Namespaces in XML 1.0.
private struct Namespaces {
    /// By prefix; the empty one is the default namespace's.
    private var bindings: [Substring: String] = [:]

    func entering(_ element: XMLElement) -> Namespaces {
        var inner = self
        for attribute in element.attributes {
            if attribute.name == "xmlns" { inner.bindings[""] = attribute.value }
            if attribute.name.hasPrefix("xmlns:") { inner.bindings[attribute.name.dropFirst(6)] = attribute.value }
        }
        return inner
    }

    /// `nil` for an element in no namespace.
    func namespace(of element: XMLElement) -> String? {
        let parts = element.name.split(separator: ":", maxSplits: 1)
        return entering(element).bindings[parts.count == 2 ? parts[0] : ""]
    }
}
