/// The guest is where the plan says it is.
enum GuestExistsCheck: BuiltInCheck {
    static let id = "guest-exists"

    static func evaluate(_ facts: Facts) -> Finding {
        switch facts.guest {
        case .known(.some(let guest)):
            return pass("\(guest.name) is on \(facts.sourceName).", seen: guest.state.rawValue)
        case .known(.none):
            return refusal(
                "No such domain: \(facts.plan.guestName) is not on \(facts.sourceName).", seen: "absent",
                needed: "a domain with UUID \(facts.plan.guestUUID)",
                remedy: "It may have moved or been undefined; `migrationd status` shows where it is.")
        case .failed, .notRead:
            return missing(facts.guest, "The guest on \(facts.sourceName)")
        }
    }
}
