/// What a document may cost. Every limit is checked by `XMLScanner` before libxml2 sees the bytes, because libxml2's
/// own work on one start tag grows with the square of its attributes (100,000 of them take 11 s).
package struct XMLLimits: Hashable, Sendable {
    /// The whole document, in bytes.
    package var bytes: Int
    /// Elements open at once; at most 200 (libxml2's own bound is 256).
    package var depth: Int
    package var elements: Int
    /// In one start tag, namespace declarations included.
    package var attributes: Int
    /// One tag from `<` to `>`, one comment or one processing instruction, in bytes.
    package var tagBytes: Int

    package init(
        bytes: Int = 16 << 20, depth: Int = 64, elements: Int = 200_000, attributes: Int = 256,
        tagBytes: Int = 64 << 10
    ) {
        self.bytes = bytes
        self.depth = min(depth, 200)
        self.elements = elements
        self.attributes = attributes
        self.tagBytes = tagBytes
    }

    package static let `default` = XMLLimits()
}
