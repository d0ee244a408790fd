import HypervisorAPI

/// Both ends run the same kind of hypervisor, and the destination's is not older (document 003).
enum HypervisorVersionCheck: BuiltInCheck {
    static let id = "hypervisor-version"

    static func evaluate(_ facts: Facts) -> Finding {
        guard let source = facts.sourceIdentity.value else { return missing(facts.sourceIdentity, "The source's version") }
        guard let destination = facts.destinationIdentity.value else {
            return missing(facts.destinationIdentity, "The destination's version")
        }
        let seen = "\(text(source)) → \(text(destination))"
        guard source.hypervisorType.lowercased() == destination.hypervisorType.lowercased() else {
            return refusal(
                "The hosts run different hypervisors.", seen: seen, needed: source.hypervisorType,
                remedy: "Choose a destination that runs \(source.hypervisorType).")
        }
        guard destination.hypervisorVersion >= source.hypervisorVersion else {
            return refusal(
                "The destination's hypervisor is older than the source's.", seen: seen,
                needed: "at least \(HostIdentity.versionText(source.hypervisorVersion))",
                remedy: "Upgrade \(facts.destinationName) or choose another destination.")
        }
        return pass("The destination's hypervisor is not older.", seen: seen)
    }

    private static func text(_ host: HostIdentity) -> String {
        "\(host.hypervisorType) \(HostIdentity.versionText(host.hypervisorVersion))"
    }
}
