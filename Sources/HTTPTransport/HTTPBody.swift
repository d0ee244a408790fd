/// The body of a server's response.
package enum HTTPBody: Sendable {
    /// There already; sent with `Content-Length`.
    case bytes([UInt8])
    /// Made while it is sent, so that no more of it is in memory than its client has not read yet.
    case stream(HTTPBodyStream)
}

/// A body that is made while it is sent.
///
/// HTTP/1.1 clients get it in chunks, HTTP/1.0 clients until the connection's end (RFC 9112 6.3, 7.1). One that
/// ends early enough (`HTTPServer.Options.streamPieceBytes`) is sent as if it had been there as a whole.
package struct HTTPBodyStream: Sendable {
    /// Writes the body and returns the trailer fields, which reach clients that asked for them only
    /// (`HTTPRequest.acceptsTrailers`). Once it throws, the response ends without its last chunk, so that no client
    /// takes what it has for the whole; before anything was sent, the client gets a 500.
    package typealias Producer = @Sendable (HTTPBodyWriter) async throws -> HTTPHeaderFields

    /// The trailer fields that may follow, announced in `Trailer` (RFC 9110 6.6.2).
    package let trailerNames: [String]
    let produce: Producer

    /// - Parameter produce: runs in the task of the handler that made the response, after the handler has returned.
    package init(trailerNames: [String] = [], _ produce: @escaping Producer) {
        self.trailerNames = trailerNames
        self.produce = produce
    }

    /// Writes the body to any writer, as the server does to its own.
    package func write(to writer: HTTPBodyWriter) async throws -> HTTPHeaderFields { try await produce(writer) }
}
