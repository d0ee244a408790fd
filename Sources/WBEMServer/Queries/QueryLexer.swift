import CIM

/// A piece of a query with its place, counted in characters from 1.
struct QueryToken: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// A keyword or a name.
        case word(String)
        case string(String)
        case integer(Int128)
        case real(Double)
        /// One of `= <> < <= > >= ( ) , . *`.
        case symbol(String)
        case end
    }

    let content: Content
    let position: Int

    /// What a message calls it.
    var text: String {
        switch content {
        case .word(let word): "\"\(word.prefix(64))\""
        case .string(let text): "the string \"\(text.prefix(64))\""
        case .integer(let number): "the number \(number)"
        case .real(let number): "the number \(number)"
        case .symbol(let symbol): "\"\(symbol)\""
        case .end: "the end"
        }
    }
}

/// Cuts a query's text into pieces. Source: DSP0202 Annex A and the WQL of Microsoft's WMI, where they agree: strings stand
/// in single or double quotes, with a backslash before a quote or a backslash that is meant as such.
struct QueryLexer {
    /// In characters.
    static let maximumLength = 8192

    private let scalars: [Unicode.Scalar]
    private var index = 0

    /// - Throws: 15.
    static func tokens(of text: String) throws(CIMError) -> [QueryToken] {
        var lexer = QueryLexer(scalars: Array(text.unicodeScalars))
        guard lexer.scalars.count <= maximumLength else {
            throw CIMError(.invalidQuery, "The query has more than \(maximumLength) characters.")
        }
        var tokens: [QueryToken] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.content != .end
        return tokens
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func next() throws(CIMError) -> QueryToken {
        while let scalar = current, scalar.properties.isWhitespace { index += 1 }
        let position = index + 1
        guard let first = current else { return QueryToken(content: .end, position: position) }
        let content: QueryToken.Content =
            if first == "'" || first == "\"" {
                .string(try string(quote: first))
            } else if first.properties.isAlphabetic || first == "_" {
                .word(take { $0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0) })
            } else if ("0"..."9").contains(first) || first == "-" || first == "+" {
                try number()
            } else {
                .symbol(try symbol())
            }
        return QueryToken(content: content, position: position)
    }

    private mutating func string(quote: Unicode.Scalar) throws(CIMError) -> String {
        let start = index
        index += 1
        var result = String.UnicodeScalarView()
        while let scalar = current {
            index += 1
            if scalar == quote { return String(result) }
            if scalar == "\\", let escaped = current, ["\\", "'", "\""].contains(escaped) {
                result.append(escaped)
                index += 1
            } else {
                result.append(scalar)
            }
        }
        throw Self.invalid("the string that begins here has no closing \(quote)", at: start + 1)
    }

    private mutating func number() throws(CIMError) -> QueryToken.Content {
        let start = index
        let text = take { "0123456789+-.eE".unicodeScalars.contains($0) }
        if let integer = Int128(text) { return .integer(integer) }
        guard let value = CIMValue(text: text, type: .real64), case .real64(let real) = value, real.isFinite else {
            throw Self.invalid("\"\(text.prefix(64))\" is not a number", at: start + 1)
        }
        return .real(real)
    }

    private mutating func symbol() throws(CIMError) -> String {
        for symbol in ["<>", "<=", ">=", "!=", "<", ">", "=", "(", ")", ",", ".", "*"]
        where scalars[index...].starts(with: symbol.unicodeScalars) {
            index += symbol.unicodeScalars.count
            return symbol == "!=" ? "<>" : symbol
        }
        throw Self.invalid("\"\(scalars[index])\" has no meaning here", at: index + 1)
    }

    private mutating func take(while condition: (Unicode.Scalar) -> Bool) -> String {
        let taken = scalars[index...].prefix(while: condition)
        index += taken.count
        return String(String.UnicodeScalarView(taken))
    }

    static func invalid(_ message: String, at position: Int) -> CIMError {
        CIMError(.invalidQuery, "Character \(position) of the query: \(message).")
    }
}
