/// The lines of a text, for the places of its diagnostics. Most texts have none, so this is made when one has.
struct LineTable {
    let text: SourceText
    private let lineStarts: [Int]
    /// The last place that was asked for: the next one is mostly behind it, on a line that may be very long.
    private var last = (line: 0, offset: 0, column: 1)

    init(_ text: SourceText) {
        self.text = text
        let bytes = text.bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where SourceText.endsLine(byte) {
            let isFirstOfTwo =
                byte == UInt8(ascii: "\r") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n")
            if !isFirstOfTwo { starts.append(index + 1) }
        }
        lineStarts = starts
    }

    /// Line and column of an offset, both from 1; the column counts characters (Unicode scalars).
    mutating func position(of offset: Int) -> (line: Int, column: Int) {
        let line = lineIndex(of: offset)
        if last.line != line || last.offset > offset { last = (line, lineStarts[line], 1) }
        last = (line, offset, last.column + text.scalarCount(last.offset..<offset))
        return (line + 1, last.column)
    }

    /// What there is of a line around an offset.
    /// - Parameter width: how many characters at most; a longer line is cut, with the offset in the middle.
    /// - Returns: the text, and how many characters in it are before the offset.
    func excerpt(at offset: Int, width: Int) -> (text: String, before: Int) {
        let bytes = text.bytes
        let line = lineIndex(of: offset)
        let lineEnd = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
        // No character is longer than four bytes, and the line may be very long.
        let reach = min(lineEnd, offset + 4 * width)
        let end = bytes[offset..<reach].firstIndex(where: SourceText.endsLine) ?? reach
        let room = scalarBoundary(offset, by: width, limit: end)
        let after = text.scalarCount(offset..<room)
        let start = scalarBoundary(offset, by: -(width - min(after, width / 2)), limit: lineStarts[line])
        let before = text.scalarCount(start..<offset)
        return (text[start..<scalarBoundary(offset, by: width - before, limit: room)], before)
    }

    /// The offset some characters away, no farther than the limit.
    private func scalarBoundary(_ offset: Int, by count: Int, limit: Int) -> Int {
        var offset = offset
        var left = abs(count)
        let step = count < 0 ? -1 : 1
        while left > 0 && offset != limit {
            repeat { offset += step } while offset != limit && text.bytes[offset] & 0xC0 == 0x80
            left -= 1
        }
        return offset
    }

    private func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
