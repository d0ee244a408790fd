import Glibc

extension HTTPServer {
    /// What one server accepts. Whatever exceeds a limit gets the status named beside it and
    /// `Connection: close`, unless said otherwise.
    package struct Options: Sendable, Hashable {
        /// The request line, in bytes: 414.
        package var requestLineBytes = 8192
        /// All header fields of a request with their line ends, in bytes; trailer fields as well: 431.
        package var headerBytes = 65_536
        /// Header fields of one request: 431.
        package var headerFields = 100
        /// The body of one request, transfer coding undone, in bytes: 413.
        package var bodyBytes = 16_777_216
        /// All requests being received or handled, be their clients gone or not, and all responses not yet taken, in
        /// bytes. Beyond it no further request is received: 503.
        package var bufferedBytes = 268_435_456
        /// Connections open at once: 503. Each takes a file descriptor, so keep it well below
        /// `RLIMIT_NOFILE`.
        package var connections = 2000
        /// Requests with the handler at once; further ones wait.
        package var concurrentRequests = 64
        /// Requests waiting for the handler: 503, and the connection stays open.
        package var waitingRequests = 256
        /// Users who may hold all of `bufferedBytes`, `connections`, `concurrentRequests` and `waitingRequests`. Any other
        /// may hold half of each, rounded up, and gets 503 for more, save that its requests beyond half of
        /// `concurrentRequests` wait. Peers without a known user are one user.
        package var privilegedUsers: Set<UInt32> = [0, geteuid()]
        /// A streamed body is sent in pieces of about this many bytes; one that ends before is sent whole.
        package var streamPieceBytes = 65_536
        /// A request with a body of at most this many bytes is handled on the event loop's thread.
        package var shortBodyBytes = 32_768
        /// From a request's first byte to its last: 408.
        package var requestTimeout = Duration.seconds(30)
        /// From the last response, or from the beginning, to a request's first byte; then the connection is
        /// closed without a word.
        package var idleTimeout = Duration.seconds(60)
        /// From the moment a response, or a piece of a streamed one, is written until the client has taken it; then the
        /// connection is closed.
        package var responseTimeout = Duration.seconds(30)
        /// How long input is thrown away after a last response, so that the client gets to read it.
        package var lingerTimeout = Duration.seconds(2)
        /// How much input is thrown away then, in bytes.
        package var lingerBytes = 67_108_864
        /// How long a graceful shutdown waits for exchanges under way.
        package var shutdownTimeout = Duration.seconds(10)

        package init() {}

        /// Throws `.invalidOptions` when a limit is not positive; only `waitingRequests`, `lingerBytes`
        /// and `shortBodyBytes` may be 0.
        func validate() throws(HTTPTransportError) {
            let counts = [
                ("requestLineBytes", requestLineBytes), ("headerBytes", headerBytes), ("headerFields", headerFields),
                ("bodyBytes", bodyBytes), ("bufferedBytes", bufferedBytes), ("connections", connections),
                ("concurrentRequests", concurrentRequests), ("waitingRequests", waitingRequests + 1),
                ("lingerBytes", lingerBytes + 1),
                ("streamPieceBytes", streamPieceBytes), ("shortBodyBytes", shortBodyBytes + 1),
            ]
            let times = [
                ("requestTimeout", requestTimeout), ("idleTimeout", idleTimeout), ("responseTimeout", responseTimeout),
                ("lingerTimeout", lingerTimeout), ("shutdownTimeout", shutdownTimeout),
            ]
            let wrong = counts.first { $0.1 <= 0 }?.0 ?? times.first { $0.1 <= .zero }?.0
            if let wrong {
                throw HTTPTransportError(
                    .invalidOptions, "the HTTP option \(wrong) is not positive: give it a value above 0")
            }
        }

        var exchangeLimits: HTTPServerExchange.Limits {
            HTTPServerExchange.Limits(
                requestLineBytes: requestLineBytes,
                fields: HTTPFieldReader.Limits(bytes: headerBytes, count: headerFields), bodyBytes: bodyBytes,
                lingerBytes: lingerBytes)
        }

        func timeout(_ wait: HTTPServerExchange.Wait) -> Duration {
            switch wait {
            case .idle: idleTimeout
            case .request: requestTimeout
            case .response: responseTimeout
            case .linger: lingerTimeout
            }
        }
    }
}
