import CLibXML2

/// Reads a document that arrives in chunks into a tree. libxml2's SAX2 push parser does the reading, behind
/// `XMLScanner`.
///
/// libxml2 gets the bytes in blocks that lie at the same offsets whatever the chunks were, so the tree, the error and
/// its place depend on the document alone (`chunksMakeNoDifference`).
package final class XMLTreeParser {
    private static let blockBytes = 16 << 10

    private let context: xmlParserCtxtPtr
    private let builder: XMLTreeBuilder
    private var scanner: XMLScanner
    private var block: [UInt8] = []
    private var failure: XMLParseError?

    /// - Throws: `parserUnavailable` when libxml2 has no memory for a parser.
    package init(limits: XMLLimits = .default) throws(XMLParseError) {
        builder = XMLTreeBuilder()
        scanner = XMLScanner(limits: limits)
        var callbacks = XMLTreeBuilder.callbacks()
        let receiver = Unmanaged.passUnretained(builder).toOpaque()
        xmlInitParser()
        guard let context = xmlCreatePushParserCtxt(&callbacks, receiver, nil, 0, nil) else {
            throw XMLParseError(
                .parserUnavailable, "libxml2 has no memory for a parser", at: XMLPosition(line: 1, column: 1))
        }
        self.context = context
        // No network, and no attention to a declared encoding: the scanner has let nothing but UTF-8 through.
        // Never XML_PARSE_NOENT or XML_PARSE_DTDLOAD: they read files.
        xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue))
        block.reserveCapacity(Self.blockBytes)
    }

    deinit {
        xmlFreeParserCtxt(context)
    }

    /// Reads on. After an error every further call throws that error again.
    package func push(_ chunk: some Collection<UInt8>) throws(XMLParseError) {
        var rest = Array(chunk)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.blockBytes - block.count)
            rest = rest.dropFirst(piece.count)
            try remember { () throws(XMLParseError) in try scanner.scan(piece) }
            block.append(contentsOf: piece)
            if block.count == Self.blockBytes { try parseBlock(isLast: false) }
        }
    }

    /// The tree, once the last chunk was pushed.
    package func finish() throws(XMLParseError) -> XMLElement {
        try remember { () throws(XMLParseError) in try scanner.finish() }
        try parseBlock(isLast: true)
        guard let root = builder.root else {
            throw XMLParseError(.notWellFormed, "the document has no element", at: scanner.position)
        }
        return root
    }

    private func parseBlock(isLast: Bool) throws(XMLParseError) {
        builder.expect(scanner.startTags)
        scanner.startTags.removeAll(keepingCapacity: true)
        block.withUnsafeBytes { bytes in
            _ = xmlParseChunk(context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), 0)
        }
        block.removeAll(keepingCapacity: true)
        if isLast, builder.failure == nil { xmlParseChunk(context, nil, 0, 1) }
        try remember { () throws(XMLParseError) in
            if let failure = builder.failure { throw failure }
            guard context.pointee.wellFormed == 1 else {
                throw XMLParseError(.notWellFormed, "the document is not well-formed", at: scanner.position)
            }
        }
    }

    private func remember(_ step: () throws(XMLParseError) -> Void) throws(XMLParseError) {
        if let failure { throw failure }
        do {
            try step()
        } catch {
            failure = error
            throw error
        }
    }
}
