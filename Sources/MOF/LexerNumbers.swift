// Number literals. Source: DSP0004 Annex A (`integerValue`, `realValue`).

extension Lexer {
    func startsNumber() -> Bool {
        let afterSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") ? 1 : 0
        let afterPoint = byte(ahead: afterSign) == UInt8(ascii: ".") ? afterSign + 1 : afterSign
        return Self.digit(byte(ahead: afterPoint), radix: 10) != nil
    }

    mutating func number() -> Token.Kind {
        let start = offset
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative || byte == UInt8(ascii: "+") { offset += 1 }
        let bodyStart = offset
        scanNumberBody()
        let body = bytes[bodyStart..<offset]
        let isPrefixed =
            body.first == UInt8(ascii: "0") && body.dropFirst().first.map { $0 | 0x20 } == UInt8(ascii: "x")
        if isPrefixed { return integer(body.dropFirst(2), radix: 16, "hexadecimal", isNegative, start..<offset) }
        if body.contains(UInt8(ascii: ".")) { return real(body, start..<offset) }
        if body.last.map({ $0 | 0x20 }) == UInt8(ascii: "b") {
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
        while true {
            switch byte {
            case UInt8(ascii: "."): hasPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                break
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard hasPoint || isLenient, bytes[offset - 1] | 0x20 == UInt8(ascii: "e") else { return }
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
            guard let digit = Self.digit(byte, radix: radix) else {
                return malformedNumber(digits, radix, kind, isNegative, range)
            }
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: UInt64(radix))
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow && !carry else {
                report(.valueRange, range, "the number needs more than 64 bits: no CIM type holds it")
                return .malformed
            }
            magnitude = sum
        }
        guard !digits.isEmpty else { return malformedNumber(digits, radix, kind, isNegative, range) }
        return .integer(IntegerLiteral(isNegative: isNegative, magnitude: magnitude))
    }

    private mutating func malformedNumber(
        _ digits: ArraySlice<UInt8>, _ radix: UInt8, _ kind: String, _ isNegative: Bool, _ range: Range<Int>
    ) -> Token.Kind {
        let text = String(decoding: bytes[range], as: UTF8.self)
        let exponent = radix == 10 && text.lowercased().contains("e")
        let expected =
            exponent
            ? "a decimal point before the exponent, as in 1.0e3"
            : "digits from 0 to \(String(radix - 1, radix: 16, uppercase: true))"
        let message = "\(text.prefix(40)) is no \(kind) number: expected \(expected)"
        // An octal number with an 8 is meant to be decimal, and an exponent is meant to be one.
        if isLenient, radix == 8, let number = UInt64(text.drop { $0 == "-" || $0 == "+" }) {
            _ = tolerate(.number, range, message)
            return .integer(IntegerLiteral(isNegative: isNegative, magnitude: number))
        }
        if isLenient, exponent, Self.isReal(text) {
            _ = tolerate(.number, range, message)
            return .real
        }
        report(.number, range, message)
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
        if sound { return .real }
        let text = String(decoding: bytes[range], as: UTF8.self)
        let message = "\(text.prefix(40)) is no real number: expected digits after the point, as in 1.0 or 1.5e-3"
        if isLenient && Self.isReal(text) {
            _ = tolerate(.number, range, message)
            return .real
        }
        report(.number, range, message)
        return .malformed
    }

    private static func isReal(_ text: String) -> Bool {
        Double(text) != nil && text.utf8.allSatisfy { $0 | 0x20 != UInt8(ascii: "x") && $0 | 0x20 != UInt8(ascii: "n") }
    }

    private static func isDecimal(_ byte: UInt8) -> Bool { digit(byte, radix: 10) != nil }

    static func digit(_ byte: UInt8, radix: UInt8) -> UInt8? {
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
