import CLibXML2

/// Receives libxml2's events and keeps the elements that are still open.
final class XMLTreeBuilder {
    private(set) var root: XMLElement?
    /// The first error, from libxml2 or from a callback; parsing has stopped.
    private(set) var failure: XMLParseError?
    /// Where the start tags begin that libxml2 has not reported yet, from `reported` on, in order.
    private var startTags: [XMLPosition] = []
    private var open: [XMLElement] = []
    private var text: [UInt8] = []
    private var reported = 0

    /// Takes the places of the start tags in the block that libxml2 is about to get.
    func expect(_ positions: [XMLPosition]) {
        startTags.removeFirst(reported)
        reported = 0
        startTags.append(contentsOf: positions)
    }

    // MARK: Events

    func begin(_ name: String, _ attributes: [XMLAttribute]) {
        flushText()
        open.append(XMLElement(name, attributes: attributes, position: nextPosition()))
    }

    func end() {
        flushText()
        guard let element = open.popLast() else { return }
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].children.append(.element(element))
        }
    }

    func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        text.append(contentsOf: bytes)
    }

    func fail(_ error: XMLParseError) {
        if failure == nil { failure = error }
    }

    private func flushText() {
        guard !text.isEmpty else { return }
        if !open.isEmpty { open[open.count - 1].children.append(.text(String(decoding: text, as: UTF8.self))) }
        text.removeAll(keepingCapacity: true)
    }

    private func nextPosition() -> XMLPosition? {
        guard reported < startTags.count else { return nil }
        defer { reported += 1 }
        return startTags[reported]
    }
}

// MARK: - The C side

extension XMLTreeBuilder {
    /// The handlers, whose context is an `XMLTreeBuilder` that outlives the parser.
    static func callbacks() -> xmlSAXHandler {
        var handler = xmlSAXHandler()
        handler.initialized = UInt32(XML_SAX2_MAGIC)
        handler.startElementNs = { context, name, prefix, _, namespaceCount, namespaces, count, _, attributes in
            XMLTreeBuilder.at(context)?.begin(
                qualified(name, prefix),
                declarations(namespaces, Int(namespaceCount)) + values(attributes, Int(count)))
        }
        handler.endElementNs = { context, _, _, _ in XMLTreeBuilder.at(context)?.end() }
        handler.characters = { context, bytes, count in
            XMLTreeBuilder.at(context)?.append(UnsafeBufferPointer(start: bytes, count: Int(count)))
        }
        handler.ignorableWhitespace = handler.characters
        handler.cdataBlock = handler.characters
        // The scanner refuses document types before libxml2 sees one; this is the second lock on that door.
        handler.internalSubset = { context, _, _, _ in
            XMLTreeBuilder.at(context)?.fail(
                XMLParseError(.documentTypeForbidden, "a document type declaration is not accepted", at: unknownPlace))
        }
        handler.reference = { context, _ in
            XMLTreeBuilder.at(context)?.fail(
                XMLParseError(.entityForbidden, "only the five predefined entities are accepted", at: unknownPlace))
        }
        handler.serror = { context, error in
            guard let error, error.pointee.level == XML_ERR_FATAL else { return }
            XMLTreeBuilder.at(context)?.fail(XMLParseError(libxml2: error.pointee))
        }
        return handler
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
        context.map { Unmanaged<XMLTreeBuilder>.fromOpaque($0).takeUnretainedValue() }
    }
}

private let unknownPlace = XMLPosition(line: 1, column: 1)

private func string(_ bytes: UnsafePointer<UInt8>?) -> String {
    bytes.map { String(cString: $0) } ?? ""
}

private func qualified(_ name: UnsafePointer<UInt8>?, _ prefix: UnsafePointer<UInt8>?) -> String {
    prefix == nil ? string(name) : string(prefix) + ":" + string(name)
}

/// `namespaces` holds pairs: prefix (`nil` for the default namespace) and URI.
private func declarations(
    _ namespaces: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ count: Int
) -> [XMLAttribute] {
    guard let namespaces else { return [] }
    return (0..<count).map { index in
        let prefix = namespaces[2 * index]
        return XMLAttribute(prefix == nil ? "xmlns" : "xmlns:" + string(prefix), string(namespaces[2 * index + 1]))
    }
}

/// `attributes` holds groups of five: name, prefix, URI, and where the value begins and ends.
private func values(_ attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ count: Int) -> [XMLAttribute] {
    guard let attributes else { return [] }
    return (0..<count).map { index in
        let group = attributes + 5 * index
        let value = group[3].flatMap { start in group[4].map { UnsafeBufferPointer(start: start, count: $0 - start) } }
        return XMLAttribute(qualified(group[0], group[1]), value.map(attributeValue) ?? "")
    }
}

/// libxml2 hands an ampersand in an attribute value over as `&#38;` unless it may replace entities, which it may not
/// here. No other `&` can be left in a value, so undoing that is exact (`whatIsWrittenIsReadBack`).
private func attributeValue(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var value: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
        value.append(byte)
        rest = rest.dropFirst(rest.starts(with: "&#38;".utf8) ? 5 : 1)
    }
    return String(decoding: value, as: UTF8.self)
}

extension XMLParseError {
    /// libxml2 numbers its errors; of those, three have codes of their own here.
    fileprivate init(libxml2 error: xmlError) {
        let code: Code =
            switch xmlParserErrors(UInt32(bitPattern: error.code)) {
            case XML_ERR_UNDECLARED_ENTITY: .entityForbidden
            case XML_ERR_INVALID_CHAR, XML_ERR_INVALID_CHARREF: .forbiddenCharacter
            case XML_ERR_NO_MEMORY: .parserUnavailable
            default: .notWellFormed
            }
        var message = error.message.map { String(cString: $0) } ?? "the document is not well-formed"
        while message.last?.isWhitespace == true { message.removeLast() }
        let place = XMLPosition(line: max(Int(error.line), 1), column: max(Int(error.int2), 1))
        self.init(code, message, at: place)
    }
}
