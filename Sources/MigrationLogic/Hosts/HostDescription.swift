import HypervisorAPI

/// A host as the configuration describes it, or as an unlisted destination was resolved.
package struct HostDescription: Hashable, Sendable, Codable {
    /// The name people and clients use; compared without regard to case.
    package var name: String
    /// Where the daemon reaches the host.
    package var uri: String
    /// Where another host's libvirt reaches it; `nil` when nothing says so.
    package var peerURI: String?
    /// Where a guest's memory is sent; `nil`: the host chooses.
    package var migrationAddress: String?
    /// MiB/s; `nil`: no cap.
    package var bandwidthMiBPerSecond: UInt64?
    /// Not in the configuration: named by a client where that is allowed.
    package var isUnlisted: Bool

    package init(
        name: String, uri: String, peerURI: String? = nil, migrationAddress: String? = nil,
        bandwidthMiBPerSecond: UInt64? = nil, isUnlisted: Bool = false
    ) {
        self.name = name
        self.uri = uri
        self.peerURI = peerURI
        self.migrationAddress = migrationAddress
        self.bandwidthMiBPerSecond = bandwidthMiBPerSecond
        self.isUnlisted = isUnlisted
    }

    /// The URI that a source host is given: `peerURI`, else `uri` where that names another machine.
    package var effectivePeerURI: String? {
        peerURI ?? (HypervisorURI(uri)?.isRemote == true ? uri : nil)
    }
}
