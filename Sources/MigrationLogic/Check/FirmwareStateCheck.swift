import HypervisorAPI

/// What the guest's firmware and TPM remember goes with it. A live move carries it in its stream; the move of a mere
/// definition leaves files behind that the next start would miss.
enum FirmwareStateCheck: BuiltInCheck {
    static let id = "firmware-state"

    /// Where libvirt keeps the state of emulated TPMs, a directory for each guest's UUID.
    /// Source: libvirt, `qemuTPMEmulatorInitPaths`.
    private static let tpmDirectory = "/var/lib/libvirt/swtpm"

    static func evaluate(_ facts: Facts) -> Finding {
        guard let definition = facts.definition.value else { return missing(facts.definition, "The guest's firmware") }
        let state = state(of: definition)
        if definition.tpms.contains(where: { $0.backend == .passthrough }) {
            return refusal(
                "The guest uses its host's own TPM, which stays where it is.", seen: "tpm backend passthrough",
                needed: "an emulated TPM, or none", remedy: "Give the guest an emulated TPM, or leave it on its host.")
        }
        guard !state.isEmpty else { return pass("The guest has no firmware variables and no TPM state.") }
        let seen = state.joined(separator: ", ")
        guard facts.plan.kind == .offline else { return pass("Firmware and TPM state go with the guest.", seen: seen) }
        let left = state.filter { SharedDisks.directory(of: $0, facts) == nil }
        guard !left.isEmpty else { return pass("Firmware and TPM state are on shared storage.", seen: seen) }
        return refusal(
            "Moving the definition alone would leave the guest's firmware or TPM state on \(facts.sourceName).",
            seen: left.joined(separator: ", "), needed: "state under a directory that both hosts share",
            remedy:
                "Start the guest and migrate it live, or keep this state on shared storage and declare its directory in "
                + "migration.sharedPaths.")
    }

    private static func state(of definition: DomainDefinition) -> [String] {
        let tpms = definition.tpms.filter { $0.backend == .emulator }.map { _ in "\(tpmDirectory)/\(definition.uuid)" }
        return [definition.nvram].compactMap(\.self) + tpms
    }
}
