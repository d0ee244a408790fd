import FakeHypervisor
import FoundationEssentials
import HypervisorAPI
import LibvirtHypervisor
import Logging

/// The hypervisor that the configuration names, and what must run beside it. The only place that knows which
/// implementations exist.
struct HypervisorAccess {
    let hypervisor: any Hypervisor
    let services: [BackgroundService]
    /// Transfers that the connections to one host have room for; `nil`: any number.
    let transfersFromOneHost: Int?

    /// - Parameter transfers: that may run at once, all of them perhaps from one host.
    init(
        _ configuration: Configuration.HypervisorAccess, transfers: Int, _ logger: Logger
    ) throws(StartError) {
        switch configuration.driver {
        case .libvirt:
            let options = Self.libvirtOptions(configuration, transfers: transfers)
            hypervisor = try Self.libvirt(options)
            services = []
            transfersFromOneHost = options.transferConnections * options.transferCalls
        case .fake(let world):
            (hypervisor, services) = try Self.fake(world, configuration, logger)
            transfersFromOneHost = nil
        }
    }
}

extension Configuration.HypervisorAccess.Driver {
    /// As the configuration file spells it.
    var name: String {
        switch self {
        case .libvirt: "libvirt"
        case .fake: "fake"
        }
    }
}

extension HypervisorAccess {
    /// A world file larger than this is none.
    private static let worldBound = 16 << 20

    /// The world moves in the background; its control socket stands beside it where the configuration names one.
    private static func fake(
        _ world: Configuration.HypervisorAccess.FakeWorld, _ configuration: Configuration.HypervisorAccess,
        _ logger: Logger
    ) throws(StartError) -> (any Hypervisor, [BackgroundService]) {
        let simulated: SimulatedWorld
        do throws(SimulationError) {
            let description = try WorldDescription(yaml: try text(of: world.file), source: world.file)
            simulated = try SimulatedWorld(description, speed: Double(world.speed))
        } catch {
            throw StartError(.hypervisor, "\(error)")
        }
        var services = [BackgroundService { await simulated.run() }]
        if let path = world.controlSocket {
            let socket = ControlSocket(world: simulated, path: path)
            services.append(
                BackgroundService {
                    try await socket.run { logger.notice("world open", metadata: ["socket": "\(path)"]) }
                })
        }
        let options = SimulatedHypervisor.Options(callDeadline: configuration.callTimeout)
        return (SimulatedHypervisor(world: simulated, options: options), services)
    }

    private static func text(of file: String) throws(SimulationError) -> String {
        do {
            let data = try Data(contentsOf: URL(filePath: file))
            guard data.count <= worldBound, let text = String(data: data, encoding: .utf8) else {
                throw SimulationError(.invalidValue, "\(file) is too large, or no UTF-8", remedy: "name a file of YAML")
            }
            return text
        } catch let error as SimulationError {
            throw error
        } catch {
            throw SimulationError(.inputOutput, "\(file) cannot be read: \(error)", remedy: "see hypervisor.fakeWorld")
        }
    }
}

extension HypervisorAccess {
    private static func libvirtOptions(
        _ configuration: Configuration.HypervisorAccess, transfers: Int
    ) -> Libvirt.Options {
        var options = Libvirt.Options()
        options.callTimeout = configuration.callTimeout
        options.connectTimeout = configuration.connectTimeout
        options.transferConnections = max(
            options.transferConnections, (transfers + options.transferCalls - 1) / options.transferCalls)
        options.keepaliveIntervalSeconds = Int32(clamping: configuration.keepaliveInterval.components.seconds)
        options.keepaliveCount = UInt32(clamping: configuration.keepaliveCount)
        return options
    }

    private static func libvirt(_ options: Libvirt.Options) throws(StartError) -> any Hypervisor {
        do { return try Libvirt(options: options) } catch {
            throw StartError(.hypervisor, "\(error)")
        }
    }
}
