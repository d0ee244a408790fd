/// The guest's state fits the kind of migration. An offline migration of a running guest would succeed in
/// libvirt and leave two definitions, so it is refused here.
enum GuestStateCheck: BuiltInCheck {
    static let id = "guest-state"

    static func evaluate(_ facts: Facts) -> Finding {
        guard case .known(.some(let guest)) = facts.guest else { return missing(facts.guest, "The guest's state") }
        let seen = guest.state.rawValue
        switch (facts.plan.kind, guest.state) {
        case (.live, .running), (.live, .blocked), (.offline, .shutOff):
            return pass("The guest's state fits the migration.", seen: seen)
        case (.live, .paused) where guest.pausedReason != .user:
            return refusal(
                "The guest is paused and nobody paused it on purpose.",
                seen: "paused (\(guest.pausedReason?.rawValue ?? "no reason given"))", needed: "running",
                remedy: "Find out why it is paused, resume it, then migrate.")
        case (.live, .paused):
            return warning(
                "The guest is paused: it arrives paused.", seen: seen, needed: "running",
                remedy: "Resume it before or after the move.")
        case (.live, _):
            return refusal(
                "Domain must be running for live or resume migration.", seen: seen, needed: "running",
                remedy: "Start the guest, or ask for MigrationType 1 (offline), which moves its definition.")
        case (.offline, _) where !guest.isPersistent:
            return refusal(
                "Domain must be shut off for offline migration.", seen: "\(seen), transient", needed: "shut off, persistent",
                remedy: "Define the guest and shut it down, or ask for MigrationType 2 (live).")
        case (.offline, _):
            return refusal(
                "Domain must be shut off for offline migration.", seen: seen, needed: "shut off",
                remedy: "Shut the guest down, or ask for MigrationType 2 (live).")
        }
    }
}
