/// A domain's UUID, kept in lower case with hyphens (`12345678-1234-...`).
package struct DomainUUID: Hashable, Sendable, Codable, CustomStringConvertible, Comparable {
    package let text: String

    /// Fails (`nil`) when the text is not 32 hexadecimal digits, with or without the usual hyphens.
    package init?(_ text: String) {
        let digits = text.lowercased().filter { $0 != "-" }
        guard digits.utf8.count == 32, digits.utf8.allSatisfy(Self.isHexadecimal) else { return nil }
        var parts: [Substring] = []
        var rest = Substring(digits)
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        self.text = parts.joined(separator: "-")
    }

    package var description: String { text }
    package static func < (lhs: DomainUUID, rhs: DomainUUID) -> Bool { lhs.text < rhs.text }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66)
    }
}

/// A domain's state. Source: libvirt `virDomainState`.
package enum DomainState: String, Hashable, Sendable, Codable, CaseIterable {
    case noState, running, blocked, paused, shuttingDown, shutOff, crashed, powerManagementSuspended

    /// Whether a hypervisor process exists for the domain.
    package var isActive: Bool {
        switch self {
        case .running, .blocked, .paused, .shuttingDown, .powerManagementSuspended: true
        case .noState, .shutOff, .crashed: false
        }
    }
}

/// Why a domain is paused, as far as it matters to a migration. Source: libvirt `virDomainPausedReason`.
package enum PausedReason: String, Hashable, Sendable, Codable {
    case user, migration, postCopy, postCopyFailed, inputOutputError, startingUp, other
}

/// A domain at a glance.
package struct DomainSummary: Hashable, Sendable, Codable {
    package var uuid: DomainUUID
    package var name: String
    /// The running domain's number on its host; `nil` when it is not running. Another run, another number.
    package var id: Int32?
    package var state: DomainState
    /// `nil` unless `state` is `.paused`.
    package var pausedReason: PausedReason?
    /// Has a persistent definition on this host.
    package var isPersistent: Bool
    /// Maximum memory, in KiB.
    package var memoryKiB: UInt64
    package var virtualCPUs: UInt32
    /// Whose move it is or was; of what runs, and otherwise of what is defined.
    package var mark: OwnershipMark?
    /// The host starts it when it boots; `false` without a definition.
    package var startsWithHost: Bool

    package init(
        uuid: DomainUUID, name: String, id: Int32?, state: DomainState, pausedReason: PausedReason? = nil,
        isPersistent: Bool, memoryKiB: UInt64, virtualCPUs: UInt32, mark: OwnershipMark? = nil,
        startsWithHost: Bool = false
    ) {
        self.uuid = uuid
        self.name = name
        self.id = id
        self.state = state
        self.pausedReason = pausedReason
        self.isPersistent = isPersistent
        self.memoryKiB = memoryKiB
        self.virtualCPUs = virtualCPUs
        self.mark = mark
        self.startsWithHost = startsWithHost
    }

    /// Whether a hypervisor process exists for it. A domain with a number has one, whatever its state is called
    /// (`crashed` with on_crash=preserve, or a state that libvirt adds later).
    package var isActive: Bool { id != nil || state.isActive }
}

/// Which of a domain's definitions to read.
package enum DefinitionView: Hashable, Sendable, Codable {
    /// What runs now; of a domain that does not run, what is defined.
    case current
    /// What the next start would use.
    case persistent
    /// What a destination would be sent.
    case migratable
}
