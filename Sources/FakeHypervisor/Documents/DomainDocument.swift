import HypervisorAPI
import XML

/// A domain's definition as libvirt writes it. Source: libvirt, "Domain XML format".
enum DomainDocument {
    static func xml(of domain: DomainRecord, on host: HostState, _ view: DefinitionView) -> String {
        let isRunning = view == .current && domain.isActive
        let shown = view == .persistent ? domain.persistent ?? domain.live : domain.current
        guard let hardware = shown?.hardware else { return "" }
        var root = XMLElement("domain", attributes: [XMLAttribute("type", hardware.virtualizationType)])
        if isRunning, let id = domain.id { root.attributes.append(XMLAttribute("id", "\(id)")) }
        root.add("name", text: domain.name)
        root.add("uuid", text: domain.uuid.text)
        if let mark = shown?.mark {
            root.add(XMLElement("metadata", children: [.element(mark.elementInMetadata)]))
        }
        root.add("memory", ["unit": "KiB"], text: "\(hardware.memoryMiB * 1024)")
        root.add("currentMemory", ["unit": "KiB"], text: "\(hardware.memoryMiB * 1024)")
        root.add("vcpu", ["placement": "static"], text: "\(hardware.virtualCPUs)")
        var system = XMLElement("os")
        system.add("type", ["arch": host.description.architecture, "machine": hardware.machine], text: "hvm")
        root.add(system)
        if let cpu = hardware.cpu { root.add(element(of: cpu)) }
        var devices = XMLElement("devices")
        devices.add("emulator", text: host.emulator)
        for disk in hardware.disks { devices.add(element(of: disk)) }
        root.add(devices)
        return root.serialized()
    }

    private static func element(of cpu: CPUDescription) -> XMLElement {
        var element = XMLElement("cpu")
        element.set(["mode": "custom", "match": "exact", "check": "full"])
        element.add("model", ["fallback": "forbid"], text: cpu.model)
        for feature in cpu.features { element.add("feature", ["policy": "require", "name": feature]) }
        return element
    }

    private static func element(of disk: DiskDescription) -> XMLElement {
        var element = XMLElement("disk")
        element.set(["type": "file", "device": disk.device])
        var driver: KeyValuePairs = ["name": "qemu", "type": disk.format]
        if let cache = disk.cache { driver = ["name": "qemu", "type": disk.format, "cache": cache] }
        element.add("driver", driver)
        element.add("source", ["file": disk.path])
        element.add("target", ["dev": disk.target, "bus": disk.target.hasPrefix("vd") ? "virtio" : "sata"])
        if disk.isReadOnly { element.add("readonly") }
        return element
    }
}

extension XMLElement {
    mutating func set(_ attributes: KeyValuePairs<String, String>) {
        self.attributes += attributes.map { XMLAttribute($0.key, $0.value) }
    }

    mutating func add(_ child: XMLElement) { children.append(.element(child)) }

    mutating func add(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String = "") {
        var child = XMLElement(name)
        child.set(attributes)
        if !text.isEmpty { child.children = [.text(text)] }
        add(child)
    }
}
