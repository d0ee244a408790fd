/// The first line of a request (RFC 9112 3).
struct HTTPRequestLine: Sendable, Hashable {
    let method: String
    /// The target in origin form.
    let path: String
    /// 0, or 1 for every later HTTP/1.x.
    let minorVersion: Int

    var isHead: Bool { method == "HEAD" }

    init(_ line: ArraySlice<UInt8>) throws(HTTPViolation) {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw HTTPViolation(400, "the request line is not: method, blank, target, blank, HTTP/1.1")
        }
        minorVersion = try HTTPSyntax.minorVersion(parts[2])
        guard HTTPSyntax.isToken(parts[0]) else { throw HTTPViolation(400, "the request's method is no token") }
        method = HTTPSyntax.text(parts[0])
        path = try Self.originForm(parts[1], method: method)
    }

    /// Servers must also accept the absolute form (RFC 9112 3.2.2); its scheme and authority are dropped.
    private static func originForm(_ target: ArraySlice<UInt8>, method: String) throws(HTTPViolation) -> String {
        guard HTTPSyntax.isTarget(target) else {
            throw HTTPViolation(400, "the request target holds a character that must be percent-encoded")
        }
        let text = HTTPSyntax.text(target)
        if text.hasPrefix("/") || (text == "*" && method == "OPTIONS") { return text }
        for scheme in ["http://", "https://"] where isSameToken(text.prefix(scheme.utf8.count), scheme) {
            let rest = text.dropFirst(scheme.utf8.count)
            return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        }
        throw HTTPViolation(400, "the request target is neither a path (/cimom) nor an http:// URL")
    }
}

/// A request without its body.
struct HTTPRequestHead: Sendable, Hashable {
    let line: HTTPRequestLine
    let fields: HTTPHeaderFields
    let framing: HTTPBodyFraming
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 10.1.1).
    let expectsContinue: Bool

    init(line: HTTPRequestLine, fields: HTTPHeaderFields) throws(HTTPViolation) {
        self.line = line
        self.fields = fields
        let hosts = fields.all("Host")
        guard hosts.count == 1 || (hosts.isEmpty && line.minorVersion == 0) else {
            throw HTTPViolation(
                400, "HTTP/1.1 wants exactly one Host field (RFC 9112 3.2); over a Unix socket: localhost")
        }
        guard hosts.allSatisfy({ HTTPSyntax.isHost($0.utf8) }) else {
            throw HTTPViolation(400, "the Host field names no host (RFC 9112 3.2); over a Unix socket: localhost")
        }
        framing = try HTTPBodyFraming(fields, minorVersion: line.minorVersion) ?? .length(0)
        // An HTTP/1.0 client's expectation is ignored, as RFC 9110 10.1.1 demands.
        let expectations = line.minorVersion == 0 ? [] : fields.list("Expect")
        if let other = expectations.first(where: { !isSameToken($0, "100-continue") }) {
            throw HTTPViolation(417, "the expectation \(other) cannot be met: only 100-continue can")
        }
        expectsContinue = !expectations.isEmpty && framing != .length(0)
    }

    /// Whether the client takes trailer fields (RFC 9110 10.1.4); HTTP/1.0 has no place for them.
    var acceptsTrailers: Bool {
        line.minorVersion >= 1 && fields.list("TE").contains { isSameToken($0, "trailers") }
    }

    /// Whether the client wants another exchange on this connection (RFC 9112 9.3).
    var keepsAlive: Bool {
        let options = fields.list("Connection")
        func has(_ option: String) -> Bool { options.contains { isSameToken($0, option) } }
        return line.minorVersion == 0 ? has("keep-alive") && !has("close") : !has("close")
    }
}
