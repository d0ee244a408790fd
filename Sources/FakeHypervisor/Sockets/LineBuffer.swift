import NIOCore

/// Bytes that arrive in pieces, taken off as lines.
struct LineBuffer: Sendable {
    private var bytes = ByteBuffer()
    /// How many of them are known to hold no line's end.
    private var searched = 0

    /// Bytes that have arrived and were not taken.
    var waitingBytes: Int { bytes.readableBytes }

    mutating func append(_ piece: ByteBuffer) {
        bytes.discardReadBytes()
        bytes.writeImmutableBuffer(piece)
    }

    /// The next line without its end; `nil` while there is none, or none of at most `longest` bytes.
    mutating func next(longest: Int) -> ByteBuffer? {
        let rest = bytes.readableBytesView.dropFirst(searched)
        guard let newline = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.readableBytes
            return nil
        }
        let length = newline - bytes.readerIndex
        guard length <= longest, let line = bytes.readSlice(length: length) else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        searched = 0
        return line
    }

    mutating func clear() { self = LineBuffer() }
}
