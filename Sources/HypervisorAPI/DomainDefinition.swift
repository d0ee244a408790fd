import XML

/// A domain's XML with typed access to what migrationd reads in it. What it does not read is kept as it came.
/// Source: libvirt, "Domain XML format".
package struct DomainDefinition: Hashable, Sendable {
    /// The text as the hypervisor gave it.
    package let xml: String
    package let name: String
    package let uuid: DomainUUID
    /// `kvm`, `qemu`, `xen`, ...
    package let virtualizationType: String
    package let architecture: String
    package let machine: String?
    package let emulator: String?
    /// The `<cpu>` element as text; `nil` when the definition has none.
    package let cpuXML: String?
    /// `custom`, `host-model`, `host-passthrough`, `maximum`; `nil` when the definition has no `<cpu>` or no mode.
    package let cpuMode: String?
    package let disks: [Disk]
    package let leases: [Lease]
    package let tpms: [TPM]
    /// The path of the file that the domain's firmware keeps its variables in; `nil` when it has none, or none yet.
    package let nvram: String?
    /// Whose move it is or was, as this definition says.
    package let mark: OwnershipMark?

    /// - Throws: `DefinitionError` naming what is missing or malformed.
    package init(xml: String) throws(DefinitionError) {
        let root: XMLElement
        do { root = try XMLElement(parsing: Array(xml.utf8)) } catch {
            throw DefinitionError("not well-formed: \(error)")
        }
        guard root.name == "domain" else { throw DefinitionError("the root element is <\(root.name)>, not <domain>") }
        guard let name = root.first("name")?.text, !name.isEmpty else { throw DefinitionError("<name> is missing") }
        guard let uuid = root.first("uuid").flatMap({ DomainUUID($0.text) }) else {
            throw DefinitionError("<uuid> is missing or malformed")
        }
        let type = root.first("os")?.first("type")
        let devices = root.first("devices")
        self.xml = xml
        self.name = name
        self.uuid = uuid
        virtualizationType = root["type"] ?? ""
        architecture = type?["arch"] ?? ""
        machine = type?["machine"]
        emulator = devices?.first("emulator")?.text
        cpuXML = root.first("cpu")?.serialized()
        cpuMode = root.first("cpu")?["mode"]
        disks = devices?.all("disk").map(Disk.init(element:)) ?? []
        leases = devices?.all("lease").map(Lease.init(element:)) ?? []
        tpms = devices?.all("tpm").map(TPM.init(element:)) ?? []
        nvram = root.first("os")?.first("nvram").flatMap(NVRAM.path)
        mark = OwnershipMark(inDomain: root)
    }
}

/// A domain definition that cannot be read.
package struct DefinitionError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// A `<disk>` element. Source: libvirt, "Domain XML format", "Hard drives, floppy disks, CDROMs".
package struct Disk: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// No medium.
        case empty
        case file(String)
        case block(String)
        case network(protocol: String, name: String)
        case volume(pool: String, volume: String)
        /// A kind that migrationd does not know, by the name libvirt gives it.
        case other(String)

        /// The path on the host, of files and block devices.
        package var path: String? {
            switch self {
            case .file(let path), .block(let path): path
            case .empty, .network, .volume, .other: nil
            }
        }
    }

    /// `vda`, `sda`, ...
    package let target: String
    /// `disk`, `cdrom`, `floppy` or `lun`.
    package let device: String
    package let source: Source
    /// What the image builds on, the next first; as the hypervisor reads it from a running guest's images.
    package let backing: [Source]
    package let cache: String?
    /// The image's format as the definition has it (`raw`, `qcow2`); `nil` when it does not say.
    package let format: String?
    package let isReadOnly: Bool

    init(element: XMLElement) {
        target = element.first("target")?["dev"] ?? ""
        device = element["device"] ?? "disk"
        cache = element.first("driver")?["cache"]
        format = element.first("driver")?["type"]
        isReadOnly = element.first("readonly") != nil
        source = Self.source(kind: element["type"] ?? "", element.first("source"))
        backing = Self.backing(of: element)
    }

    /// The paths of the image and of everything it builds on.
    package var allPaths: [String] { ([source] + backing).compactMap(\.path) }

    private static func backing(of element: XMLElement) -> [Source] {
        var chain: [Source] = []
        var next = element.first("backingStore")
        while let store = next, let source = store.first("source") {
            chain.append(Self.source(kind: store["type"] ?? "", source))
            next = store.first("backingStore")
        }
        return chain
    }

    /// The path on the host, for files and block devices.
    package var path: String? { source.path }

    private static func source(kind: String, _ element: XMLElement?) -> Source {
        guard let element else { return .empty }
        switch kind {
        case "file": return element["file"].map(Source.file) ?? .empty
        case "block": return element["dev"].map(Source.block) ?? .empty
        case "network": return .network(protocol: element["protocol"] ?? "", name: element["name"] ?? "")
        case "volume": return .volume(pool: element["pool"] ?? "", volume: element["volume"] ?? "")
        default: return .other(kind)
        }
    }
}
