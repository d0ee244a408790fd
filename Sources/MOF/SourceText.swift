/// A source as valid UTF-8, with the offsets at which its lines begin.
struct SourceText: Sendable {
    let file: String
    /// Without byte order mark.
    let bytes: [UInt8]
    private let lineStarts: [Int]

    /// Decodes a source. Text that is in no accepted encoding is read as far as it can be, and the problem points
    /// to the first place that can't.
    static func decode(_ source: MOFSource) -> (text: SourceText, problem: Problem?) {
        let bytes = source.bytes
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            return decodeUTF16(bytes.dropFirst(2), bigEndian: bytes[0] == 0xFE, file: source.file)
        }
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        if String(validating: body, as: UTF8.self) != nil {
            return (SourceText(file: source.file, bytes: body), nil)
        }
        let repaired = Array(String(decoding: body, as: UTF8.self).utf8)
        let offset = zip(body, repaired).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? body.count
        let seen = offset < body.count ? "byte 0x" + hex(UInt32(body[offset]), 2) : "the end of the text"
        let problem = Problem(
            .encoding, offset..<offset,
            "\(seen) is no UTF-8 here; save the file as UTF-8, or as UTF-16 with a byte order mark")
        return (SourceText(file: source.file, bytes: repaired), problem)
    }

    private static func decodeUTF16(
        _ bytes: ArraySlice<UInt8>, bigEndian: Bool, file: String
    ) -> (SourceText, Problem?) {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            let high = UInt16(bytes[bigEndian ? index : index + 1])
            let low = UInt16(bytes[bigEndian ? index + 1 : index])
            units.append(high << 8 | low)
            index += 2
        }
        let decoded = String(decoding: units, as: UTF16.self)
        let text = SourceText(file: file, bytes: Array(decoded.utf8))
        if bytes.count % 2 != 0 {
            let end = text.bytes.count
            return (text, Problem(.encoding, end..<end, "UTF-16 text ends in the middle of a character"))
        }
        if let lone = units.indices.first(where: { isLoneSurrogate(units, at: $0) }) {
            let offset = String(decoding: units[..<lone], as: UTF16.self).utf8.count
            return (text, Problem(.encoding, offset..<offset, "half of a surrogate pair is no UTF-16"))
        }
        return (text, nil)
    }

    private static func isLoneSurrogate(_ units: [UInt16], at index: Int) -> Bool {
        let unit = units[index]
        if UTF16.isLeadSurrogate(unit) { return index + 1 == units.count || !UTF16.isTrailSurrogate(units[index + 1]) }
        return UTF16.isTrailSurrogate(unit) && (index == 0 || !UTF16.isLeadSurrogate(units[index - 1]))
    }

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") && next != UInt8(ascii: "\n") {
                starts.append(index + 1)
            }
        }
        self.lineStarts = starts
    }

    // MARK: Places

    /// Line and column of an offset, both from 1; the column counts characters (Unicode scalars).
    func position(of offset: Int) -> (line: Int, column: Int) {
        let line = lineIndex(of: offset)
        return (line + 1, scalarCount(lineStarts[line]..<min(offset, bytes.count)) + 1)
    }

    /// What there is of a line around an offset.
    /// - Parameter width: how many characters at most; a longer line is cut, with the offset in the middle.
    /// - Returns: the text, and how many characters in it are before the offset.
    func excerpt(at offset: Int, width: Int) -> (text: String, before: Int) {
        let line = lineIndex(of: offset)
        let lineEnd = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
        let end = bytes[offset..<lineEnd].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? lineEnd
        let room = scalarBoundary(offset, by: width, limit: end)
        let after = scalarCount(offset..<room)
        let start = scalarBoundary(offset, by: -(width - min(after, width / 2)), limit: lineStarts[line])
        let before = scalarCount(start..<offset)
        return (self[start..<scalarBoundary(offset, by: width - before, limit: room)], before)
    }

    /// The offset some characters away, no farther than the limit.
    private func scalarBoundary(_ offset: Int, by count: Int, limit: Int) -> Int {
        var offset = offset
        var left = abs(count)
        let step = count < 0 ? -1 : 1
        while left > 0 && offset != limit {
            repeat { offset += step } while offset != limit && bytes[offset] & 0xC0 == 0x80
            left -= 1
        }
        return offset
    }

    func isFirstOnItsLine(_ offset: Int) -> Bool {
        let before = bytes[..<offset].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return before == nil || before == UInt8(ascii: "\n") || before == UInt8(ascii: "\r")
    }

    func sameLine(_ one: Int, _ other: Int) -> Bool { lineIndex(of: one) == lineIndex(of: other) }

    subscript(range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func scalarCount(_ range: Range<Int>) -> Int { bytes[range].count { $0 & 0xC0 != 0x80 } }

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

/// `value` in hexadecimal, with at least `width` digits.
func hex(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
