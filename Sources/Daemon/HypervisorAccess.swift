import FakeHypervisor
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
        case .fake(.thisProcess(let world)):
            let simulated = try FakeWorldFile.world(world.file, speed: Double(world.speed))
            let options = SimulatedHypervisor.Options(callDeadline: configuration.callTimeout)
            hypervisor = SimulatedHypervisor(world: simulated, options: options)
            services = simulated.services(controlSocket: world.controlSocket, logger)
            transfersFromOneHost = nil
        case .fake(.anotherProcess(let socket)):
            hypervisor = RemoteHypervisor(
                path: socket, options: SimulatedHypervisor.Options(callDeadline: configuration.callTimeout),
                connectTimeout: configuration.connectTimeout)
            services = []
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
