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
    /// Where the host's QEMU logs lie, if this process can read them; `nil`: it cannot.
    package var qemuLogDirectory: String?
    /// The host's qemu.conf, if this process can read it; `nil`: it cannot.
    package var qemuConfiguration: String?
    /// Not in the configuration: named by a client where that is allowed.
    package var isUnlisted: Bool

    package init(
        name: String, uri: String, peerURI: String? = nil, migrationAddress: String? = nil,
        bandwidthMiBPerSecond: UInt64? = nil, qemuLogDirectory: String? = nil, qemuConfiguration: String? = nil,
        isUnlisted: Bool = false
    ) {
        self.name = name
        self.uri = uri
        self.peerURI = peerURI
        self.migrationAddress = migrationAddress
        self.bandwidthMiBPerSecond = bandwidthMiBPerSecond
        self.qemuLogDirectory = qemuLogDirectory
        self.qemuConfiguration = qemuConfiguration
        self.isUnlisted = isUnlisted
    }

    /// The URI that a source host is given: `peerURI`, else `uri` where that names another machine.
    package var effectivePeerURI: String? {
        peerURI ?? (HypervisorURI(uri)?.isRemote == true ? uri : nil)
    }
}
