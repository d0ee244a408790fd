import CIM

/// Reads a query or a filter. What it understands is described for users in docs/clients.md.
///
///     select    = SELECT ("*" | name {"," name}) FROM name [WHERE any]
///     any       = all {OR all}
///     all       = term {AND term}
///     term      = NOT term | "(" any ")" | predicate
///     predicate = operand ("=" | "<>" | "<" | "<=" | ">" | ">=") operand
///               | name IS [NOT] NULL | name [NOT] LIKE string | (name | __THIS) ISA (name | string)
struct QueryParser {
    /// Parentheses and NOTs within each other.
    private static let maximumDepth = 32

    private let language: QueryLanguage
    private var tokens: ArraySlice<QueryToken>
    private var depth = 0
    /// The class that is asked for, and where another one was named as that of a property, or of what ISA asks about.
    private var className: CIMName?
    private var owners: [QueryName] = []

    private init(_ text: String, _ language: QueryLanguage) throws(CIMError) {
        self.language = language
        tokens = try QueryLexer.tokens(of: text)[...]
    }

    /// - Throws: 15 with the place and what was expected there, 29 what the language has and is not supported.
    static func select(_ text: String, _ language: QueryLanguage) throws(CIMError) -> SelectStatement {
        var parser = try QueryParser(text, language)
        try parser.require("SELECT")
        var properties: [QueryName]? = nil
        if !parser.accept(symbol: "*") {
            var names: [QueryName] = []
            repeat { names.append(try parser.propertyName()) } while parser.accept(symbol: ",")
            properties = names
        }
        try parser.require("FROM")
        let className = try parser.name("the name of a class")
        parser.className = className.name
        let condition = parser.accept("WHERE") ? try parser.any() : nil
        try parser.finish()
        try parser.checkOwners()
        return SelectStatement(properties: properties, className: className, condition: condition)
    }

    /// - Throws: as `select(_:_:)`.
    static func filter(_ text: String, _ language: QueryLanguage) throws(CIMError) -> QueryCondition {
        var parser = try QueryParser(text, language)
        let condition = try parser.any()
        try parser.finish()
        try parser.checkOwners()
        return condition
    }

    /// There is one class in a query, and `__THIS` for it; a filter does not name it at all.
    /// - Throws: 15.
    private func checkOwners() throws(CIMError) {
        guard let other = owners.first(where: { $0.name != className && $0.name != "__THIS" }) else { return }
        let known = className.map { "\($0) or " } ?? ""
        throw QueryLexer.invalid(
            "\(other.name) is not what is asked for here: that is \(known)__THIS", at: other.position)
    }

    // MARK: Conditions

