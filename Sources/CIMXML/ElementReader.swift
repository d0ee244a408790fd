import CIM
import XML

/// Reads one element strictly: attributes that the document type does not know, a missing one, a child that may not
/// stand where it stands, and stray text are errors that name the element and its place.
struct ElementReader {
    let element: XMLElement
    /// How many embedded objects the element is inside of.
    let depth: Int
    private let rule: DocumentType.Rule
    private var children: ArraySlice<XMLElement>

    init(_ element: XMLElement, depth: Int = 0) throws(CIMXMLError) {
        guard let rule = DocumentType.rules[element.name] else {
            throw Self.invalid(element, "<\(element.name)> is no element of CIM-XML")
        }
        self.element = element
        self.depth = depth
        self.rule = rule
        children = element.elements[...]
        try checkAttributes()
        try checkText()
    }

    var name: String { element.name }
    var text: String { element.text }
    /// The next child's name; `nil` after the last.
    var next: String? { children.first?.name }

    // MARK: Children

    /// Reads all children: `body` takes them in order, and none may be left over.
    func contents<Value>(
        _ body: (inout ElementReader) throws(CIMXMLError) -> Value
    ) throws(CIMXMLError) -> Value {
        var reader = self
        let value = try body(&reader)
        if let surplus = reader.children.first {
            throw Self.invalid(surplus, "<\(surplus.name)> may not stand here in <\(name)>")
        }
        return value
    }

    /// For elements that hold no element.
    func finish() throws(CIMXMLError) {
        try contents { (_: inout ElementReader) throws(CIMXMLError) in }
    }

    /// The next child if it bears one of these names.
    mutating func optional(_ names: String...) throws(CIMXMLError) -> ElementReader? {
        try optional(in: names)
    }

    /// The next child, which must bear one of these names.
    mutating func required(_ names: String...) throws(CIMXMLError) -> ElementReader {
        if let child = try optional(in: names) { return child }
        let wanted = names.map { "<\($0)>" }.joined(separator: " or ")
        guard let found = children.first else { throw invalid("\(wanted) is missing in <\(name)>") }
        throw Self.invalid(found, "<\(name)> needs \(wanted) where <\(found.name)> stands")
    }

    /// All children from here on that bear one of these names.
    mutating func all(_ names: String...) throws(CIMXMLError) -> [ElementReader] {
        var readers: [ElementReader] = []
        while let reader = try optional(in: names) { readers.append(reader) }
        return readers
    }

    mutating func optional(in names: [String]) throws(CIMXMLError) -> ElementReader? {
        guard let child = children.first, names.contains(child.name) else { return nil }
        children = children.dropFirst()
        return try ElementReader(child, depth: depth)
    }

    // MARK: Attributes

    func attribute(_ name: String) -> String? { element[name] }

    /// An attribute that the rule requires, so it is there.
    func required(attribute: String) throws(CIMXMLError) -> String {
        guard let value = element[attribute] else { throw invalid("<\(name)> lacks the attribute \(attribute)") }
        return value
    }

    func cimName(_ attribute: String) throws(CIMXMLError) -> CIMName {
        let text = try required(attribute: attribute)
        guard let name = CIMName(text) else { throw wrong("\(attribute)=\"\(text)\" is not a CIM name") }
        return name
    }

    func optionalName(_ attribute: String) throws(CIMXMLError) -> CIMName? {
        element[attribute] == nil ? nil : try cimName(attribute)
    }

    /// An intrinsic type; `reference` is none in this place (DSP0203 `CIMType`).
    func cimType(_ attribute: String) throws(CIMXMLError) -> CIMType {
        let text = try required(attribute: attribute)
        guard let type = CIMType(rawValue: text), type != .reference else {
            throw invalid("\(attribute)=\"\(text)\" is not a CIM type")
        }
        return type
    }

    func flag(_ attribute: String, default standard: Bool) throws(CIMXMLError) -> Bool {
        switch element[attribute] {
        case nil: return standard
        case "true": return true
        case "false": return false
        case .some(let text): throw invalid("\(attribute)=\"\(text)\" is neither \"true\" nor \"false\"")
        }
    }

    func arraySize() throws(CIMXMLError) -> Int? {
        guard let text = element["ARRAYSIZE"] else { return nil }
        guard let size = Int(text), size > 0 else { throw invalid("ARRAYSIZE=\"\(text)\" is not a positive number") }
        return size
    }

    /// `EmbeddedObject`, or `EMBEDDEDOBJECT` as DSP0201 2.2 spelled it.
    func embedding() throws(CIMXMLError) -> CIMXMLEmbedding? {
        guard let text = element["EmbeddedObject"] ?? element["EMBEDDEDOBJECT"] else { return nil }
        guard let embedding = CIMXMLEmbedding(rawValue: text) else {
            throw invalid("EmbeddedObject=\"\(text)\" is neither \"instance\" nor \"object\"")
        }
        return embedding
    }

    // MARK: Rules

    func invalid(_ message: String) -> CIMXMLError { Self.invalid(element, message) }

    /// Something that no document type rules: see `CIMXMLError.Call`.
    func wrong(_ message: String, _ status: CIMStatusCode = .invalidParameter) -> CIMXMLError {
        CIMXMLError(.notValid, message, at: element.position, status: status)
    }

    private static func invalid(_ element: XMLElement, _ message: String) -> CIMXMLError {
        CIMXMLError(.notValid, message, at: element.position)
    }

    private func checkAttributes() throws(CIMXMLError) {
        for attribute in element.attributes where !rule.required.contains(attribute.name) {
            guard rule.optional.contains(attribute.name) else {
                throw invalid("<\(name)> has no attribute \(attribute.name)")
            }
        }
        if let missing = rule.required.filter({ element[$0] == nil }).min() {
            throw invalid("<\(name)> lacks the attribute \(missing)")
        }
    }

    private func checkText() throws(CIMXMLError) {
        if rule.isText {
            guard let child = children.first else { return }
            throw Self.invalid(child, "<\(name)> holds text, not elements; escape the <\(child.name)> in it")
        }
        guard element.text.utf8.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            throw invalid("<\(name)> holds elements, not text")
        }
    }
}
