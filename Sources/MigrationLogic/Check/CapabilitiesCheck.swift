import HypervisorAPI

/// The destination can run a guest of this architecture, virtualization type and machine type.
enum CapabilitiesCheck: BuiltInCheck {
    static let id = "capabilities"

    static func evaluate(_ facts: Facts) -> Finding {
        guard let definition = facts.definition.value else { return missing(facts.definition, "The guest's definition") }
        guard let capabilities = facts.destinationCapabilities.value else {
            return missing(facts.destinationCapabilities, "The destination's capabilities")
        }
        let wanted = "\(definition.virtualizationType) \(definition.architecture)"
        let guests = capabilities.guests(
            architecture: definition.architecture, virtualizationType: definition.virtualizationType)
        guard !guests.isEmpty else {
            let offered = capabilities.guests.map { guest in
                guest.virtualizationTypes.sorted().joined(separator: "/") + " " + guest.architecture
            }
            return refusal(
                "The destination cannot run guests of this kind.", seen: offered.joined(separator: ", "), needed: wanted,
                remedy: "Enable \(wanted) on \(facts.destinationName) (for kvm: /dev/kvm) or choose another destination.")
        }
        guard let machine = definition.machine, !guests.contains(where: { $0.machines.contains(machine) }) else {
            return pass("The destination runs guests of this kind.", seen: wanted)
        }
        return refusal(
            "The destination's hypervisor does not know the guest's machine type.",
            seen: guests.flatMap(\.machines).sorted().suffix(6).joined(separator: ", "), needed: machine,
            remedy: "Install a hypervisor on \(facts.destinationName) that has \(machine), or choose another destination.")
    }
}
