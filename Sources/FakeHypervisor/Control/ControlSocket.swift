import Glibc
import NIOCore
import NIOPosix

/// The Unix socket by which a world is watched and interfered with from outside. docs/fake-hypervisor.md lists
/// the commands. Only the process's own user can connect (mode 0600).
package struct ControlSocket: Sendable {
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
        let world = world
        let connections = Connections()
        let descriptor = try ListeningSocket.open(path)
        defer { unlink(path) }
        let bootstrap = ServerBootstrap(group: group).childChannelInitializer { channel in
            connections.add(channel)
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ControlConnection(world: world))
            }
        }
        do {
            let server = try await bootstrap.withBoundSocket(descriptor).get()
            ready()
            try await withTaskCancellationHandler {
                try await server.closeFuture.get()
            } onCancel: {
                server.close(promise: nil)
            }
            await connections.closeAll()
        } catch {
            throw ListeningSocket.failure("serving \(path): \(error)")
        }
    }
}
