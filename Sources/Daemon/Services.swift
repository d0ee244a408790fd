import HTTPTransport
import Logging
import MigrationDriver
import ServiceLifecycle
import WBEMServer

/// The driver for as long as the daemon lives; stopped after the server, so that no request finds it gone.
struct DriverService: Service {
    let driver: Driver

    func run() async throws {
        await withGracefulShutdownHandler {
            await driver.run()
        } onGracefulShutdown: {
            driver.stop()
        }
    }
}

/// The socket.
struct ServerService: Service {
    let server: HTTPServer
    let driver: Driver
    let logger: Logger

    func run() async throws {
        let server = server
        let logger = logger
        let driver = driver
        do {
            try await withGracefulShutdownHandler {
                try await server.run {
                    logger.notice("ready", metadata: ["socket": "\(server.socketPath)"])
                }
            } onGracefulShutdown: {
                // Nobody's answer waits for a check program that hangs.
                driver.dismissCallers()
                server.beginShutdown()
            }
        } catch let error as HTTPTransportError {
            throw StartError(.socket, "\(error)")
        }
    }
}

/// Something that runs until it is cancelled, such as the fake hypervisor's world.
struct BackgroundService: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await body() }
    }
}

/// Lets go of enumerations that nobody pulls from any more.
struct EnumerationSweeper: Service {
    private static let interval = Duration.seconds(5)

    let enumerations: EnumerationSessions

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                enumerations.sweep()
                // Cancelled is stopped: the loop's condition sees it.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}

extension HTTPServerEvent {
    /// What somebody must see to is told louder than what clients do.
    func log(to logger: Logger) {
        switch self {
        case .peerUnknown, .acceptFailed, .socketFileLeft, .socketAccessFailed, .shutdownCutShort:
            logger.warning("http", metadata: ["event": "\(self)"])
        case .connectionOpened, .connectionClosed, .requestRefused, .requestDropped, .responseDropped:
            logger.debug("http", metadata: ["event": "\(self)"])
        }
    }
}
