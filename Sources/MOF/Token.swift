/// One token and where it stands in its text.
struct Token {
    enum Kind {
        /// A name or a keyword; which of the two depends on the place.
        case identifier
        /// One quoted piece, its escapes resolved.
        case string(String)
        case character(UInt16)
        case integer(IntegerLiteral)
        /// A number with a decimal point, as it is spelled.
        case real(String)
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

/// A decimal, octal, hexadecimal or binary number, at most 64 bits wide before its sign.
struct IntegerLiteral: Hashable {
    let isNegative: Bool
    let magnitude: UInt64

    var value: Int128 { isNegative ? -Int128(magnitude) : Int128(magnitude) }
}
