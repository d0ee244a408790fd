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

    init(_ configuration: Configuration.HypervisorAccess, _ logger: Logger) throws(StartError) {
        switch configuration.driver {
        case .libvirt:
            hypervisor = Self.libvirt(configuration)
            services = []
        case .fake(let world):
            (hypervisor, services) = try Self.fake(world, configuration, logger)
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
