/// A connection URI: `driver[+transport]://[user@][host][:port]/[path][?query]`.
/// Source: libvirt, "Connection URIs".
package struct HypervisorURI: Hashable, Sendable, CustomStringConvertible {
    /// The URI as it was given.
    package let text: String
    /// `qemu`, `xen`, `fake`, ... in lower case.
    package let driver: String
    /// `ssh`, `tls`, `tcp`, `unix`, ... in lower case; `nil` when the URI does not say.
    package let transport: String?
    package let user: String?
    /// Without the brackets of an IPv6 address; `nil` for a local connection.
    package let host: String?
    package let port: UInt16?
    /// With its leading slash; may be empty.
    package let path: String
    /// Without the question mark; `nil` when there is none.
    package let query: String?

    /// Fails (`nil`) when the text does not have the form above or holds white space or control characters.
    package init?(_ text: String) {
        guard text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }),
            let separator = text.firstRange(of: "://")
        else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased().split(separator: "+", omittingEmptySubsequences: false)
        guard (1...2).contains(scheme.count), scheme.allSatisfy(Self.isSchemeName) else { return nil }
        var rest = text[separator.upperBound...]
        guard !rest.contains("#") else { return nil }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            query = nil
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        guard let authority = Authority(rest[..<slash]) else { return nil }
        self.text = text
        driver = String(scheme[0])
        transport = scheme.count == 2 ? String(scheme[1]) : nil
        user = authority.user
        host = authority.host
        port = authority.port
    }

    package var description: String { text }

    /// Whether the URI names another machine, so that a peer can use it as it stands.
    package var isRemote: Bool { host != nil && transport != "unix" }

    private static func isSchemeName(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) }
    }
}

/// `[user@][host][:port]`
private struct Authority {
    var user: String?
    var host: String?
    var port: UInt16?

    init?(_ text: Substring) {
        var rest = text
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<close])
            rest = rest[rest.index(after: close)...]
        } else {
            let colon = rest.firstIndex(of: ":") ?? rest.endIndex
            host = colon == rest.startIndex ? nil : String(rest[..<colon])
            rest = rest[colon...]
        }
        guard !rest.isEmpty else { return }
        guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
        port = number
    }
}
