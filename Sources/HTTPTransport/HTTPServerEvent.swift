/// What a server tells whoever keeps its log and figures. Told on the server's event loop: take it and
/// return.
package enum HTTPServerEvent: Sendable, Hashable {
    case connectionOpened(HTTPPeer)
    case connectionClosed(HTTPPeer)
    /// The kernel did not tell all of who connected; what is missing counts as not there.
    case peerUnknown(HTTPPeer, reason: String)
    /// Answered without the handler.
    case requestRefused(HTTPPeer, status: UInt16, reason: String)
    /// The client went away while its request waited for the handler, who does not get it.
    case requestDropped(HTTPPeer)
    /// The handler's response did not reach its client, or not the whole of it.
    case responseDropped(HTTPPeer, reason: String)
    /// Connections can't be accepted now, for want of descriptors or memory; accepting goes on in a second.
    case acceptFailed(reason: String)
    /// The socket file could not be removed when the server stopped.
    case socketFileLeft(reason: String)
    /// The socket could not be opened to others, or closed to them, as was asked for while the server started.
    case socketAccessFailed(reason: String)
    /// The time for a graceful shutdown passed: this many connections were cut, and the handlers cancelled.
    case shutdownCutShort(connections: Int, requests: Int)
}

/// A server's figures at one moment.
package struct HTTPServerStatistics: Sendable, Hashable {
    package var connections: Int
    package var runningRequests: Int
    package var waitingRequests: Int
    /// Held for clients, as `HTTPServer.Options.bufferedBytes` counts it.
    package var bufferedBytes: Int
}
