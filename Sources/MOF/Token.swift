/// One token and where it stands in its text. It holds no text of its own: there are very many of them.
struct Token {
    enum Kind {
        /// A name or a keyword; which of the two depends on the place.
        case identifier
        /// One quoted piece.
        case string(QuotedText)
        case character(UInt16)
        case integer(IntegerLiteral)
        /// A number with a decimal point.
        case real
        /// `$` and a name.
        case alias
        /// `#pragma`
        case pragma
        case punctuation(UInt8)
        /// A literal that has been reported already.
        case malformed
        case end
    }

    let kind: Kind
    let range: Range<Int>
}

/// What is between the quotes of a string's piece.
struct QuotedText: Hashable {
    let content: Range<Int>
    /// There are escape sequences in it; they have been found sound.
    let hasEscape: Bool
}

/// A decimal, octal, hexadecimal or binary number, at most 64 bits wide before its sign.
struct IntegerLiteral: Hashable {
    let isNegative: Bool
    let magnitude: UInt64

    var value: Int128 { isNegative ? -Int128(magnitude) : Int128(magnitude) }
}
