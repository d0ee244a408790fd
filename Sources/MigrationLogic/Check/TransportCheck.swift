import HypervisorAPI

/// The source can be told how to reach the destination, and by a transport that is no weaker than was asked for.
enum TransportCheck: BuiltInCheck {
    static let id = "transport"

    static func evaluate(_ facts: Facts) -> Finding {
        let destination = facts.plan.destination
        guard let text = destination.effectivePeerURI, let peer = HypervisorURI(text) else {
            return refusal(
                "Nothing says how \(facts.sourceName) reaches \(destination.name).", seen: destination.uri,
                needed: "a URI that names the destination from another machine",
                remedy: "Set peerURI of \(destination.name) in the configuration, such as qemu+ssh://\(destination.name)/system.")
        }
        guard let asked = facts.plan.request.transport, asked.scheme != peer.transport else {
            return pass("\(facts.sourceName) reaches \(destination.name) by \(peer.transport ?? "the default transport").", seen: text)
        }
        let used = peer.transport ?? "none"
        switch asked {
        case .tls, .tlsStrict:
            return refusal(
                "TLS was asked for, and \(destination.name) is configured with another transport.", seen: text, needed: "tls",
                remedy: "Set peerURI of \(destination.name) to a qemu+tls URI, or ask for another TransportType.")
        case .ssh, .tcp, .local:
            return warning(
                "The configuration decides how \(destination.name) is reached: \(used), not \(asked.scheme).", seen: text,
                needed: asked.scheme, remedy: "Leave TransportType out, or change peerURI of \(destination.name).")
        }
    }
}
