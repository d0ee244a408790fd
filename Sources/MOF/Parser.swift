import CIM

/// Reads one text, production by production. After an error it goes on at the next place where a declaration can
/// begin, so that one run finds them all. Source: DSP0004 Annex A.
///
/// Keywords are words only where the grammar expects them: a property may be named `Reference` or `Schema`.
struct Parser {
    /// Thrown once the error has been reported, to get to where reading can go on.
    struct Failure: Error {}

    let text: SourceText
    var lexer: Lexer
    /// The token being looked at; none after it has been read.
    private(set) var token: Token
    private(set) var previousEnd = 0
    /// The last token was a literal that has been reported: what it swallowed need not be reported as missing.
    private var previousIsMalformed = false
    /// Qualifiers read for a class feature that turned out to belong to the next declaration.
    var strayQualifiers: [QualifierSyntax]?
    /// How many braces around values are open at the token.
    var openBraces = 0
    /// Accepts a text that ends without its last `;`, as old clients send embedded instances.
    var allowsMissingLastSemicolon = false

    let isLenient: Bool
    /// How deep the instance being read is written out inside others.
    var instanceDepth = 0

    init(_ text: SourceText, isLenient: Bool = false) {
        self.text = text
        self.isLenient = isLenient
        lexer = Lexer(text, isLenient: isLenient)
        token = lexer.next()
    }

    /// What has been found wrong since the last call.
    mutating func takeProblems() -> [Problem] {
        defer { lexer.problems = [] }
        return lexer.problems
    }

    // MARK: Tokens

    @discardableResult
    mutating func advance() -> Token {
        let passed = token
        previousEnd = passed.range.upperBound
        if case .malformed = passed.kind { previousIsMalformed = true } else { previousIsMalformed = false }
        token = lexer.next()
        return passed
    }

    var isAtEnd: Bool { if case .end = token.kind { true } else { false } }

