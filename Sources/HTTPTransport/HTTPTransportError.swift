/// Why a server could not start or a call got no response. Equality is by code.
package struct HTTPTransportError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The path does not fit a socket address (107 bytes).
        case pathTooLong
        /// The socket's directory does not exist and could not be created.
        case directoryUnavailable
        /// The socket's directory is another's, or others could read or write in it.
        case directoryNotPrivate
        /// Something that is no stream socket stands at the path; it is left alone.
        case notASocket
        /// A server answers at the path already.
        case addressInUse
        /// A limit or a time of the options is not positive.
        case invalidOptions
        /// The server was run already.
        case alreadyRun
        /// There is no socket at the path.
        case noSuchSocket
        /// There is a socket, and no process behind it.
        case connectionRefused
        /// The caller may not open the socket.
        case permissionDenied
        /// The time given for the call passed. Whether the server acted on the request is not known.
        case deadlineExceeded
        /// The calling task was cancelled. Whether the server acted on the request is not known.
        case cancelled
        /// The connection ended before the whole response was there.
        case closedEarly
        /// What came back is not HTTP/1.x.
        case notHTTP
        /// The response is larger than the caller accepts.
        case responseTooLarge
        /// A call is under way on this connection.
        case connectionBusy
        /// The connection is closed.
        case connectionClosed
        /// The request's method, path or header fields cannot be written as HTTP.
        case invalidRequest
        /// A system call failed in a way that has no code of its own.
        case systemCall
    }

    package let code: Code
    /// What was tried, on what, what came back, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension HTTPTransportError: Equatable {
    package static func == (lhs: HTTPTransportError, rhs: HTTPTransportError) -> Bool { lhs.code == rhs.code }
}

extension HTTPTransportError: CustomStringConvertible {
    package var description: String { message }
}
