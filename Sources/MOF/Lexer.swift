/// Cuts a text into tokens. A character that belongs to none, and a literal that breaks its rules, are reported and
/// passed over: the parser sees a whole text. Source: DSP0004 7 and Annex A.
struct Lexer {
    let bytes: [UInt8]
    var offset = 0
    var problems: [Problem] = []

    init(_ text: SourceText) { bytes = text.bytes }

    func byte(ahead distance: Int = 0) -> UInt8? {
        offset + distance < bytes.count ? bytes[offset + distance] : nil
    }

    mutating func report(_ code: MOFDiagnostic.Code, _ range: Range<Int>, _ message: String) {
        // More are not shown, and a file of rubbish would make millions.
        guard problems.count < Compilation.maximumDiagnostics else { return }
        problems.append(Problem(code, range, message))
    }

    mutating func next() -> Token {
        while true {
            skipSpaceAndComments()
            let start = offset
            guard let first = byte() else { return Token(kind: .end, range: start..<start) }
            if let kind = token(startingWith: first) { return Token(kind: kind, range: start..<offset) }
        }
    }

    /// `nil` when no token starts here: the offending characters have been reported and skipped.
    private mutating func token(startingWith first: UInt8) -> Token.Kind? {
        switch first {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "'"): return character()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            guard startsNumber() else { return illegalCharacters() }
            return number()
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "="):
            offset += 1
            return .punctuation(first)
        case UInt8(ascii: "#"): return pragma()
        case UInt8(ascii: "$"):
            offset += 1
            if scanIdentifier() { return .alias }
            report(.character, offset - 1..<offset, "\"$\" begins an alias: a name must follow at once")
            return .malformed
        default: return scanIdentifier() ? .identifier : illegalCharacters()
        }
    }

    // MARK: Between tokens

    private mutating func skipSpaceAndComments() {
        while let next = byte() {
            switch next {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): offset += 1
            case UInt8(ascii: "/") where byte(ahead: 1) == UInt8(ascii: "/"): skipLine()
            case UInt8(ascii: "/") where byte(ahead: 1) == UInt8(ascii: "*"): skipBlockComment()
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while let next = byte(), next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r") { offset += 1 }
    }

    private mutating func skipBlockComment() {
        let start = offset
        offset += 2
        while offset < bytes.count {
            if byte() == UInt8(ascii: "*") && byte(ahead: 1) == UInt8(ascii: "/") {
                offset += 2
                return
            }
            offset += 1
        }
        report(.comment, start..<start + 2, "this comment is never closed: expected \"*/\"")
    }

    // MARK: Names

    /// Passes an identifier: an ASCII letter, `_` or U+0080...U+FFEF, then those or digits.
    mutating func scanIdentifier() -> Bool {
        let start = offset
        while let next = byte() {
            switch next {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                offset += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9") where offset > start: offset += 1
            case 0xC2...0xEF:
                let scalar = scalarAhead()
                guard scalar.value <= 0xFFEF else { return offset > start }
                offset += UTF8.width(scalar)
            default: return offset > start
            }
        }
        return offset > start
    }

    private mutating func pragma() -> Token.Kind? {
        let start = offset
        offset += 1
        let nameStart = offset
        if scanIdentifier() {
            let name = String(decoding: bytes[nameStart..<offset], as: UTF8.self)
            if name.lowercased() == "pragma" { return .pragma }
        }
        report(.character, start..<offset, "expected \"#pragma\"; there is no other directive")
        return nil
    }

    private mutating func illegalCharacters() -> Token.Kind? {
        let start = offset
        let scalar = scalarAhead()
        repeat { offset += UTF8.width(scalarAhead()) } while offset < bytes.count && !mayStartToken(bytes[offset])
        let shown = scalar.value < 0x20 || scalar.value == 0x7F ? "" : " \"\(scalar)\""
        let hint = scalar == "\0" ? "; UTF-16 text needs a byte order mark" : ""
        report(
            .character, start..<offset, "the character\(shown) (U+\(hex(scalar.value, 4))) can't stand here\(hint)")
        return nil
    }

    private func mayStartToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x0A, 0x0D, UInt8(ascii: " ")...UInt8(ascii: "~"), 0xC2...0xEF: true
        default: false
        }
    }

    /// The scalar at the offset; the text is valid UTF-8.
    func scalarAhead() -> Unicode.Scalar {
        let end = min(offset + 4, bytes.count)
        var decoder = UTF8()
        var iterator = bytes[offset..<end].makeIterator()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return "\u{FFFD}"
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { UTF8.encode(scalar)?.count ?? 1 }
}
