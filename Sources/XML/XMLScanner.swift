/// Looks at every byte before libxml2 does, and refuses what libxml2 would accept at too high a price or not at all
/// as we mean it: document types, other encodings than UTF-8, characters outside XML 1.0, and anything over a limit.
///
/// It knows only where markup begins and ends; that the markup is well formed is libxml2's to say. It carries its
/// state from byte to byte, so how a document is cut into chunks makes no difference.
struct XMLScanner {
    private enum State {
        /// Between markup.
        case content
        /// After `<`.
        case markup
        case startTag
        case endTag
        /// After `<!`.
        case declaration
        /// After `<!-`.
        case commentOpening
        /// After so many bytes of `[CDATA[`.
        case cdataOpening(Int)
        /// The dashes just read, at most two.
        case comment(Int)
        /// The closing brackets just read, at most two.
        case cdata(Int)
        /// Whether a `?` was just read.
        case instruction(Bool)
    }

    private static let cdataMark = Array("[CDATA[".utf8)

    private let limits: XMLLimits
    private var state = State.content
    private var encoding = UTF8Checker()
    private var line = 1
    private var column = 0
    private var bytes = 0
    private var depth = 0
    private var elements = 0
    private var attributes = 0
    private var tagBytes = 0
    /// The quote that the attribute value at hand began with; 0 outside of values.
    private var quote: UInt8 = 0
    /// The byte before, outside of quotes.
    private var previous: UInt8 = 0
    private var tagStart = XMLPosition(line: 1, column: 1)
    /// The XML declaration as far as it was read; `nil` once it is over or the document began otherwise.
    private var xmlDeclaration: [UInt8]? = []

    /// Where each start tag began that libxml2 has not reported yet, in order.
    var startTags: [XMLPosition] = []

    init(limits: XMLLimits) {
        self.limits = limits
    }

    var position: XMLPosition { XMLPosition(line: line, column: max(column, 1)) }

    mutating func scan(_ chunk: ArraySlice<UInt8>) throws(XMLParseError) {
        var rest = chunk
        while let byte = rest.first {
            let run = plainRun(rest)
            if run == 0 {
                try scan(byte)
                rest.removeFirst()
            } else {
                rest.removeFirst(run)
            }
        }
    }

