import XML

/// Who moves a domain, kept in the domain's own metadata: which migrationd, for which job, the how-manieth move.
///
/// Advisory, not fencing: libvirt's metadata has no compare-and-swap. It is written at the source before a move begins;
/// the copy that arrives at the destination carries the next generation, so that of two copies the higher one is the
/// later, and so that a copy can be told from another domain of the same name (docs/decisions/0007).
package struct OwnershipMark: Hashable, Sendable, Codable {
    /// The XML namespace of the element in `<metadata>`.
    package static let namespace = "urn:migrationd:ownership:1"
    /// The prefix under which libvirt keeps it.
    package static let prefix = "migrationd"
    package static let elementName = "ownership"
    /// No guest is moved so often; a higher number is nobody's mark, and leaves room for the next ones.
    package static let highestGeneration: UInt64 = 1 << 62

    /// The UUID of the daemon; empty when the element is there and cannot be read, which makes it nobody's.
    package var owner: String
    /// Grows by one with every copy; 0 when it cannot be read.
    package var generation: UInt64
    /// The job that wrote it.
    package var job: String

    package init(owner: String, generation: UInt64, job: String) {
        self.owner = owner
        self.generation = generation
        self.job = job
    }

    /// The same job's mark for the copy that it makes at the destination.
    package var raised: OwnershipMark {
        OwnershipMark(owner: owner, generation: generation + 1, job: job)
    }

    /// What stands in a domain's metadata. An element that does not hold what it should is nobody's mark.
    package init(xml: String) {
        guard let element = try? XMLElement(parsing: Array(xml.utf8)) else {
            self.init(owner: "", generation: 0, job: "")
            return
        }
        self.init(element: element)
    }

    package init(element: XMLElement) {
        guard let owner = element["owner"], let generation = element["generation"].flatMap(UInt64.init),
            generation <= Self.highestGeneration, let job = element["job"]
        else {
            self.init(owner: "", generation: 0, job: "")
            return
        }
        self.init(owner: owner, generation: generation, job: job)
    }

    /// The element as libvirt takes it: without a prefix or namespace, which it adds itself
    /// (`virDomainSetMetadata`).
    package var xml: String { element(named: Self.elementName).serialized() }

    /// The element as it stands in a domain's `<metadata>`.
    package var elementInMetadata: XMLElement {
        var element = element(named: "\(Self.prefix):\(Self.elementName)")
        element.attributes.insert(XMLAttribute("xmlns:\(Self.prefix)", Self.namespace), at: 0)
        return element
    }

    private func element(named name: String) -> XMLElement {
        XMLElement(
            name,
            attributes: [
                XMLAttribute("owner", owner), XMLAttribute("generation", "\(generation)"), XMLAttribute("job", job),
            ])
    }
}

extension OwnershipMark: CustomStringConvertible {
    package var description: String {
        owner.isEmpty
            ? "an ownership mark that cannot be read" : "generation \(generation), migrationd \(owner), job \(job)"
    }
}
