import HypervisorAPI

/// What one host says of a guest at one moment.
package enum Observation: Hashable, Sendable {
    case present(DomainSummary)
    /// The host answered that it knows no such domain.
    case absent
    /// The host did not answer, or is not the host it should be.
    case unreadable(String)

    package var domain: DomainSummary? {
        if case .present(let domain) = self { domain } else { nil }
    }

    /// In words, for `Knowledge` of a job.
    package func text(on host: String) -> String {
        switch self {
        case .present(let domain):
            "on \(host): \(domain.state.rawValue), \(domain.isPersistent ? "persistent" : "transient")"
                + (domain.pausedReason.map { ", paused: \($0.rawValue)" } ?? "")
                + (domain.mark.map { ", \($0)" } ?? "")
        case .absent: "on \(host): not there"
        case .unreadable(let reason): "on \(host): not known (\(reason))"
        }
    }

    /// Whether two reads of one host say the same: there or not, and in the same run.
    func agrees(with other: Observation) -> Bool {
        switch (self, other) {
        case (.present(let first), .present(let second)):
            first.isActive == second.isActive && first.id == second.id && first.isPersistent == second.isPersistent
        case (.absent, .absent), (.unreadable, .unreadable): true
        default: false
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

    package var readsAgree: Bool { destinationFirst.agrees(with: destinationAgain) }

    package func last(_ side: Side) -> Observation { side == .source ? source : destinationAgain }

    /// A reason with what the hosts that could not be read said, verbatim.
    func told(_ reason: String) -> String {
        let words = Set(
            [source, destinationAgain].compactMap { if case .unreadable(let words) = $0 { words } else { nil } })
        return ([reason] + words.sorted()).joined(separator: ": ")
    }

    package func knowledge(_ plan: MigrationPlan) -> [String] {
        [
            source.text(on: plan.source.name), destinationAgain.text(on: plan.destination.name),
            jobIsActive.map { $0 ? "a job runs on the guest" : "no job runs on the guest" }
                ?? "whether a job runs on the guest is not known",
        ]
    }
}
