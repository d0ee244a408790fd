import HypervisorAPI

/// What this daemon knows of whose a guest is.
package struct Ownership: Hashable, Sendable {
    package var daemon: String
    package var adopted: Set<String>
    /// The highest generation that the journal holds for the guest; 0 when it holds none.
    package var generation: UInt64

    package init(daemon: String = "", adopted: Set<String> = [], generation: UInt64 = 0) {
        self.daemon = daemon
        self.adopted = adopted
        self.generation = generation
    }
}

/// Whether another daemon moves the guest, or this one did and its journal does not know.
enum OwnershipCheck: BuiltInCheck {
    static let id = "ownership"

    static func evaluate(_ facts: Facts) -> Finding {
        guard case .known(let guest) = facts.guest else { return missing(facts.guest, "The guest") }
        guard let guest else { return unknown("Not evaluated: there is no such guest.") }
        guard let mark = guest.mark else { return pass("No other migrationd has marked the guest.") }
        if mark.owner.isEmpty {
            return refusal(
                "The guest carries an ownership mark that cannot be read.", seen: "metadata \(OwnershipMark.namespace)",
                needed: "a mark of this daemon, or none",
                remedy:
                    "Find out who wrote it; then remove it: virsh metadata \(guest.name) \(OwnershipMark.namespace) "
                    + "--remove --live --config")
        }
        guard mark.owner == facts.ownership.daemon else {
            if facts.ownership.adopted.contains(mark.owner) { return pass("The guest's last daemon was adopted.") }
            return refusal(
                "Another migrationd moves this guest: to this one it is read-only.", seen: "\(mark)",
                needed: "a mark of migrationd \(facts.ownership.daemon)",
                remedy: "Have that daemon move it. If it is no more: migrationd recover --adopt \(mark.owner)")
        }
        guard mark.generation <= facts.ownership.generation else {
            return refusal(
                "The guest was moved by this daemon, and its journal does not know of it.", seen: "\(mark)",
                needed: "at most generation \(facts.ownership.generation)",
                remedy: "The journal is older than the guest. Have every host read: migrationd recover")
        }
        return pass("The guest is this daemon's.", seen: "\(mark)")
    }
}
