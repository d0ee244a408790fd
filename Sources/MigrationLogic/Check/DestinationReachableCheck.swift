/// The destination's hypervisor answers.
enum DestinationReachableCheck: BuiltInCheck {
    static let id = "destination-reachable"

    static func evaluate(_ facts: Facts) -> Finding {
        switch facts.destinationIdentity {
        case .known(let identity):
            return pass("\(facts.destinationName) answers.", seen: "\(identity.hypervisorType) on \(identity.hostName)")
        case .failed(let failure):
            return refusal(
                "Failed to connect to remote host (\(facts.plan.destination.uri)).", seen: "\(failure)",
                needed: "an answer from \(facts.destinationName)",
                remedy: "See that the host is up, that libvirtd runs there and that \(facts.plan.destination.uri) is right.")
        case .notRead:
            return missing(facts.destinationIdentity, "The destination")
        }
    }
}
