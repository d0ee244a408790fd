// String, character and number literals. Source: DSP0004 Annex A (`stringValue`, `charValue`, `integerValue`,
// `realValue`) and 7.11.

extension Lexer {
    // MARK: Strings

    /// One quoted piece; it ends on its own line.
    mutating func string() -> Token.Kind {
        let start = offset
        offset += 1
        let contentStart = offset
        var hasEscape = false
        while let next = byte() {
            switch next {
            case UInt8(ascii: "\""):
                let content = contentStart..<offset
                offset += 1
                return hasEscape ? escapedString(content) : .string(String(decoding: bytes[content], as: UTF8.self))
            case UInt8(ascii: "\\"):
                hasEscape = true
                offset += byte(ahead: 1).map { $0 >= 0x20 } == true ? 2 : 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                report(
                    .string, start..<start + 1,
                    "this string is not closed on its line: expected \"; close it and go on with another string")
                return .malformed
            default: offset += 1
            }
        }
        report(.string, start..<start + 1, "this string is never closed: expected \"")
        return .malformed
    }

    private mutating func escapedString(_ content: Range<Int>) -> Token.Kind {
        guard let units = unescape(content) else { return .malformed }
        guard let text = String(validating: units, as: UTF16.self) else {
            report(.escape, content, "an escape stands for half of a surrogate pair, and the other half is missing")
            return .malformed
        }
        return .string(text)
    }

    /// The UTF-16 units of a literal's content; `nil` when an escape is wrong, which has been reported then.
    private mutating func unescape(_ content: Range<Int>) -> [UInt16]? {
        var units: [UInt16] = []
        var sound = true
        var rest = content
        while let start = rest.first {
            if bytes[start] == UInt8(ascii: "\\") {
                if let unit = escape(&rest) { units.append(unit) } else { sound = false }
            } else {
                let end = rest.firstIndex { bytes[$0] == UInt8(ascii: "\\") } ?? rest.upperBound
                units.append(contentsOf: String(decoding: bytes[start..<end], as: UTF8.self).utf16)
                rest = end..<rest.upperBound
            }
        }
        return sound ? units : nil
    }

