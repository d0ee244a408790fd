import Synchronization

/// Takes a streamed body and passes it on in pieces, each when the one before has left. For one task at a time.
package final class HTTPBodyWriter: Sendable {
    /// Returns once the piece has been given to the kernel; throws when it cannot be.
    package typealias Sink = @Sendable ([UInt8]) async throws(HTTPTransportError) -> Void

    private let pieceBytes: Int
    private let sink: Sink
    private let buffer = Mutex<[UInt8]>([])

    /// - Parameter pieceBytes: what is collected before it is passed on.
    package init(pieceBytes: Int, sink: @escaping Sink) {
        self.pieceBytes = pieceBytes
        self.sink = sink
    }

    /// Adds to the body. Suspends while the client has not taken what it was sent before.
    ///
    /// Throws `.connectionClosed` when the client is gone, does not read, or is cut off because the server stops.
    package func write(_ bytes: some Sequence<UInt8> & Sendable) async throws(HTTPTransportError) {
        let piece = buffer.withLock { buffer -> [UInt8]? in
            buffer.append(contentsOf: bytes)
            guard buffer.count >= pieceBytes else { return nil }
            defer { buffer = [] }
            return buffer
        }
        if let piece { try await sink(piece) }
    }

    /// What has been written and not passed on.
    package func takeRest() -> [UInt8] {
        buffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
    }
}