    func isAt(_ mark: Unicode.Scalar) -> Bool {
        if case .punctuation(let byte) = token.kind { UInt32(byte) == mark.value } else { false }
    }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard isAt(mark) else { return false }
        advance()
        return true
    }

    /// Whether the token is this keyword, given in lower case.
    func isAt(keyword: StaticString) -> Bool {
        guard case .identifier = token.kind, token.range.count == keyword.utf8CodeUnitCount else { return false }
        let start = token.range.lowerBound
        return keyword.withUTF8Buffer { wanted in
            for index in wanted.indices {
                let byte = text.bytes[start + index]
                if (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) != wanted[index] { return false }
            }
            return true
        }
    }

    mutating func take(keyword: StaticString) -> Bool {
        guard isAt(keyword: keyword) else { return false }
        advance()
        return true
    }

    mutating func expect(_ mark: Unicode.Scalar, _ purpose: @autoclosure () -> String) throws(Failure) {
        if take(mark) { return }
        throw expectedAfterLast("\"\(mark)\" \(purpose())")
    }

    /// The `;` that ends a declaration. When it is missing at the end of a line the error is there, and reading
    /// goes on as if it stood there.
    mutating func expectSemicolon(_ purpose: @autoclosure () -> String) throws(Failure) {
        if take(";") || allowsMissingLastSemicolon && isAtEnd { return }
        if isLenient && !isInMalformed {
            _ = lexer.tolerate(.syntax, gap, "expected \";\" \(purpose()), found \(found)")
            return
        }
        let failure = expectedAfterLast("\";\" \(purpose())")
        if !isAtEnd && text.sameLine(previousEnd, token.range.lowerBound) { throw failure }
    }

    /// Reports a form that the grammar does not have but whose meaning is plain.
    /// - Throws: when the reader is not lenient.
    mutating func tolerate(_ range: Range<Int>, _ message: String) throws(Failure) {
        if !lexer.tolerate(.syntax, range, message) { throw Failure() }
    }

    mutating func name(_ what: String) throws(Failure) -> Located<CIMName> {
        guard case .identifier = token.kind else { throw expected(what) }
        // Only names of four or five letters can be one of these.
        if token.range.count == 4 || token.range.count == 5 { try refuseReserved(what) }
        return identifier()
    }

    private mutating func refuseReserved(_ what: String) throws(Failure) {
        for reserved: StaticString in ["true", "false", "null"] where isAt(keyword: reserved) {
            throw report(.syntax, "\"\(text[token.range])\" is reserved and can't be a name: expected \(what)")
        }
    }

    /// Takes the name that is the token.
    mutating func identifier() -> Located<CIMName> {
        let range = advance().range
        return Located(value: CIMName(identifier: text.bytes[range]), range: range)
    }

    /// `as $name`, where it may stand.
    mutating func alias() throws(Failure) -> Located<CIMName>? {
        guard take(keyword: "as") else { return nil }
        guard case .alias = token.kind else { throw expected("an alias after \"as\": \"$\" and a name") }
        return takeAlias()
    }

    /// Takes the alias that is the token.
    mutating func takeAlias() -> Located<CIMName> {
        let range = advance().range
        return Located(value: CIMName(identifier: text.bytes[range.lowerBound + 1..<range.upperBound]), range: range)
    }

    // MARK: Errors

    /// Reports that something else was expected here.
    mutating func expected(_ what: String) -> Failure { expected(what, at: isAtEnd ? gap : token.range) }

    /// The same for something that should have followed what is before: it is missing there, not on a later line.
    private mutating func expectedAfterLast(_ what: String) -> Failure {
        let isOnSameLine = text.sameLine(previousEnd, token.range.lowerBound)
        return expected(what, at: isAtEnd || !isOnSameLine ? gap : token.range)
    }

    /// The place just after the last token.
    var gap: Range<Int> { previousEnd..<previousEnd }

    private mutating func expected(_ what: String, at range: Range<Int>) -> Failure {
        // A malformed literal has been reported, and a second error about it would be about nothing.
        if isInMalformed { return Failure() }
        lexer.report(.syntax, range, "expected \(what), found \(found)")
        return Failure()
    }

    mutating func report(_ code: MOFDiagnostic.Code, _ message: String) -> Failure {
        lexer.report(code, token.range, message)
        return Failure()
    }

    private var isInMalformed: Bool {
        if case .malformed = token.kind { true } else { previousIsMalformed }
    }

    var found: String {
        switch token.kind {
        case .end: "the end of the text"
        case .string: "a string"
        case .pragma: "#pragma"
        case .identifier, .character, .integer, .real, .alias, .punctuation, .malformed:
            "\"\(text[token.range].prefix(60))\""
        }
    }

    // MARK: Going on after an error

    /// Whether a declaration begins here: its keyword with a name after it, or `#pragma`.
    var startsProduction: Bool {
        if case .pragma = token.kind { return true }
        guard isAt(keyword: "class") || isAt(keyword: "qualifier") || isAt(keyword: "instance") else { return false }
        var ahead = lexer
        if case .identifier = ahead.next().kind { return true }
        return false
    }

    /// The same on a line of its own: believed even where the declaration before has not ended.
    var startsProductionOnItsLine: Bool { startsProduction && text.isFirstOnItsLine(token.range.lowerBound) }

    /// Passes the rest of a declaration: up to its last `;`, or to where the next one must begin.
    mutating func skipToNextProduction() {
        var depth = openBraces
        openBraces = 0
        while !isAtEnd {
            if depth == 0 && startsProduction || startsProductionOnItsLine { return }
            if isAt("{") { depth += 1 }
            if isAt("}") { depth = max(0, depth - 1) }
            let isLast = depth == 0 && isAt(";")
            advance()
            if isLast { return }
        }
    }

    /// Passes the rest of a feature, a qualifier list or an assignment: up to its `;`, or to the `}` of what it is in.
    /// - Parameter start: where the feature begins that could not be read.
    mutating func skipToNextFeature(from start: Int) {
        var depth = openBraces
        openBraces = 0
        // A string that was never closed has swallowed the rest of its line already.
        let isOnLaterLine = token.range.lowerBound > start && !text.sameLine(previousEnd, token.range.lowerBound)
        if previousIsMalformed && isOnLaterLine { return }
        while !isAtEnd && !startsProductionOnItsLine {
            if isAt("}") && depth == 0 { return }
            if isAt("{") { depth += 1 }
            if isAt("}") { depth -= 1 }
            if take(";") { return }
            advance()
        }
    }
}
