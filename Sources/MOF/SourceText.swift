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

    /// The text of the line an offset is in, without its end.
    func line(at offset: Int) -> String {
        let line = lineIndex(of: offset)
        let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
        var range = lineStarts[line]..<end
        while let last = range.last, bytes[last] == UInt8(ascii: "\n") || bytes[last] == UInt8(ascii: "\r") {
            range = range.lowerBound..<last
        }
        return self[range]
    }

    func isFirstOnItsLine(_ offset: Int) -> Bool {
        bytes[lineStarts[lineIndex(of: offset)]..<offset].allSatisfy {
            $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t")
        }
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
