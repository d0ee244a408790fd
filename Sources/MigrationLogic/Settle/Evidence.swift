import HypervisorAPI

/// What one host says of a guest at one moment.
package enum Observation: Hashable, Sendable {
    case present(DomainSummary)
    /// The host answered that it knows no such domain.
    case absent
    /// The host did not answer, or is not the host it should be.
    case unreadable(String)

    /// In words, for `Knowledge` of an undecided job.
    package func text(on host: String) -> String {
        switch self {
        case .present(let domain):
            "on \(host): \(domain.state.rawValue), \(domain.isPersistent ? "persistent" : "transient")"
        case .absent: "on \(host): not there"
        case .unreadable(let reason): "on \(host): not known (\(reason))"
        }
    }
}

/// Both hosts read in the order destination, source, destination: a move that ends between two reads would
/// otherwise look like a guest lost or doubled.
package struct Evidence: Hashable, Sendable {
    package var destinationFirst: Observation
    package var source: Observation
    package var destinationAgain: Observation
    /// A job runs on the guest, on either host; `nil`: could not be asked.
    package var jobIsActive: Bool?

    package init(
        destinationFirst: Observation, source: Observation, destinationAgain: Observation, jobIsActive: Bool?
    ) {
        self.destinationFirst = destinationFirst
        self.source = source
        self.destinationAgain = destinationAgain
        self.jobIsActive = jobIsActive
    }

    package func knowledge(source: String, destination: String) -> [String] {
        [
            self.source.text(on: source), destinationAgain.text(on: destination),
            jobIsActive.map { $0 ? "a job runs on the guest" : "no job runs on the guest" }
                ?? "whether a job runs on the guest is not known",
        ]
    }
}
