import HypervisorAPI

/// Everything that outlives the process: what a journal holds and a start begins from.
package struct JournalContents: Hashable, Sendable {
    /// This daemon's own UUID, lower case: the owner in the marks that it writes.
    package var daemon: String
    package var jobs: [JobRecord]
    /// The highest generation that was ever committed for a guest. A guest whose mark of ours is higher was moved by
    /// commits that this journal does not have.
    package var generations: [DomainUUID: UInt64]
    /// Other daemons' UUIDs whose marks count as ours, because an admin said that they are no more.
    package var adopted: Set<String>
    /// Why the journal cannot be relied on; `nil` when it can.
    package var recoveryNeed: RecoveryNeed?

    package init(
        daemon: String, jobs: [JobRecord] = [], generations: [DomainUUID: UInt64] = [:], adopted: Set<String> = [],
        recoveryNeed: RecoveryNeed? = nil
    ) {
        self.daemon = daemon
        self.jobs = jobs
        self.generations = generations
        self.adopted = adopted
        self.recoveryNeed = recoveryNeed
    }
}

/// The journal does not tell what this daemon did: it is new where there was one, or an older one was put in its place.
/// Until every host has been read again (`migrationd recover`) nothing is started, claimed or cleaned.
package struct RecoveryNeed: Hashable, Sendable, Codable {
    /// What was found, and what was done with it, in a sentence or two.
    package var reason: String
    package var since: Timestamp

    package init(reason: String, since: Timestamp) {
        self.reason = reason
        self.since = since
    }
}
