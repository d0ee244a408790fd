/// What is wrong with a message, and the status a server answers it with.
struct HTTPViolation: Error, Equatable, Sendable {
    let status: UInt16
    /// For people: what is wrong, and the remedy where there is one.
    let reason: String

    init(_ status: UInt16, _ reason: String) {
        self.status = status
        self.reason = reason
    }
}

enum HTTPSyntax {
    /// `token` (RFC 9110 5.6.2).
    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(isTokenByte)
    }

    /// A request target we can write and read: visible ASCII.
    static func isTarget(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// `field-content` (RFC 9110 5.5): no control but the tab; bytes above 0x7F are allowed (`obs-text`).
    static func isFieldValue(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }

    /// The characters of a host with a port (RFC 3986 3.2.2, 3.2.3), however put together; none at all is allowed.
    static func isHost(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
            }
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// UTF-8, or Latin-1 where the bytes are not UTF-8.
    static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
    }

    /// Digits only (RFC 9110 8.6); `nil` for anything else, `Int.max` for a number too large.
    static func decimal(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text) ?? .max
    }

    /// The value of a hexadecimal digit.
    static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 0x30
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 0x37
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 0x57
        default: nil
        }
    }

    /// The minor version of `HTTP/1.x`: 0, or 1 for all others, which RFC 9110 2.5 has us read as 1.1.
    /// Throws 505 for another major version and 400 for what is no version at all.
    static func minorVersion(_ bytes: ArraySlice<UInt8>) throws(HTTPViolation) -> Int {
        let text = Array(bytes)
        let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
        guard text.count == 8, text.starts(with: "HTTP/".utf8), isDigit(text[5]), text[6] == UInt8(ascii: "."),
            isDigit(text[7])
        else { throw HTTPViolation(400, "the first line names no HTTP version: write HTTP/1.1") }
        guard text[5] == UInt8(ascii: "1") else {
            throw HTTPViolation(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        }
        return text[7] == UInt8(ascii: "0") ? 0 : 1
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
