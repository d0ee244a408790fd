import FakeHypervisor
import Logging
import ServiceLifecycle
import UnixSignals

/// A fake world in a process of its own: daemons come and go, or share it, and it stays (docs/fake-hypervisor.md).
package struct FakeHostsProgram: Sendable {
    private let world: SimulatedWorld
    private let socket: String
    private let controlSocket: String?
    private let logger: Logger

    /// - Parameters:
    ///   - file: describes the world.
    ///   - socket: for daemons (`hypervisor.fakeWorldSocket`).
    ///   - controlSocket: for whoever watches the world and interferes with it; `nil`: none.
    ///   - speed: seconds of the world per second.
    /// - Throws: `StartError(.hypervisor)`
    package init(
        file: String, socket: String, controlSocket: String?, speed: Double, logger: Logger
    ) throws(StartError) {
        world = try FakeWorldFile.world(file, speed: speed)
        self.socket = socket
        self.controlSocket = controlSocket
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: `StartError(.socket)`, for either socket.
    package func run() async throws(StartError) {
        prepareProcess()
        let group = ServiceGroupConfiguration(
            services: world.services(controlSocket: controlSocket, logger) + [server],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            throw StartError(.socket, "\(error)")
        }
        logger.notice("stopped")
    }

    private var server: BackgroundService {
        let server = RemoteWorldServer(world: world, path: socket)
        return BackgroundService { [socket, logger] in
            try await server.run { logger.notice("ready", metadata: ["socket": "\(socket)"]) }
        }
    }
}
