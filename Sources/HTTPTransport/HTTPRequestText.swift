/// Requests as they are written (RFC 9112 3).
enum HTTPRequestText {
    /// Request line and fields; throws `.invalidRequest` for what HTTP cannot carry.
    static func head(_ request: HTTPClientRequest, closing: Bool) throws(HTTPTransportError) -> [UInt8] {
        guard HTTPSyntax.isToken(request.method.utf8) else {
            throw invalid("the method \(request.method) is no token")
        }
        guard HTTPSyntax.isTarget(request.path.utf8), request.path.hasPrefix("/") else {
            throw invalid("the path \(request.path) is not visible ASCII beginning with a slash: percent-encode it")
        }
        var text = "\(request.method) \(request.path) HTTP/1.1\r\n"
        if !request.headers.contains("Host") { text += "Host: localhost\r\n" }
        for field in request.headers.fields where !isOurs(field.name) {
            guard HTTPSyntax.isToken(field.name.utf8), HTTPSyntax.isFieldValue(field.value.utf8) else {
                throw invalid(
                    "the header field \(field.name) has no token for a name, or a control character in its value")
            }
            text += "\(field.name): \(field.value)\r\n"
        }
        text += "Content-Length: \(request.body.count)\r\n"
        if closing { text += "Connection: close\r\n" }
        return Array((text + "\r\n").utf8)
    }

    private static func isOurs(_ name: String) -> Bool {
        ["Content-Length", "Transfer-Encoding", "Connection"].contains { isSameToken($0, name) }
    }

    private static func invalid(_ what: String) -> HTTPTransportError {
        HTTPTransportError(.invalidRequest, "cannot write the request: \(what)")
    }
}
