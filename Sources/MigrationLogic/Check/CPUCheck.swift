/// The destination's hypervisor can provide the guest's CPU.
enum CPUCheck: BuiltInCheck {
    static let id = "cpu"

    static func evaluate(_ facts: Facts) -> Finding {
        switch facts.cpu {
        case .known(.none):
            return pass("The guest asks for no particular CPU.")
        case .known(.some(.identical)), .known(.some(.superset)):
            return pass("The destination provides the guest's CPU.")
        case .known(.some(.incompatible(let reason))):
            return refusal(
                "The destination cannot provide the guest's CPU.", seen: reason, needed: "every feature of the guest's CPU",
                remedy: "Choose a destination with these features, or restart the guest with a CPU model that both have.")
        case .failed, .notRead:
            return missing(facts.cpu, "The comparison of the guest's CPU with the destination's")
        }
    }
}
