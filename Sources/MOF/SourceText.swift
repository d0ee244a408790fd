/// A source as valid UTF-8.
struct SourceText: Sendable {
    let file: String
    /// Without byte order mark.
    let bytes: [UInt8]

    /// Decodes a source. Text that is in no accepted encoding is read as far as it can be, and the problem points
    /// to the first place that can't.
    static func decode(_ source: MOFSource, _ options: MOFOptions = MOFOptions()) -> (text: SourceText, Problem?) {
        let bytes = source.bytes
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            return decodeUTF16(bytes.dropFirst(2), bigEndian: bytes[0] == 0xFE, file: source.file)
        }
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let body = isMarked ? Array(bytes.dropFirst(3)) : bytes
        if isASCII(body) { return unmarkedASCII(body, file: source.file, options) }
        if options.isLatin1 && !isMarked { return (latin1(body, file: source.file), nil) }
        if String(validating: body, as: UTF8.self) != nil { return (SourceText(file: source.file, bytes: body), nil) }
        let repaired = Array(String(decoding: body, as: UTF8.self).utf8)
        let offset = zip(body, repaired).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? body.count
        if options.isLenient {
            // The bytes before the first that is no UTF-8 are ASCII or two bytes long for each one in Latin-1.
            let text = latin1(body, file: source.file)
            let place = offset + body[..<offset].count { $0 >= 0x80 }
            return (text, Problem(.encoding, place..<place, "this is no UTF-8: read as Latin-1", isTolerated: true))
        }
        let seen = offset < body.count ? "byte 0x" + hex(UInt32(body[offset]), 2) : "the end of the text"
        let problem = Problem(
            .encoding, offset..<offset,
            "\(seen) is no UTF-8 here; save the file as UTF-8, or as UTF-16 with a byte order mark")
        return (SourceText(file: source.file, bytes: repaired), problem)
    }

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    // MARK: Encodings

    private static func isASCII(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var index = 0
            while index + 8 <= buffer.count {
                if buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
                    return false
                }
                index += 8
            }
            return buffer[index...].allSatisfy { $0 < 0x80 }
        }
    }

    /// Zeros in every other byte are UTF-16 whose mark is missing.
    private static func unmarkedASCII(
        _ bytes: [UInt8], file: String, _ options: MOFOptions
    ) -> (text: SourceText, Problem?) {
        let zeros = bytes.prefix(8).indices.filter { bytes[$0] == 0 }
        let isLittle = zeros == [1, 3, 5, 7]
        guard options.isLenient, isLittle || zeros == [0, 2, 4, 6] else {
            return (SourceText(file: file, bytes: bytes), nil)
        }
        let (text, problem) = decodeUTF16(bytes[...], bigEndian: !isLittle, file: file)
        return (text, problem ?? Problem(.encoding, 0..<0, "UTF-16 without a byte order mark", isTolerated: true))
    }

    private static func latin1(_ bytes: [UInt8], file: String) -> SourceText {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
            } else {
                text.append(0xC0 | byte >> 6)
                text.append(0x80 | byte & 0x3F)
            }
        }
        return SourceText(file: file, bytes: text)
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

    // MARK: Places

    func isFirstOnItsLine(_ offset: Int) -> Bool {
        let before = bytes[..<offset].last { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        return before.map(Self.endsLine) ?? true
    }

    /// Whether no line ends between two offsets.
    func sameLine(_ one: Int, _ other: Int) -> Bool {
        !bytes[min(one, other)..<max(one, other)].contains(where: Self.endsLine)
    }

    static func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    subscript(range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func scalarCount(_ range: Range<Int>) -> Int { bytes[range].count { $0 & 0xC0 != 0x80 } }
}

/// `value` in hexadecimal, with at least `width` digits.
func hex(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
