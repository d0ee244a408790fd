/// How a domain is moved: each case holds only what is legal for its kind.
package enum Transfer: Hashable, Sendable, Codable {
    /// The running domain, while it runs (pre-copy), peer to peer: the source's libvirt does it and carries
    /// on without us.
    case live(LiveTransfer)
    /// The definition of a domain that does not run.
    case offline(OfflineTransfer)

    package var peerURI: String {
        switch self {
        case .live(let live): live.peerURI
        case .offline(let offline): offline.peerURI
        }
    }

    /// What the copy at the destination carries.
    package var mark: OwnershipMark? {
        switch self {
        case .live(let live): live.mark
        case .offline(let offline): offline.mark
        }
    }
}

package struct LiveTransfer: Hashable, Sendable, Codable {
    /// The destination's connection URI as the *source* reaches it.
    package var peerURI: String
    /// Where the memory goes (`tcp://address`); `nil`: the destination chooses.
    package var migrationURI: String?
    /// MiB/s; `nil`: the hypervisor's default.
    package var bandwidthMiBPerSecond: UInt64?
    /// The domain has a persistent definition: define it at the destination and undefine it at the source.
    package var isPersistent: Bool
    /// `VIR_MIGRATE_UNSAFE`. Only when every disk that needs it lies under a path that the configuration
    /// declares shared.
    package var allowsUnsafeDisks: Bool
    /// Targets (`vda`) of the disks whose content is copied onto volumes that wait at the destination; the others are
    /// shared (`VIR_MIGRATE_NON_SHARED_DISK` with `VIR_MIGRATE_PARAM_MIGRATE_DISKS`). Empty: nothing is copied.
    package var copiedDisks: [String]
    /// What the copy at the destination carries, in the definition that runs and in the one that is kept: both are passed
    /// to the hypervisor (`VIR_MIGRATE_PARAM_DEST_XML`, `VIR_MIGRATE_PARAM_PERSIST_XML`), made from the source's when the
    /// call is made. `nil`: the definition is passed on unchanged.
    package var mark: OwnershipMark?

    package init(
        peerURI: String, migrationURI: String? = nil, bandwidthMiBPerSecond: UInt64? = nil, isPersistent: Bool,
        allowsUnsafeDisks: Bool, copiedDisks: [String] = [], mark: OwnershipMark? = nil
    ) {
        self.peerURI = peerURI
        self.migrationURI = migrationURI
        self.bandwidthMiBPerSecond = bandwidthMiBPerSecond
        self.isPersistent = isPersistent
        self.allowsUnsafeDisks = allowsUnsafeDisks
        self.copiedDisks = copiedDisks
        self.mark = mark
    }
}

package struct OfflineTransfer: Hashable, Sendable, Codable {
    /// The destination's connection URI as the *source* reaches it.
    package var peerURI: String
    /// What the copy at the destination carries. `nil`: the definition is passed on unchanged.
    package var mark: OwnershipMark?

    package init(peerURI: String, mark: OwnershipMark? = nil) {
        self.peerURI = peerURI
        self.mark = mark
    }
}