    private mutating func any() throws(CIMError) -> QueryCondition {
        var terms = [try all()]
        while accept("OR") { terms.append(try all()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func all() throws(CIMError) -> QueryCondition {
        var terms = [try term()]
        while accept("AND") { terms.append(try term()) }
        return terms.count == 1 ? terms[0] : .all(terms)
    }

    private mutating func term() throws(CIMError) -> QueryCondition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw QueryLexer.invalid("parentheses and NOTs are nested too deep", at: next.position)
        }
        if accept("NOT") { return .not(try term()) }
        guard accept(symbol: "(") else { return try predicate() }
        let condition = try any()
        guard accept(symbol: ")") else { throw expected("AND, OR or \")\"") }
        return condition
    }

    private mutating func predicate() throws(CIMError) -> QueryCondition {
        if let literal = literal() {
            let comparison = try comparison().mirrored
            return try self.comparison(of: try propertyName(), comparison, literal)
        }
        let name = try propertyName()
        if accept("ISA") {
            owners.append(name)
            return .isa(try self.classNameAfterISA())
        }
        if accept("IS") {
            let negated = accept("NOT")
            try require("NULL")
            return negated ? .not(.isNull(name)) : .isNull(name)
        }
        let negated = accept("NOT")
        if negated || word == "LIKE" {
            let pattern = try likePattern()
            return negated ? .not(.like(name, pattern)) : .like(name, pattern)
        }
        let comparison = try comparison()
        guard let literal = literal() else {
            if case .word = next.content { throw notSupported("a comparison with another property") }
            throw expected("a string, a number, TRUE, FALSE or NULL")
        }
        return try self.comparison(of: name, comparison, literal)
    }

    private func comparison(
        of name: QueryName, _ comparison: QueryComparison, _ literal: QueryLiteral
    ) throws(CIMError) -> QueryCondition {
        if literal == .null {
            // Nothing equals NULL; who writes this means IS NULL.
            switch comparison {
            case .equal: return .isNull(name)
            case .notEqual: return .not(.isNull(name))
            default: throw QueryLexer.invalid("NULL is neither more nor less than anything", at: name.position)
            }
        }
        guard name.name == "__CLASS" else { return .comparison(name, comparison, literal) }
        guard case .string(let text) = literal, comparison == .equal || comparison == .notEqual else {
            throw QueryLexer.invalid("__CLASS is compared with a string, by = or <>", at: name.position)
        }
        return comparison == .equal ? .isOfClass(text) : .not(.isOfClass(text))
    }

    private mutating func comparison() throws(CIMError) -> QueryComparison {
        if case .symbol(let symbol) = next.content, let comparison = QueryComparison(rawValue: symbol) {
            advance()
            return comparison
        }
        throw expected("a comparison (= <> < <= > >=), IS NULL, LIKE or ISA")
    }

    private mutating func likePattern() throws(CIMError) -> LikePattern {
        guard language.hasWildcards else {
            throw notSupported("LIKE, whose regular expressions are \(language.rawValue)'s,")
        }
        try require("LIKE")
        guard case .string(let text) = next.content else { throw expected("a pattern in quotes") }
        guard let pattern = LikePattern(text) else {
            throw QueryLexer.invalid(
                "the pattern has a bracket that is not closed or a range that is none", at: next.position)
        }
        advance()
        return pattern
    }

    private mutating func classNameAfterISA() throws(CIMError) -> QueryName {
        guard case .string(let text) = next.content, let name = CIMName(text) else {
            return try name("the name of a class")
        }
        defer { advance() }
        return QueryName(name: name, position: next.position)
    }

    private mutating func literal() -> QueryLiteral? {
        let literal: QueryLiteral? =
            switch next.content {
            case .string(let text): .string(text)
            case .integer(let number): .integer(number)
            case .real(let number): .real(number)
            case .word:
                word == "TRUE" ? .boolean(true) : word == "FALSE" ? .boolean(false) : word == "NULL" ? .null : nil
            case .symbol, .end: nil
            }
        if literal != nil { advance() }
        return literal
    }

    // MARK: Names and tokens

    /// `Name`, or `Class.Name`.
    private mutating func propertyName() throws(CIMError) -> QueryName {
        let first = try name("the name of a property")
        if case .symbol("(") = next.content { throw notSupported("the function \(first.name)") }
        if first.name == "ANY" || first.name == "EVERY", case .word = next.content {
            throw notSupported("\(first.name)")
        }
        guard accept(symbol: ".") else { return first }
        owners.append(first)
        return try name("the name of a property")
    }

    private mutating func name(_ what: String) throws(CIMError) -> QueryName {
        guard case .word(let text) = next.content, let name = CIMName(text) else { throw expected(what) }
        defer { advance() }
        return QueryName(name: name, position: next.position)
    }

    private var next: QueryToken { tokens[tokens.startIndex] }
    /// The next token in capitals if it is a word.
    private var word: String? { if case .word(let text) = next.content { text.uppercased() } else { nil } }

    /// The last token is the end, and stays.
    private mutating func advance() { if tokens.count > 1 { tokens = tokens.dropFirst() } }

    private mutating func accept(_ keyword: String) -> Bool {
        guard word == keyword else { return false }
        advance()
        return true
    }

    private mutating func accept(symbol: String) -> Bool {
        guard next.content == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func require(_ keyword: String) throws(CIMError) {
        guard accept(keyword) else { throw expected(keyword) }
    }

    private func finish() throws(CIMError) {
        guard next.content != .end else { return }
        if ["ORDER", "GROUP", "JOIN", "WITHIN", "HAVING"].contains(word) { throw notSupported(next.text) }
        throw expected("the end")
    }

    private func expected(_ what: String) -> CIMError {
        QueryLexer.invalid("expected \(what), found \(next.text)", at: next.position)
    }

    private func notSupported(_ what: String) -> CIMError {
        CIMError(.queryFeatureNotSupported, "Character \(next.position) of the query: \(what) is not supported.")
    }
}
