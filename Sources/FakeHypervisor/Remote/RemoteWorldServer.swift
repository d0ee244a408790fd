import Glibc
import HypervisorAPI
import NIOCore
import NIOPosix

/// The Unix socket by which other processes use a world as their hypervisor (`RemoteHypervisor`). Only the process's
/// own user can connect (mode 0600). The end of a connection is to the world's hosts what the end of the client's
/// process is to real ones.
package struct RemoteWorldServer: Sendable {
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let world: SimulatedWorld
    private let path: String
    private let group: any EventLoopGroup

    /// - Parameter path: at most 107 bytes. A socket that nobody listens on any more is replaced.
    package init(
        world: SimulatedWorld, path: String, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.world = world
        self.path = path
        self.group = group
    }

    /// Serves until the task is cancelled, then closes every connection and removes the socket.
    /// - Parameter ready: called once the socket can be connected to.
    /// - Throws: `.inputOutput`
    package func run(ready: @Sendable () -> Void = {}) async throws(SimulationError) {
        let descriptor = try ListeningSocket.open(path)
        defer { unlink(path) }
        do {
            let server = try await listen(descriptor)
            ready()
            try await server.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections { group.addTask { await serve(connection) } }
                    group.cancelAll()
                }
            }
        } catch is CancellationError {
            // The end that was asked for.
        } catch {
            throw ListeningSocket.failure("serving \(path): \(error)")
        }
    }

    private func listen(_ descriptor: Int32) async throws -> NIOAsyncChannel<Connection, Never> {
        let open = Connections()
        return try await ServerBootstrap(group: group).bind(descriptor) { channel in
            open.add(channel)
            return channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                var requests = RequestReader(inbound)
                guard case .begin(let options)? = try await requests.next() else { return }
                let hypervisor = SimulatedHypervisor(world: world, options: options)
                await ServedClient(hypervisor, outbound).serve(&requests)
            }
        } catch {
            // What a client does wrong, or a connection that breaks, ends that connection and nothing else.
        }
    }
}

/// The requests of one connection.
struct RequestReader {
    private var pieces: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var lines = LineBuffer()

    init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) { pieces = inbound.makeAsyncIterator() }

    /// `nil` at the end of the connection, or when the task is cancelled.
    /// - Throws: `DecodingError` for what is no request, `SimulationError(.tooLong)` for what is too long for one, or
    ///   what NIO says of the connection.
    mutating func next() async throws -> RemoteRequest? {
        while true {
            if let line = lines.next(longest: RemoteLine.longestRequest) {
                let request = try RemoteLine.read(RemoteRequest.self, line)
                guard request.hasSoundDeadline else { return nil }
                return request
            }
            guard lines.waitingBytes <= RemoteLine.longestRequest else {
                throw SimulationError(.tooLong, "a request without an end", remedy: "send shorter lines")
            }
            guard let piece = try await pieces.next() else { return nil }
            lines.append(piece)
        }
    }
}
