/// How a compiler reads.
package struct MOFOptions: Hashable, Sendable {
    /// Reads what vendors write beside the standard: each rule that is broken and can be passed over is a warning.
    package var isLenient: Bool
    /// Text without a byte order mark is Latin-1, each byte one character, instead of UTF-8.
    package var isLatin1: Bool

    package init(isLenient: Bool = false, isLatin1: Bool = false) {
        self.isLenient = isLenient
        self.isLatin1 = isLatin1
    }
}
