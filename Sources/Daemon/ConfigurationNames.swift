import Glibc

/// Names as the standards write them.
enum ConfigurationNames {
    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Letters, digits and hyphens in parts of 1 to 63, separated by dots, no part with a hyphen at an end; 253 in all.
    /// Source: RFC 1123, 2.1.
    static func isHostName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && parts.allSatisfy { part in
                (1...63).contains(part.utf8.count) && part.first != "-" && part.last != "-"
                    && part.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    /// An IPv4 or IPv6 address, or a host name. What looks like an IPv4 address must be one.
    static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        if text.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) {
            return inet_pton(AF_INET, text, &address) == 1
        }
        return inet_pton(AF_INET6, text, &address) == 1 || isHostName(text)
    }

    /// Names of letters, digits and underscores, none with a digit first, separated by slashes; 255 bytes in all.
    static func isNamespace(_ text: String) -> Bool {
        let names = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 255
            && names.allSatisfy { name in
                guard let first = name.utf8.first, !isDigit(first) else { return false }
                return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
            }
    }
}
