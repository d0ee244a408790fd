/// Bytes that have arrived and are not consumed yet.
struct HTTPInput: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    /// No line feed stands before this index: a head that trickles in byte by byte is scanned once.
    private var scanned = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ more: [UInt8]) {
        if isEmpty {
            bytes = more
            scanned = 0
        } else {
            bytes.removeFirst(start)
            bytes.append(contentsOf: more)
            scanned = max(0, scanned - start)
        }
        start = 0
    }

    mutating func removeAll() { self = HTTPInput() }

    mutating func take(atMost limit: Int) -> ArraySlice<UInt8> {
        let end = start + min(limit, count)
        defer { start = end }
        return bytes[start..<end]
    }

    enum LineFault: Error {
        /// There is no line end within the limit.
        case tooLong
        /// A line feed without a carriage return before it.
        case bareLineFeed
    }

    /// The next line without its CR LF; `nil` while it has not arrived whole. RFC 9112 2.2 lets a recipient
    /// accept a bare LF; refusing it leaves no two readings of where a field ends.
    /// - Parameter limit: bytes, the line end not counted.
    mutating func takeLine(limit: Int) throws(LineFault) -> ArraySlice<UInt8>? {
        var index = max(scanned, start)
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        scanned = index
        guard index < bytes.count else {
            if count > limit + 1 { throw .tooLong }
            return nil
        }
        guard index > start, bytes[index - 1] == UInt8(ascii: "\r") else { throw .bareLineFeed }
        let line = bytes[start..<index - 1]
        if line.count > limit { throw .tooLong }
        start = index + 1
        scanned = start
        return line
    }
}
