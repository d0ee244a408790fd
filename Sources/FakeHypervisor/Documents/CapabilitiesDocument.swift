import HypervisorAPI
import XML

/// A host's capabilities as libvirt writes them. Source: libvirt, "Driver capabilities XML format".
enum CapabilitiesDocument {
    static func xml(of host: HostState) -> String {
        var root = XMLElement("capabilities")
        root.add(hostElement(host.description))
        var guest = XMLElement("guest")
        guest.add("os_type", text: "hvm")
        guest.add(architecture(of: host))
        root.add(guest)
        return root.serialized()
    }

    private static func hostElement(_ host: HostDescription) -> XMLElement {
        var element = XMLElement("host")
        element.add("uuid", text: host.uuid.text)
        var cpu = XMLElement("cpu")
        cpu.add("arch", text: host.architecture)
        cpu.add("model", text: host.cpu.model)
        for feature in host.cpu.features { cpu.add("feature", ["name": feature]) }
        element.add(cpu)
        var migration = XMLElement("migration_features")
        migration.add("live")
        var transports = XMLElement("uri_transports")
        transports.add("uri_transport", text: "tcp")
        transports.add("uri_transport", text: "rdma")
        migration.add(transports)
        element.add(migration)
        return element
    }

    private static func architecture(of host: HostState) -> XMLElement {
        var element = XMLElement("arch")
        element.set(["name": host.description.architecture])
        element.add("wordsize", text: "64")
        element.add("emulator", text: host.emulator)
        for machine in host.description.machines { element.add("machine", ["maxCpus": "288"], text: machine) }
        for type in host.description.virtualizationTypes { element.add("domain", ["type": type]) }
        return element
    }
}
