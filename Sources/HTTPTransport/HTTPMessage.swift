/// Who is at the other end of a connection.
package struct HTTPPeer: Sendable, Hashable {
    /// Counts the connections the server has accepted, from 1.
    package var connection: UInt64
    /// The process that connected, as the kernel told (`SO_PEERCRED`); `nil` where it cannot tell.
    package var processID: Int32?
    /// Its effective user at the time it connected.
    package var userID: UInt32?
    /// Its effective group at the time it connected.
    package var groupID: UInt32?
    /// Its supplementary groups at the time it connected (`SO_PEERGROUPS`).
    package var supplementaryGroupIDs: [UInt32]

    package init(
        connection: UInt64, processID: Int32? = nil, userID: UInt32? = nil, groupID: UInt32? = nil,
        supplementaryGroupIDs: [UInt32] = []
    ) {
        self.connection = connection
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
        self.supplementaryGroupIDs = supplementaryGroupIDs
    }
}

/// A request with its whole body, transfer coding undone.
package struct HTTPRequest: Sendable {
    /// As spelled; methods are case-sensitive (RFC 9110 9.1).
    package var method: String
    /// The request target (`/cimom`), not decoded.
    package var path: String
    package var headers: HTTPHeaderFields
    package var body: [UInt8]
    package var peer: HTTPPeer
    /// Whether trailer fields reach this client: it speaks HTTP/1.1 and said `TE: trailers` (RFC 9110 6.5.1).
    package var acceptsTrailers: Bool

    package init(
        method: String, path: String, headers: HTTPHeaderFields = HTTPHeaderFields(), body: [UInt8] = [],
        peer: HTTPPeer, acceptsTrailers: Bool = false
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.peer = peer
        self.acceptsTrailers = acceptsTrailers
    }
}

/// What a handler answers. The server writes `Content-Length`, `Transfer-Encoding`, `Trailer`, `Connection` and
/// `Date` itself; what a handler says of them is replaced.
package struct HTTPResponse: Sendable {
    /// 200...599.
    package var status: UInt16
    package var headers: HTTPHeaderFields
    package var body: HTTPBody

    package init(status: UInt16, headers: HTTPHeaderFields = HTTPHeaderFields(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = .bytes(body)
    }

    package init(status: UInt16, headers: HTTPHeaderFields = HTTPHeaderFields(), stream: HTTPBodyStream) {
        self.status = status
        self.headers = headers
        self.body = .stream(stream)
    }
}

/// What a client got, with its whole body, transfer coding undone.
package struct HTTPClientResponse: Sendable {
    /// 200...599.
    package var status: UInt16
    package var headers: HTTPHeaderFields
    package var body: [UInt8]

    package init(status: UInt16, headers: HTTPHeaderFields = HTTPHeaderFields(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
