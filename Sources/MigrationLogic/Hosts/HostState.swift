import HypervisorAPI

/// What was last read of a host. Not journalled: after a restart it is read again.
package struct HostState: Hashable, Sendable {
    package enum Contact: Hashable, Sendable {
        /// Not read yet.
        case unknown
        case reachable
        case unreachable(HypervisorError)
    }

    package var description: HostDescription
    package var contact: Contact
    /// The last identity read; kept while the host cannot be reached.
    package var identity: HostIdentity?
    /// The domains last read, by name.
    package var domains: [DomainSummary]
    /// When the last answer came.
    package var readAt: Timestamp?
    /// A read is under way; `readAgain` asks for another one after it.
    package var isReading: Bool
    package var readAgain: Bool

    package init(description: HostDescription) {
        self.description = description
        contact = .unknown
        identity = nil
        domains = []
        readAt = nil
        isReading = false
        readAgain = false
    }
}

/// One reading of a host.
package struct HostReading: Hashable, Sendable {
    package var identity: HostIdentity
    package var domains: [DomainSummary]

    package init(identity: HostIdentity, domains: [DomainSummary]) {
        self.identity = identity
        self.domains = domains
    }
}