    /// Takes one escape sequence off the front; `nil` when it is none, which has been reported then.
    private mutating func escape(_ rest: inout Range<Int>) -> UInt16? {
        let start = rest.lowerBound
        guard rest.count > 1 else {
            rest = rest.upperBound..<rest.upperBound
            return invalidEscape(start..<start + 1)
        }
        rest = start + 2..<rest.upperBound
        switch bytes[start + 1] {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): return UInt16(bytes[start + 1])
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            let digits = bytes[rest].prefix(4).prefix { Self.digit($0, radix: 16) != nil }
            guard !digits.isEmpty else {
                report(.escape, start..<start + 2, "expected one to four hexadecimal digits after \\x")
                return nil
            }
            rest = digits.endIndex..<rest.upperBound
            return digits.reduce(0) { $0 << 4 | UInt16(Self.digit($1, radix: 16) ?? 0) }
        default:
            // A character may be more than one byte.
            while let next = rest.first, bytes[next] & 0xC0 == 0x80 { rest = next + 1..<rest.upperBound }
            return invalidEscape(start..<rest.lowerBound)
        }
    }

    private mutating func invalidEscape(_ range: Range<Int>) -> UInt16? {
        let text = String(decoding: bytes[range], as: UTF8.self)
        report(
            .escape, range,
            "\(text) is no escape: expected \\b \\t \\n \\f \\r \\\" \\' \\\\ or \\x with 1 to 4 digits")
        return nil
    }

    // MARK: Characters

    mutating func character() -> Token.Kind {
        let start = offset
        offset += 1
        let contentStart = offset
        while let next = byte(), next != UInt8(ascii: "'"), next >= 0x20 {
            offset += next == UInt8(ascii: "\\") && byte(ahead: 1).map { $0 >= 0x20 } == true ? 2 : 1
        }
        guard byte() == UInt8(ascii: "'") else {
            report(.characterLiteral, start..<start + 1, "this character is not closed: expected '")
            return .malformed
        }
        let content = contentStart..<offset
        offset += 1
        guard let units = unescape(content) else { return .malformed }
        guard units.count == 1 else {
            report(.characterLiteral, start..<offset, "expected one 16-bit character between ' and '")
            return .malformed
        }
        return .character(units[0])
    }

    // MARK: Numbers

    func startsNumber() -> Bool {
        let afterSign = byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") ? 1 : 0
        let afterPoint = byte(ahead: afterSign) == UInt8(ascii: ".") ? afterSign + 1 : afterSign
        return byte(ahead: afterPoint).map { Self.digit($0, radix: 10) != nil } == true
    }

    mutating func number() -> Token.Kind {
        let start = offset
        let isNegative = byte() == UInt8(ascii: "-")
        if isNegative || byte() == UInt8(ascii: "+") { offset += 1 }
        let bodyStart = offset
        scanNumberBody()
        let body = bytes[bodyStart..<offset]
        if body.contains(UInt8(ascii: ".")) { return real(body, start..<offset) }
        let prefix = body.prefix(2)
        if prefix == [UInt8(ascii: "0"), UInt8(ascii: "x")] || prefix == [UInt8(ascii: "0"), UInt8(ascii: "X")] {
            return integer(body.dropFirst(2), radix: 16, "hexadecimal", isNegative, start..<offset)
        }
        if body.last == UInt8(ascii: "b") || body.last == UInt8(ascii: "B") {
            return integer(body.dropLast(), radix: 2, "binary", isNegative, start..<offset)
        }
        if body.first == UInt8(ascii: "0") && body.count > 1 {
            return integer(body.dropFirst(), radix: 8, "octal", isNegative, start..<offset)
        }
        return integer(body, radix: 10, "decimal", isNegative, start..<offset)
    }

    /// Letters and digits, points, and the sign of an exponent: whatever someone may have meant as one number.
    private mutating func scanNumberBody() {
        var hasPoint = false
        while let next = byte() {
            switch next {
            case UInt8(ascii: "."): hasPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                break
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard hasPoint, bytes[offset - 1] | 0x20 == UInt8(ascii: "e") else { return }
            default: return
            }
            offset += 1
        }
    }

    private mutating func integer(
        _ digits: ArraySlice<UInt8>, radix: UInt8, _ kind: String, _ isNegative: Bool, _ range: Range<Int>
    ) -> Token.Kind {
        var magnitude: UInt64 = 0
        for byte in digits {
            guard let digit = Self.digit(byte, radix: radix) else { return malformedNumber(kind, radix, range) }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: UInt64(radix))
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow && !carry else {
                report(.valueRange, range, "the number needs more than 64 bits: no CIM type holds it")
                return .malformed
            }
            magnitude = sum
        }
        guard !digits.isEmpty else { return malformedNumber(kind, radix, range) }
        return .integer(IntegerLiteral(isNegative: isNegative, magnitude: magnitude))
    }

    private mutating func malformedNumber(_ kind: String, _ radix: UInt8, _ range: Range<Int>) -> Token.Kind {
        let text = String(decoding: bytes[range], as: UTF8.self)
        let exponent = radix == 10 && text.lowercased().contains("e")
        let expected =
            exponent
            ? "a decimal point before the exponent, as in 1.0e3"
            : "digits from 0 to \(String(radix - 1, radix: 16, uppercase: true))"
        report(.number, range, "\(text.prefix(40)) is no \(kind) number: expected \(expected)")
        return .malformed
    }

    private mutating func real(_ body: ArraySlice<UInt8>, _ range: Range<Int>) -> Token.Kind {
        let parts = body.split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 | 0x20 == UInt8(ascii: "e") })
        let mantissa = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var sound = mantissa.count == 2 && !mantissa[1].isEmpty && mantissa.joined().allSatisfy(Self.isDecimal)
        if parts.count == 2 {
            let signed = parts[1].first == UInt8(ascii: "+") || parts[1].first == UInt8(ascii: "-")
            let exponent = parts[1].dropFirst(signed ? 1 : 0)
            sound = sound && !exponent.isEmpty && exponent.allSatisfy(Self.isDecimal)
        }
        let text = String(decoding: bytes[range], as: UTF8.self)
        guard sound else {
            report(
                .number, range,
                "\(text.prefix(40)) is no real number: expected digits after the point, as in 1.0 or 1.5e-3")
            return .malformed
        }
        return .real(text)
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { digit(byte, radix: 10) != nil }

    private static func digit(_ byte: UInt8, radix: UInt8) -> UInt8? {
        let value: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        return value < radix ? value : nil
    }
}
