import HypervisorAPI

/// Name and UUID are free at the destination, or belong to the same guest, defined there and not running.
enum IdentityFreeCheck: BuiltInCheck {
    static let id = "identity-free"

    static func evaluate(_ facts: Facts) -> Finding {
        guard case .known(let sameName) = facts.sameName else {
            return missing(facts.sameName, "The destination's domain of that name")
        }
        guard case .known(let sameUUID) = facts.sameUUID else {
            return missing(facts.sameUUID, "The destination's domain of that UUID")
        }
        if let domain = sameUUID, domain.isActive { return active(domain, facts) }
        if let domain = sameName, domain.uuid != facts.plan.guestUUID { return taken("name", domain, facts) }
        if let domain = sameUUID, domain.name != facts.plan.guestName { return taken("UUID", domain, facts) }
        guard let domain = sameUUID else { return pass("Name and UUID are free on \(facts.destinationName).") }
        if facts.plan.kind == .offline {
            return refusal(
                "Remote already has domain: the guest is defined on both hosts.", seen: text(domain),
                needed: "no definition on \(facts.destinationName)",
                remedy: "Decide which definition is right and undefine the other one.")
        }
        return warning(
            "The guest is defined on the destination already; its definition there will be replaced.", seen: text(domain),
            remedy: "Undefine it on \(facts.destinationName) if it is a leftover.")
    }

    private static func active(_ domain: DomainSummary, _ facts: Facts) -> Finding {
        refusal(
            "Remote already has domain: the guest runs on the destination.", seen: text(domain), needed: "not running there",
            remedy: "The guest may be running twice. Look at both hosts before anything else.")
    }

    private static func taken(_ what: String, _ domain: DomainSummary, _ facts: Facts) -> Finding {
        refusal(
            "Remote already has domain: another guest has this \(what) there.", seen: text(domain),
            needed: "the \(what) free on \(facts.destinationName)",
            remedy: "Rename or remove the domain on \(facts.destinationName), or choose another destination.")
    }

    private static func text(_ domain: DomainSummary) -> String {
        "\(domain.name) \(domain.uuid) (\(domain.state.rawValue))"
    }
}
