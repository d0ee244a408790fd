/// What an admin can do about a job that is undecided: the commands as they are typed.
enum ResolveAdvice {
    /// - Parameter suffix: what the commands need to reach the same daemon.
    static func text(_ job: JobRow, _ hosts: [HostRow], suffix: String) -> String {
        func isSilent(_ host: String) -> Bool { hosts.first { $0.name == host }?.state == "no contact" }
        var lines = ["  wait: the job ends by itself when \(job.source) and \(job.destination) answer and agree"]
        for (side, kept, other) in [
            ("source", job.source, job.destination), ("destination", job.destination, job.source),
        ] {
            guard !isSilent(kept) else {
                lines.append("  \(kept) does not answer, so the guest cannot be kept there")
                continue
            }
            let fenced = isSilent(other) ? " --fenced \(other)" : ""
            let condition =
                fenced.isEmpty
                ? "keep the guest on \(kept):"
                : "keep the guest on \(kept), once you have switched \(other) off and made sure that it is off:"
            lines.append("  \(condition)\n    migrationd resolve \(job.id) --keep \(side)\(fenced)\(suffix)")
        }
        return lines.joined(separator: "\n")
    }
}
