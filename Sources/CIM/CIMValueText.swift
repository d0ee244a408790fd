/// The text of a scalar value as DSP0201 5.2.3 (`VALUE`) spells it, and back.
extension CIMValue {
    /// Reads the content of a CIM-XML `VALUE` element. Integers may be decimal or hexadecimal (`0x1F`);
    /// booleans are `TRUE` or `FALSE` in any case; white space around anything but strings and
    /// characters is ignored. `nil` when the text is no value of `type` or out of its range, and for
    /// `reference`, which has no text form there.
    package init?(text: String, type: CIMType) {
        let parsed: CIMValue? =
            switch type {
            case .string: .string(text)
            case .char16: Self.character(text)
            case .reference: nil
            default: Self.token(Self.trimmed(text), type: type)
            }
        guard let parsed else { return nil }
        self = parsed
    }

    /// The content of the `VALUE` element for this scalar; `nil` for arrays, references and embedded
    /// objects, which are elements of their own.
    package var text: String? {
        switch self {
        case .boolean(let value): value ? "TRUE" : "FALSE"
        case .string(let value): value
        case .char16(let value): String(decoding: [value], as: UTF16.self)
        case .uint8(let value): String(value)
        case .uint16(let value): String(value)
        case .uint32(let value): String(value)
        case .uint64(let value): String(value)
        case .sint8(let value): String(value)
        case .sint16(let value): String(value)
        case .sint32(let value): String(value)
        case .sint64(let value): String(value)
        case .real32(let value): Self.realText(value.description)
        case .real64(let value): Self.realText(value.description)
        case .datetime(let value): value.text
        case .reference, .instance, .classObject, .array: nil
        }
    }

    private static func token(_ token: Substring, type: CIMType) -> CIMValue? {
        switch type {
        case .boolean:
            switch token.lowercased() {
            case "true": .boolean(true)
            case "false": .boolean(false)
            default: nil
            }
        case .datetime: CIMDateTime(String(token)).map(CIMValue.datetime)
        case .real32: real(token).flatMap { Float($0) }.map(CIMValue.real32)
        case .real64: real(token).flatMap { Double($0) }.map(CIMValue.real64)
        default: integer(token, type: type)
        }
    }

    private static func character(_ text: String) -> CIMValue? {
        let units = Array(text.utf16)
        return units.count == 1 ? .char16(units[0]) : nil
    }

    private static func integer(_ token: Substring, type: CIMType) -> CIMValue? {
        var digits = token
        var negative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            negative = sign == "-"
            digits = digits.dropFirst()
        }
        let hexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
        let body = hexadecimal ? digits.dropFirst(2) : digits
        // The parser below would take a second sign and digits of other scripts.
        guard !body.isEmpty, body.utf8.allSatisfy({ isDigit($0, hexadecimal: hexadecimal) }),
            let magnitude = UInt64(body, radix: hexadecimal ? 16 : 10)
        else { return nil }
        if !negative { return CIMValue(integer: magnitude, as: type) }
        guard magnitude <= UInt64(Int64.max) + 1 else { return nil }
        return CIMValue(integer: Int64(truncatingIfNeeded: 0 &- magnitude), as: type)
    }

    private static func isDigit(_ byte: UInt8, hexadecimal: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): hexadecimal
        default: false
        }
    }

    /// Swift's parser takes hexadecimal floats and `nan(…)`; CIM-XML only decimals and the three names
    /// that other servers write for IEEE's special values.
    private static func real(_ token: Substring) -> String? {
        switch token.lowercased() {
        case "inf", "+inf": return "inf"
        case "-inf": return "-inf"
        case "nan": return "nan"
        default:
            let allowed = token.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
                    UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            return allowed && !token.isEmpty ? String(token) : nil
        }
    }

    /// DSP0201 wants a decimal point in every real; Swift writes `1e+20`.
    private static func realText(_ description: String) -> String {
        switch description {
        case "inf": return "INF"
        case "-inf": return "-INF"
        case "nan", "-nan": return "NaN"
        default: break
        }
        guard !description.contains("."), let mark = description.firstIndex(of: "e") else { return description }
        return description[..<mark] + ".0" + description[mark...]
    }

    private static func trimmed(_ text: String) -> Substring {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return rest
    }
}
