import HypervisorAPI

/// How a guest is to be moved, as a client asks for it. Values: CIM_VirtualSystemMigrationSettingData.MigrationType.
package enum MigrationKind: UInt16, Hashable, Sendable, Codable, CaseIterable {
    /// "Other": the definition of a guest that does not run, as libvirt-cim reads it.
    case offline = 1
    /// "Live".
    case live = 2
}

/// How the control connection between the hosts is made. Values: CIM_VirtualSystemMigrationSettingData.TransportType.
package enum TransportKind: UInt16, Hashable, Sendable, Codable, CaseIterable {
    case ssh = 2
    case tls = 3
    case tlsStrict = 4
    case tcp = 5
    case local = 6

    /// The transport part of a connection URI.
    package var scheme: String {
        switch self {
        case .ssh: "ssh"
        case .tls, .tlsStrict: "tls"
        case .tcp: "tcp"
        case .local: "unix"
        }
    }
}

/// A guest, by what a client calls it.
package enum GuestSelector: Hashable, Sendable, Codable, CustomStringConvertible {
    case name(String)
    case uuid(DomainUUID)

    /// A UUID in its usual form is taken for one; everything else is a name.
    package init(_ text: String) {
        if text.utf8.count == 36, let uuid = DomainUUID(text) { self = .uuid(uuid) } else { self = .name(text) }
    }

    package func matches(_ domain: DomainSummary) -> Bool {
        switch self {
        case .name(let name): domain.name == name
        case .uuid(let uuid): domain.uuid == uuid
        }
    }

    func names(_ plan: MigrationPlan) -> Bool {
        switch self {
        case .name(let name): plan.guestName == name
        case .uuid(let uuid): plan.guestUUID == uuid
        }
    }

    package var description: String {
        switch self {
        case .name(let name): name
        case .uuid(let uuid): uuid.text
        }
    }
}

/// What a client asks to be checked, or checked and done.
package struct MigrationRequest: Hashable, Sendable, Codable {
    package var guest: GuestSelector
    /// A configured host's name, address or exact URI, or an unlisted host's name or address.
    package var destination: String
    package var kind: MigrationKind
    /// `nil`: as the configuration says.
    package var transport: TransportKind?
    /// MiB/s; `nil`: the hosts' caps alone decide.
    package var bandwidthMiBPerSecond: UInt64?
    /// Smaller is more urgent; 0 asks for the default, which stands in the middle. Source:
    /// CIM_VirtualSystemMigrationSettingData.Priority.
    package var priority: UInt16
    /// Disks that are not shared are copied, whole, while the guest runs; otherwise they refuse the move.
    package var copiesStorage: Bool
    /// For external checks; `nil` is not the same as empty (no third argument at all).
    package var checkParameters: [String]?
    /// Who asked, as far as the server knows.
    package var owner: String
    /// What the client called to ask for it; `nil` when no client did, or the journal is of before this was kept.
    package var method: String?

    package init(
        guest: GuestSelector, destination: String, kind: MigrationKind = .live, transport: TransportKind? = nil,
        bandwidthMiBPerSecond: UInt64? = nil, priority: UInt16 = 0, copiesStorage: Bool = false,
        checkParameters: [String]? = nil, owner: String = "", method: String? = nil
    ) {
        self.guest = guest
        self.destination = destination
        self.kind = kind
        self.transport = transport
        self.bandwidthMiBPerSecond = bandwidthMiBPerSecond
        self.priority = priority
        self.copiesStorage = copiesStorage
        self.checkParameters = checkParameters
        self.owner = owner
        self.method = method
    }

    /// The order among the queued: smaller goes first.
    package var rank: UInt16 { priority == 0 ? UInt16.max / 2 : priority }
}
