import CIM

extension Parser {
    /// A literal, or `{` literals `}`.
    mutating func value() throws(Failure) -> ValueSyntax {
        guard isAt("{") else { return .scalar(try literal()) }
        let start = advance().range.lowerBound
        openBraces += 1
        var elements: [Located<LiteralSyntax>] = []
        if !isAt("}") {
            repeat { elements.append(try literal()) } while take(",")
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
        case .real(let text): literal = .real(text)
        case .malformed: return try malformed()
        case .alias:
            guard let name = aliasName() else { throw expected("a value") }
            literal = .alias(name)
        case .identifier:
            if isAt(keyword: "null") {
                literal = .null
            } else if isAt(keyword: "true") || isAt(keyword: "false") {
                literal = .boolean(isAt(keyword: "true"))
            } else {
                throw expected("a value: a number, \"string\", 'c', TRUE, FALSE, NULL or $alias")
            }
        case .pragma, .punctuation, .end: throw expected("a value")
        }
        advance()
        return Located(value: literal, range: start)
    }

    private mutating func string(startingWith first: String) throws(Failure) -> Located<LiteralSyntax> {
        let start = advance().range.lowerBound
        var whole = first
        while case .string(let piece) = token.kind {
            whole += piece
            advance()
        }
        if case .malformed = token.kind {
            let rest = try malformed()
            return Located(value: .malformed, range: start..<rest.range.upperBound)
        }
        return Located(value: .string(whole), range: start..<previousEnd)
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
