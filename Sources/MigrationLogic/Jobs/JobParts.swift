import HypervisorAPI

/// One line of a job's story.
package struct TimelineEntry: Hashable, Sendable, Codable {
    package var at: Timestamp
    package var text: String

    package init(at: Timestamp, text: String) {
        self.at = at
        self.text = text
    }
}

/// Where a guest was proved to be, and how its job ends once everything is put right.
package struct SettledOutcome: Hashable, Sendable, Codable {
    package var side: Side
    package var phase: JobPhase
    package var text: String
}

/// An act on one host that a job intends: in the journal before it is done.
package struct IntendedAct: Hashable, Sendable, Codable {
    package var side: Side
    package var act: DomainAct
}

/// An admin's word on a job that could not be settled by itself.
package struct Resolution: Hashable, Sendable, Codable {
    package var keep: Side
    /// Hosts that the admin vouches for as switched off; they must not answer.
    package var fenced: [String]
    /// Who said so.
    package var owner: String

    package init(keep: Side, fenced: [String] = [], owner: String = "") {
        self.keep = keep
        self.fenced = fenced
        self.owner = owner
    }
}

/// The end of what a host's hypervisor wrote about the guest.
package struct LogExcerpt: Hashable, Sendable, Codable {
    package var host: String
    package var file: String
    /// Verbatim; at most the last 40 lines.
    package var lines: [String]

    package init(host: String, file: String, lines: [String]) {
        self.host = host
        self.file = file
        self.lines = lines
    }
}
