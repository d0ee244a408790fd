/// What an admin can do about a job that does not end by itself: the commands as they are typed.
enum ResolveAdvice {
    /// For a job that is undecided.
    /// - Parameter suffix: what the commands need to reach the same daemon.
    static func text(_ job: JobRow, _ hosts: [HostRow], suffix: String) -> String {
        var lines = ["  wait: the job ends by itself when \(job.source) and \(job.destination) answer and agree"]
        if isHeld(job.source, job), isHeld(job.destination, job) {
            lines.append(
                """
                  both hosts have a half that a move left paused: a destination that never ran has no complete memory;
                  the half that is kept is made to go on before the other one is ended
                """)
        }
        for side in ["source", "destination"] { lines.append(keeping(side, job, hosts, suffix: suffix)) }
        return lines.joined(separator: "\n")
    }

    /// For a job that is finishing and waits for something; `nil` when nobody can say where the guest is.
    static func leaving(_ job: JobRow, suffix: String) -> String? {
        guard let side = job.settledSide else { return nil }
        return """
              wait: what is left is tried again
              end the job: leaves what is left; add --fenced HOST for a host that is gone:
                migrationd resolve \(job.id) --keep \(side)\(suffix)
            """
    }

    private static func keeping(_ side: String, _ job: JobRow, _ hosts: [HostRow], suffix: String) -> String {
        let (kept, other) = side == "source" ? (job.source, job.destination) : (job.destination, job.source)
        guard !isSilent(kept, job, hosts) else {
            return "  \(kept) does not answer, so the guest cannot be kept there"
        }
        guard !isHeld(kept, job) || !runs(other, job) else {
            return "  the guest runs on \(other), and is one half of a move on \(kept): it cannot be kept there"
        }
        let mustBeOff = isSilent(other, job, hosts)
        let condition = mustBeOff ? ", once you have switched \(other) off and made sure that it is off" : ""
        let fenced = mustBeOff ? " --fenced \(other)" : ""
        return
            "  keep the guest on \(kept)\(condition):\n    migrationd resolve \(job.id) --keep \(side)\(fenced)\(suffix)"
    }

    /// A host that is not configured any more is known by what the job last read of it alone.
    private static func isSilent(_ host: String, _ job: JobRow, _ hosts: [HostRow]) -> Bool {
        if let row = hosts.first(where: { $0.name == host }) { return row.state == "no contact" }
        return known(host, job).first.map { $0.hasPrefix("not known") } ?? true
    }

    /// Paused by a move, which alone knows when it may go on.
    private static func isHeld(_ host: String, _ job: JobRow) -> Bool {
        let reasons = ["migration", "postCopy", "postCopyFailed", "startingUp"]
        return known(host, job).contains { word in reasons.contains { word == "paused: \($0)" } }
    }

    private static func runs(_ host: String, _ job: JobRow) -> Bool {
        let states = ["running", "blocked", "paused", "shuttingDown", "powerManagementSuspended"]
        return known(host, job).first.map(states.contains) == true && !isHeld(host, job)
    }

    /// What the job last read of the guest on a host: its state, then the rest.
    private static func known(_ host: String, _ job: JobRow) -> [String] {
        let prefix = "on \(host): "
        guard let line = job.knowledge.first(where: { $0.hasPrefix(prefix) }) else { return [] }
        return line.dropFirst(prefix.count).split(separator: ", ").map(String.init)
    }
}
