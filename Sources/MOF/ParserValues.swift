import CIM

extension Parser {
    /// A literal, or `{` literals `}`.
    mutating func value() throws(Failure) -> ValueSyntax {
        guard isAt("{") else { return .scalar(try literal()) }
        let start = advance().range.lowerBound
        openBraces += 1
        var elements: [Located<LiteralSyntax>] = []
        while !isAt("}") || !elements.isEmpty {
            if isLenient && isAt("}") {
                try tolerate(token.range, "expected a value after \",\"")
                break
            }
            elements.append(try literal())
            if !take(",") { break }
        }
        try expect("}", "after the last element, or \",\" and another")
        openBraces -= 1
        return .array(elements, range: start..<previousEnd)
    }

    /// One literal; pieces of a string that follow each other are one.
    mutating func literal() throws(Failure) -> Located<LiteralSyntax> {
        let start = token.range
        let literal: LiteralSyntax
        switch token.kind {
        case .string(let first): return try string(startingWith: first)
        case .character(let unit): literal = .character(unit)
        case .integer(let number): literal = .integer(number)
        case .real: literal = .real(text[token.range])
        case .malformed: return try malformed()
        case .alias:
            let alias = takeAlias()
            return Located(value: .alias(alias.value), range: alias.range)
        case .identifier: return try word()
        case .pragma, .punctuation, .end: throw expected("a value")
        }
        advance()
        return Located(value: literal, range: start)
    }

    private mutating func word() throws(Failure) -> Located<LiteralSyntax> {
        let range = token.range
        if take(keyword: "null") { return Located(value: .null, range: range) }
        if take(keyword: "true") { return Located(value: .boolean(true), range: range) }
        if take(keyword: "false") { return Located(value: .boolean(false), range: range) }
        guard isLenient else { throw expected("a value: a number, \"string\", 'c', TRUE, FALSE, NULL or $alias") }
        if startsProduction && isAt(keyword: "instance") { return try inlineInstance() }
        try tolerate(range, "expected a value; the word \(text[range]) is read as a string")
        let word = text[range]
        advance()
        return Located(value: .string(word), range: range)
    }

    static let maximumInstanceDepth = 8

    private mutating func inlineInstance() throws(Failure) -> Located<LiteralSyntax> {
        let start = token.range
        guard instanceDepth < Self.maximumInstanceDepth else {
            throw report(.limit, "instances are written inside each other too deep here")
        }
        try tolerate(start, "an embedded instance is written as a string that holds its text")
        instanceDepth += 1
        defer { instanceDepth -= 1 }
        let instance = try instanceBody()
        return Located(value: .instance(instance), range: start.lowerBound..<previousEnd)
    }

    private mutating func string(startingWith first: QuotedText) throws(Failure) -> Located<LiteralSyntax> {
        let start = advance().range.lowerBound
        var more: [QuotedText] = []
        while case .string(let piece) = token.kind {
            more.append(piece)
            advance()
        }
        if case .malformed = token.kind {
            let rest = try malformed()
            return Located(value: .malformed, range: start..<rest.range.upperBound)
        }
        let text = lexer.text(of: first, more)
        return Located(value: text.map(LiteralSyntax.string) ?? .malformed, range: start..<previousEnd)
    }

    /// A literal that has been reported, and the pieces of a string after it.
    private mutating func malformed() throws(Failure) -> Located<LiteralSyntax> {
        let start = token.range.lowerBound
        while true {
            switch token.kind {
            case .string, .malformed: advance()
            default: return Located(value: .malformed, range: start..<previousEnd)
            }
        }
    }
}