    /// Takes the bytes that only have to be counted, most of any document: ASCII characters that end nothing and begin
    /// nothing where they stand. Returns how many; the byte after them, or one over a limit, is `scan`'s.
    private mutating func plainRun(_ chunk: ArraySlice<UInt8>) -> Int {
        guard encoding.isComplete else { return 0 }
        var allowed = limits.bytes - bytes
        let isInTag: Bool
        switch state {
        case .content: isInTag = false
        case .startTag, .endTag:
            isInTag = true
            allowed = min(allowed, limits.tagBytes - tagBytes)
        default: return 0
        }
        let isInValue = quote != 0 && isInTag
        let count = chunk.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < min(allowed, bytes.count), Self.isPlain(bytes[index], isInTag, isInValue) { index += 1 }
            return index
        }
        guard count > 0 else { return 0 }
        bytes += count
        column += count
        if isInTag {
            tagBytes += count
            if !isInValue { previous = chunk[chunk.startIndex + count - 1] }
        } else if bytes > 3 {
            xmlDeclaration = nil
        }
        return count
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8, _ isInTag: Bool, _ isInValue: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "<"): false
        case UInt8(ascii: "\""), UInt8(ascii: "'"): !isInTag
        case UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "/"): !isInTag || isInValue
        default: byte >= 0x20 && byte < 0x7F
        }
    }

    /// To be called after the last byte.
    func finish() throws(XMLParseError) {
        guard encoding.isComplete else { throw error(.invalidUTF8, "the document ends inside a UTF-8 character") }
    }

    private mutating func scan(_ byte: UInt8) throws(XMLParseError) {
        bytes += 1
        guard bytes <= limits.bytes else {
            throw error(.tooLarge, "the document is longer than the limit of \(limits.bytes) bytes")
        }
        try checkCharacter(byte)
        switch state {
        case .content:
            guard byte == UInt8(ascii: "<") else { break }
            tagStart = position
            tagBytes = 1
            state = .markup
        case .markup: try scanMarkup(byte)
        case .startTag: try scanStartTag(byte)
        case .endTag: try scanEndTag(byte)
        case .declaration, .commentOpening, .cdataOpening: try scanDeclaration(byte)
        case .comment(let dashes):
            try countTagByte()
            state = Self.closing(byte, UInt8(ascii: "-"), dashes).map(State.comment) ?? .content
        case .cdata(let brackets):
            state = Self.closing(byte, UInt8(ascii: "]"), brackets).map(State.cdata) ?? .content
        case .instruction(let question): try scanInstruction(byte, question)
        }
        if bytes > 3, case .content = state { xmlDeclaration = nil }
    }

    // MARK: Markup

    private mutating func scanMarkup(_ byte: UInt8) throws(XMLParseError) {
        try countTagByte()
        switch byte {
        case UInt8(ascii: "!"): state = .declaration
        case UInt8(ascii: "?"): state = .instruction(false)
        case UInt8(ascii: "/"):
            state = .endTag
            quote = 0
        case UInt8(ascii: ">"): throw error(.notWellFormed, "a tag has no name")
        default:
            elements += 1
            guard elements <= limits.elements else {
                throw error(.tooManyElements, "the document has more than \(limits.elements) elements")
            }
            state = .startTag
            attributes = 0
            quote = 0
            previous = byte
        }
    }

    private mutating func scanStartTag(_ byte: UInt8) throws(XMLParseError) {
        try countTagByte()
        guard byte != UInt8(ascii: "<") else { throw error(.notWellFormed, "'<' inside a tag; write &lt; in values") }
        if quote != 0 {
            if byte == quote { quote = 0 }
            return
        }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
        case UInt8(ascii: "="):
            attributes += 1
            guard attributes <= limits.attributes else {
                throw error(.tooManyAttributes, "a tag has more than \(limits.attributes) attributes")
            }
        case UInt8(ascii: ">"):
            if previous != UInt8(ascii: "/") { depth += 1 }
            guard depth <= limits.depth else {
                throw error(.tooDeep, "more than \(limits.depth) elements are open at once")
            }
            startTags.append(tagStart)
            state = .content
        default: break
        }
        previous = byte
    }

    private mutating func scanEndTag(_ byte: UInt8) throws(XMLParseError) {
        try countTagByte()
        guard byte == UInt8(ascii: ">") else { return }
        depth -= 1
        state = .content
    }

    private mutating func scanDeclaration(_ byte: UInt8) throws(XMLParseError) {
        try countTagByte()
        switch state {
        case .declaration where byte == UInt8(ascii: "-"): state = .commentOpening
        case .declaration where byte == UInt8(ascii: "["): state = .cdataOpening(1)
        case .declaration where byte == UInt8(ascii: "D"):
            throw error(.documentTypeForbidden, "a document type declaration is not accepted; remove <!DOCTYPE ...>")
        case .commentOpening where byte == UInt8(ascii: "-"): state = .comment(0)
        case .cdataOpening(let matched) where byte == Self.cdataMark[matched]:
            state = matched + 1 == Self.cdataMark.count ? .cdata(0) : .cdataOpening(matched + 1)
        default: throw error(.notWellFormed, "'<!' begins neither a comment nor a CDATA section")
        }
    }

    private mutating func scanInstruction(_ byte: UInt8, _ question: Bool) throws(XMLParseError) {
        try countTagByte()
        xmlDeclaration?.append(byte)
        guard question, byte == UInt8(ascii: ">") else {
            state = .instruction(byte == UInt8(ascii: "?"))
            return
        }
        if let text = xmlDeclaration { try checkEncoding(declaredIn: String(decoding: text, as: UTF8.self)) }
        state = .content
    }

    private mutating func countTagByte() throws(XMLParseError) {
        tagBytes += 1
        guard tagBytes <= limits.tagBytes else {
            throw error(
                .tagTooLong, "a tag, comment or instruction is longer than \(limits.tagBytes) bytes", at: tagStart)
        }
    }

    /// How many of the two closing marks have been read; `nil` when `>` ends the section.
    private static func closing(_ byte: UInt8, _ mark: UInt8, _ seen: Int) -> Int? {
        if byte == mark { return min(seen + 1, 2) }
        return seen == 2 && byte == UInt8(ascii: ">") ? nil : 0
    }

    // MARK: Characters

    private mutating func checkCharacter(_ byte: UInt8) throws(XMLParseError) {
        if byte & 0xC0 != 0x80 { column += 1 }
        let isFirst = bytes == 1 || (bytes == 2 && byte == 0)
        if isFirst, byte == 0 || byte >= 0xFE {
            throw error(.encodingUnsupported, "the document is not UTF-8 (it looks like UTF-16 or UTF-32); send UTF-8")
        }
        switch encoding.check(byte) {
        case .accepted: break
        case .malformed: throw error(.invalidUTF8, "byte 0x\(String(byte, radix: 16)) is not valid UTF-8 here")
        case .forbidden: throw error(.forbiddenCharacter, "a character that XML 1.0 does not allow")
        }
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 0
        }
    }

    /// XML 1.0 2.8: `encoding` is a pseudo-attribute of the declaration that begins the document.
    private func checkEncoding(declaredIn text: String) throws(XMLParseError) {
        guard text.hasPrefix("xml"), text.dropFirst(3).first?.isWhitespace == true,
            let mark = text.indices.first(where: { text[$0...].hasPrefix("encoding") })
        else { return }
        let rest = text[mark...].drop { !"\"'".contains($0) }
        guard let quote = rest.first else { return }
        let name = rest.dropFirst().prefix { $0 != quote }
        guard name.lowercased() == "utf-8" else {
            throw error(.encodingUnsupported, "the document declares the encoding '\(name)'; send UTF-8", at: tagStart)
        }
    }

    private func error(_ code: XMLParseError.Code, _ message: String, at place: XMLPosition? = nil) -> XMLParseError {
        XMLParseError(code, message, at: place ?? position)
    }
}
