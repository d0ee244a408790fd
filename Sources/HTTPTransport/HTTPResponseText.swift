/// Responses as they are written (RFC 9112 4).
enum HTTPResponseText {
    static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// What the exchange decides about a response's connection.
    enum Persistence: Sendable, Hashable {
        /// HTTP/1.1 keeps the connection without a word.
        case keep
        /// HTTP/1.0 has to be told.
        case keepSaidAloud
        case close
    }

    /// How a client finds the body's end (RFC 9112 6.3).
    enum Framing: Sendable, Hashable {
        /// No body, and no word about one: 204, 304 (RFC 9110 8.6), and a stream in answer to HEAD.
        case none
        /// Told also where no body is written: in answer to HEAD.
        case length(Int)
        /// The names of trailer fields to announce.
        case chunked(trailerNames: [String])
        case untilEnd
    }

    /// Status line and fields.
    /// - Parameter date: the value of `Date`.
    static func head(
        _ response: HTTPResponse, _ framing: Framing, persistence: Persistence, date: String
    ) -> [UInt8] {
        var text = "HTTP/1.1 \(response.status) \(reasonPhrase(response.status))\r\n"
        for field in response.headers.fields where !isOurs(field.name) {
            text += "\(field.name): \(oneLine(field.value))\r\n"
        }
        text += "Date: \(date)\r\n"
        switch framing {
        case .none, .untilEnd: break
        case .length(let length): text += "Content-Length: \(length)\r\n"
        case .chunked(let names):
            text += "Transfer-Encoding: chunked\r\n"
            if !names.isEmpty { text += "Trailer: \(names.joined(separator: ", "))\r\n" }
        }
        switch persistence {
        case .keep: break
        case .keepSaidAloud: text += "Connection: keep-alive\r\n"
        case .close: text += "Connection: close\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    /// Whether a status allows a body: 204 and 304 do not (RFC 9110 6.4.1).
    static func allowsBody(_ status: UInt16) -> Bool { status != 204 && status != 304 }

    /// One chunk; never the last, which an empty one would be (RFC 9112 7.1).
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        bytes.isEmpty ? [] : Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + crlf
    }

    /// The end of a chunked body, with the trailer fields (RFC 9112 7.1.2).
    static func lastChunk(_ trailers: HTTPHeaderFields) -> [UInt8] {
        var text = "0\r\n"
        for field in trailers.fields where HTTPSyntax.isToken(field.name.utf8) {
            text += "\(field.name): \(oneLine(field.value))\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    private static let crlf = Array("\r\n".utf8)

    /// A response with its reason as text, for people who use curl.
    static func plain(_ violation: HTTPViolation) -> HTTPResponse {
        HTTPResponse(
            status: violation.status, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: Array("\(violation.reason)\n".utf8))
    }

    /// What a handler made, or the 500 that says what cannot be written of it.
    static func checked(_ response: HTTPResponse) -> HTTPResponse {
        guard (200...599).contains(response.status) else {
            return plain(HTTPViolation(500, "the server made a response with the status \(response.status)"))
        }
        if let field = response.headers.fields.first(where: { !HTTPSyntax.isToken($0.name.utf8) }) {
            return plain(HTTPViolation(500, "the server made a header field with the name \(oneLine(field.name))"))
        }
        return response
    }

    private static func isOurs(_ name: String) -> Bool {
        ["Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Date"].contains { isSameToken($0, name) }
    }

    /// A control character in a value would let its author write fields of their own.
    private static func oneLine(_ value: String) -> String {
        if HTTPSyntax.isFieldValue(value.utf8) { return value }
        return String(
            String.UnicodeScalarView(value.unicodeScalars.map { $0.value < 0x20 || $0 == "\u{7F}" ? " " : $0 }))
    }

    /// RFC 9110 15; the phrase may be empty.
    static func reasonPhrase(_ status: UInt16) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        case 510: "Not Extended"
        default: ""
        }
    }
}
