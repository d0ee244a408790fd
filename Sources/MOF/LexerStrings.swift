// String and character literals. Source: DSP0004 Annex A (`stringValue`, `charValue`) and 7.11.

extension Lexer {
    // MARK: Strings

    /// One quoted piece; it ends on its own line.
    mutating func string() -> Token.Kind {
        let start = offset
        offset += 1
        var hasEscape = false
        var hasLineEnd = false
        while true {
            switch byte {
            case UInt8(ascii: "\""):
                let content = start + 1..<offset
                offset += 1
                let isSound = !hasEscape || hasSoundEscapes(content)
                return isSound ? .string(QuotedText(content: content, hasEscape: hasEscape)) : .malformed
            case UInt8(ascii: "\\"):
                hasEscape = true
                offset += byte(ahead: 1) >= 0x20 ? 2 : 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                guard hasLineEnd || goesOnOnNextLine(start) else { return .malformed }
                hasLineEnd = true
                offset += 1
            case 0 where offset >= end:
                report(.string, start..<start + 1, "this string is never closed: expected \"")
                return .malformed
            default: offset += 1
            }
        }
    }

    private mutating func goesOnOnNextLine(_ start: Int) -> Bool {
        tolerate(
            .string, start..<start + 1,
            "this string is not closed on its line: expected \"; close it and go on with another string")
    }

    /// The text that the pieces of a string make together; `nil` when it is no Unicode, which has been reported then.
    mutating func text(of first: QuotedText, _ more: [QuotedText]) -> String? {
        if more.isEmpty && !first.hasEscape { return String(decoding: bytes[first.content], as: UTF8.self) }
        var isPlain = true
        // No escape is shorter than what it stands for.
        let capacity = more.reduce(first.content.count) { $0 + $1.content.count }
        let text = String(unsafeUninitializedCapacity: capacity) { buffer in
            var count = 0
            for piece in CollectionOfOne(first) where isPlain { isPlain = copy(piece, into: buffer, &count) }
            for piece in more where isPlain { isPlain = copy(piece, into: buffer, &count) }
            return count
        }
        return isPlain ? text : textWithSurrogates(of: [first] + more)
    }

    /// Appends the content of a piece; `false` at the first half of a surrogate pair, which UTF-8 has no form for.
    private func copy(_ piece: QuotedText, into buffer: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) -> Bool {
        guard piece.hasEscape else {
            count = bytes[piece.content].withUnsafeBufferPointer { source in
                buffer[count..<count + source.count].update(fromContentsOf: source)
            }
            return true
        }
        var index = piece.content.lowerBound
        while index < piece.content.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                buffer[count] = bytes[index]
                count += 1
                index += 1
                continue
            }
            let (unit, next) = escape(at: index, before: piece.content.upperBound)
            if let unit {
                guard let scalar = Unicode.Scalar(unit) else { return false }
                for byte in String(scalar).utf8 {
                    buffer[count] = byte
                    count += 1
                }
            } else {
                for byte in bytes[index + 1..<next] {
                    buffer[count] = byte
                    count += 1
                }
            }
            index = next
        }
        return true
    }

    private mutating func textWithSurrogates(of pieces: [QuotedText]) -> String? {
        var units: [UInt16] = []
        for piece in pieces { unescape(piece.content) { units.append($0) } }
        if let text = String(validating: units, as: UTF16.self) { return text }
        let place = pieces.first { $0.hasEscape }?.content ?? offset..<offset
        let isTolerated = tolerate(
            .escape, place, "an escape stands for half of a surrogate pair, and the other half is missing")
        return isTolerated ? String(decoding: units, as: UTF16.self) : nil
    }

    // MARK: Escapes

    /// Reports what is wrong with the escapes of a literal.
    /// - Returns: whether it can be read.
    private mutating func hasSoundEscapes(_ content: Range<Int>) -> Bool {
        var isSound = true
        var index = content.lowerBound
        while index < content.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            let (unit, next) = escape(at: index, before: content.upperBound)
            if unit == nil { isSound = refuse(index..<next) && isSound }
            index = next
        }
        return isSound
    }

    private mutating func refuse(_ range: Range<Int>) -> Bool {
        let text = String(decoding: bytes[range], as: UTF8.self)
        if text.lowercased() == "\\x" {
            return tolerate(.escape, range, "expected one to four hexadecimal digits after \\x")
        }
        return tolerate(
            .escape, range,
            "\(text) is no escape: expected \\b \\t \\n \\f \\r \\\" \\' \\\\ or \\x with 1 to 4 digits")
    }

    /// The UTF-16 units of a literal's content. An escape that is none, which only a lenient reader gets to see,
    /// stands for the character after its backslash.
    private func unescape(_ content: Range<Int>, _ take: (UInt16) -> Void) {
        var index = content.lowerBound
        while index < content.upperBound {
            if bytes[index] == UInt8(ascii: "\\") {
                let (unit, next) = escape(at: index, before: content.upperBound)
                if let unit {
                    take(unit)
                } else {
                    String(decoding: bytes[index + 1..<next], as: UTF8.self).utf16.forEach(take)
                }
                index = next
            } else {
                let run = bytes[index..<content.upperBound]
                let end = run.firstIndex(of: UInt8(ascii: "\\")) ?? content.upperBound
                String(decoding: bytes[index..<end], as: UTF8.self).utf16.forEach(take)
                index = end
            }
        }
    }

    /// The escape sequence at a backslash: what it stands for, `nil` when it is none, and where it ends.
    private func escape(at start: Int, before limit: Int) -> (unit: UInt16?, next: Int) {
        guard start + 1 < limit else { return (nil, limit) }
        var next = start + 2
        switch bytes[start + 1] {
        case UInt8(ascii: "b"): return (0x08, next)
        case UInt8(ascii: "t"): return (0x09, next)
        case UInt8(ascii: "n"): return (0x0A, next)
        case UInt8(ascii: "f"): return (0x0C, next)
        case UInt8(ascii: "r"): return (0x0D, next)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): return (UInt16(bytes[start + 1]), next)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            var unit: UInt16?
            while next < min(limit, start + 6), let digit = Self.digit(bytes[next], radix: 16) {
                unit = (unit ?? 0) << 4 | UInt16(digit)
                next += 1
            }
            return (unit, next)
        default:
            // A character may be more than one byte.
            while next < limit && bytes[next] & 0xC0 == 0x80 { next += 1 }
            return (nil, next)
        }
    }

    // MARK: Characters

    mutating func character() -> Token.Kind {
        let start = offset
        offset += 1
        while byte != UInt8(ascii: "'") && byte >= 0x20 {
            offset += byte == UInt8(ascii: "\\") && byte(ahead: 1) >= 0x20 ? 2 : 1
        }
        guard byte == UInt8(ascii: "'") else {
            report(.characterLiteral, start..<start + 1, "this character is not closed: expected '")
            return .malformed
        }
        let content = start + 1..<offset
        offset += 1
        guard hasSoundEscapes(content) else { return .malformed }
        var units: [UInt16] = []
        unescape(content) { units.append($0) }
        if units.count == 1 { return .character(units[0]) }
        let isString = tolerate(
            .characterLiteral, start..<offset, "expected one 16-bit character between ' and '")
        return isString ? .string(QuotedText(content: content, hasEscape: true)) : .malformed
    }
}
