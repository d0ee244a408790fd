/// Cuts a text into tokens. A character that belongs to none, and a literal that breaks its rules, are reported and
/// passed over: the parser sees a whole text. Source: DSP0004 7 and Annex A.
struct Lexer {
    /// The text, and a zero behind it: looking one byte ahead needs no question whether there is one.
    let bytes: [UInt8]
    let end: Int
    let isLenient: Bool
    var offset = 0
    var problems: [Problem] = []
    private var errorCount = 0
    private var toleratedCount = 0

    init(_ text: SourceText, isLenient: Bool) {
        bytes = text.bytes + [0]
        end = text.bytes.count
        self.isLenient = isLenient
    }

    /// The byte at the offset; 0 at the end.
    var byte: UInt8 { bytes[offset] }

    func byte(ahead distance: Int) -> UInt8 { offset + distance < end ? bytes[offset + distance] : 0 }

    mutating func report(_ code: MOFDiagnostic.Code, _ range: Range<Int>, _ message: String) {
        append(Problem(code, range, message))
    }

    /// Reports what a lenient reader passes over.
    /// - Returns: whether this is one.
    mutating func tolerate(
        _ code: MOFDiagnostic.Code, _ range: Range<Int>, _ message: String
    ) -> Bool {
        append(Problem(code, range, message, isTolerated: isLenient))
        return isLenient
    }

    private mutating func append(_ problem: Problem) {
        // More are not shown, and a file of rubbish would make millions.
        if problem.isTolerated { toleratedCount += 1 } else { errorCount += 1 }
        let count = problem.isTolerated ? toleratedCount : errorCount
        if count <= Compilation.maximumDiagnostics { problems.append(problem) }
    }

    mutating func next() -> Token {
        while true {
            skipSpaceAndComments()
            let start = offset
            guard offset < end else { return Token(kind: .end, range: start..<start) }
            if let kind = token(startingWith: byte) { return Token(kind: kind, range: start..<offset) }
        }
    }

    /// `nil` when no token starts here: the offending characters have been reported and skipped.
    private mutating func token(startingWith first: UInt8) -> Token.Kind? {
        switch first {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
            _ = scanIdentifier()
            return .identifier
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "="):
            offset += 1
            return .punctuation(first)
        case UInt8(ascii: "'"): return character()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            guard startsNumber() else { return illegalCharacters() }
            return number()
        case UInt8(ascii: "#"): return directive()
        case UInt8(ascii: "$"): return alias()
        default: return scanIdentifier() ? .identifier : illegalCharacters()
        }
    }

    // MARK: Between tokens

    private mutating func skipSpaceAndComments() {
        while true {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): offset += 1
            case UInt8(ascii: "/"):
                switch byte(ahead: 1) {
                case UInt8(ascii: "/"): skipLine()
                case UInt8(ascii: "*"): skipBlockComment()
                default: return
                }
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while offset < end && !SourceText.endsLine(byte) { offset += 1 }
    }

    private mutating func skipBlockComment() {
        let start = offset
        offset += 2
        while offset < end {
            if byte == UInt8(ascii: "*") && byte(ahead: 1) == UInt8(ascii: "/") {
                offset += 2
                return
            }
            offset += 1
        }
        offset = end
        report(.comment, start..<start + 2, "this comment is never closed: expected \"*/\"")
    }

    // MARK: Names

    /// Passes an identifier: an ASCII letter, `_` or U+0080...U+FFEF, then those or digits.
    mutating func scanIdentifier() -> Bool {
        let start = offset
        while true {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                offset += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9") where offset > start: offset += 1
            case 0xC2...0xEF:
                let scalar = scalarAhead()
                if isOddSpace(scalar) || scalar.value > 0xFFEF { return offset > start }
                offset += UTF8.width(scalar)
            default: return offset > start
            }
        }
    }

    private mutating func alias() -> Token.Kind {
        offset += 1
        if scanIdentifier() { return .alias }
        report(.character, offset - 1..<offset, "\"$\" begins an alias: a name must follow at once")
        return .malformed
    }

    /// `#pragma`; the directives of C's preprocessor, which some vendors run over their files, fill their lines.
    private mutating func directive() -> Token.Kind? {
        let start = offset
        offset += 1
        while byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { offset += 1 }
        let nameStart = offset
        if scanIdentifier() {
            let name = String(decoding: bytes[nameStart..<offset], as: UTF8.self)
            if name.lowercased() == "pragma" { return .pragma }
        }
        if tolerate(.character, start..<offset, "expected \"#pragma\"; there is no other directive") { skipLine() }
        return nil
    }

    // MARK: Characters that belong nowhere

    private mutating func illegalCharacters() -> Token.Kind? {
        let start = offset
        let scalar = scalarAhead()
        if isLenient && isOddSpace(scalar) {
            offset += UTF8.width(scalar)
            _ = tolerate(.character, start..<offset, "U+\(hex(scalar.value, 4)) read as a space")
            return nil
        }
        repeat { offset += UTF8.width(scalarAhead()) } while offset < end && !mayStartToken(bytes[offset])
        let shown = scalar.value < 0x20 || scalar.value == 0x7F ? "" : " \"\(scalar)\""
        let hint = scalar == "\0" ? "; UTF-16 text needs a byte order mark" : ""
        report(
            .character, start..<offset, "the character\(shown) (U+\(hex(scalar.value, 4))) can't stand here\(hint)")
        return nil
    }

    /// What editors and old systems leave between tokens: form feed, vertical tab, the end mark of DOS, a space that
    /// breaks no line, one without width.
    private func isOddSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0B, 0x0C, 0x1A: true
        case 0xA0, 0x200B, 0xFEFF: isLenient
        default: false
        }
    }

    private func mayStartToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x0A, 0x0D, UInt8(ascii: " ")...UInt8(ascii: "~"), 0xC2...0xEF: true
        default: false
        }
    }

    /// The scalar at the offset; the text is valid UTF-8.
    func scalarAhead() -> Unicode.Scalar {
        var decoder = UTF8()
        var iterator = bytes[offset..<min(offset + 4, end)].makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return "\u{FFFD}"
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { UTF8.encode(scalar)?.count ?? 1 }
}
