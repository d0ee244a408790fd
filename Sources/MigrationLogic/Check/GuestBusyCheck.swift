/// No job of somebody else's runs on the guest.
enum GuestBusyCheck: BuiltInCheck {
    static let id = "guest-idle"

    static func evaluate(_ facts: Facts) -> Finding {
        guard let job = facts.guestJob.value else { return missing(facts.guestJob, "The guest's job") }
        guard job.isActive else { return pass("No job runs on the guest.") }
        return refusal(
            "Another job already runs on the guest: a migration, save, dump, snapshot or backup.",
            seen: "a job, \(job.elapsedMilliseconds ?? 0) ms old", needed: "no job",
            remedy: "Wait for it to end, or stop it: virsh domjobabort \(VirshCommand.quoted(facts.plan.guestName)).")
    }
}
