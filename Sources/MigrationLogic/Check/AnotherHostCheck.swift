/// Source and destination are two hosts, whatever their names and addresses say.
enum AnotherHostCheck: BuiltInCheck {
    static let id = "another-host"

    static func evaluate(_ facts: Facts) -> Finding {
        guard let source = facts.sourceIdentity.value else {
            return missing(facts.sourceIdentity, "The source's identity")
        }
        guard let destination = facts.destinationIdentity.value else {
            return missing(facts.destinationIdentity, "The destination's identity")
        }
        guard !source.uuid.isEmpty, !destination.uuid.isEmpty else {
            return error(
                "A host does not say who it is.", seen: "source '\(source.uuid)', destination '\(destination.uuid)'",
                remedy: "Set host_uuid in libvirtd.conf on the host that has none.")
        }
        guard source.uuid != destination.uuid else {
            return refusal(
                "The destination is the source itself.", seen: "host UUID \(source.uuid) on both",
                needed: "another host", remedy: "Name another destination; if these are two machines, give each its own host_uuid.")
        }
        return pass("Source and destination are different hosts.")
    }
}
