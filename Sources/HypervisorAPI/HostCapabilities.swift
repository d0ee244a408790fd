import XML

/// What a host's hypervisor offers, read from its capabilities document.
/// Source: libvirt, "Driver capabilities XML format".
package struct HostCapabilities: Hashable, Sendable {
    /// A kind of guest that the host can run.
    package struct Guest: Hashable, Sendable {
        package let architecture: String
        /// `kvm`, `qemu`, `xen`, ...
        package let virtualizationTypes: Set<String>
        /// Machine types with their canonical names and aliases.
        package let machines: Set<String>
    }

    /// The document as the hypervisor gave it.
    package let xml: String
    /// The host's own UUID, lower case; empty when the document has none.
    package let hostUUID: String
    package let guests: [Guest]
    /// Transports by which a peer may be reached (`tcp`, `rdma`); empty when the document names none.
    package let migrationTransports: Set<String>
    package let supportsLiveMigration: Bool

    /// - Throws: `DefinitionError` when the text is no capabilities document.
    package init(xml: String) throws(DefinitionError) {
        let root: XMLElement
        do { root = try XMLElement(parsing: Array(xml.utf8)) } catch {
            throw DefinitionError("not well-formed: \(error)")
        }
        guard root.name == "capabilities" else {
            throw DefinitionError("the root element is <\(root.name)>, not <capabilities>")
        }
        let features = root.first("host")?.first("migration_features")
        self.xml = xml
        hostUUID = root.first("host")?.first("uuid")?.text.lowercased() ?? ""
        guests = root.all("guest").flatMap { guest in guest.all("arch").map(Self.guest) }
        supportsLiveMigration = features?.first("live") != nil
        migrationTransports = Set(features?.first("uri_transports")?.all("uri_transport").map(\.text) ?? [])
    }

    /// The guest kinds for an architecture and a virtualization type.
    package func guests(architecture: String, virtualizationType: String) -> [Guest] {
        guests.filter { $0.architecture == architecture && $0.virtualizationTypes.contains(virtualizationType) }
    }

    private static func guest(_ arch: XMLElement) -> Guest {
        let elements = arch.all("machine") + arch.all("domain").flatMap { $0.all("machine") }
        let machines = elements.flatMap { [$0.text, $0["canonical"]].compactMap { $0 } }
        return Guest(
            architecture: arch["name"] ?? "", virtualizationTypes: Set(arch.all("domain").compactMap { $0["type"] }),
            machines: Set(machines))
    }
}
