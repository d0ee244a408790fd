/// Jobs and findings as people read them.
enum JobText {
    static func table(_ jobs: [JobRow]) -> String {
        var table = TextTable(["JOB", "GUEST", "FROM", "TO", "PHASE", "%", "STATUS"])
        for job in jobs {
            table.add([job.id, job.guest, job.source, job.destination, job.phase, "\(job.percent)", job.status])
        }
        return table.text(indent: 2)
    }

    /// A job with its story, part by part.
    static func details(_ job: JobRow) -> String {
        var parts = [summary(job)]
        parts += (job.errorDetails ?? []).map(error)
        parts.append(section("What happened:", job.timeline.map(TimeText.readableLine)))
        if !job.findings.isEmpty { parts.append(section("What the checks found:", [findings(job.findings)])) }
        // A heading names host and file; the file's lines follow, each after a tab.
        let log = job.hypervisorLog.map { $0.hasPrefix("\t") ? "  \($0.dropFirst())" : $0 }
        if !log.isEmpty { parts.append(section("The end of the hypervisor's log:", log)) }
        return parts.joined(separator: "\n\n")
    }

    private static func section(_ heading: String, _ lines: [String]) -> String {
        ([heading] + lines).joined(separator: "\n")
    }

    private static func summary(_ job: JobRow) -> String {
        let move = "\(job.guest), \(job.source) to \(job.destination)"
        var lines = ["job \(job.id): \(move), \(job.phase), \(job.percent) %: \(job.status)"]
        lines += job.knowledge.map { "known: \($0)" }
        if let by = job.resolvedBy {
            let hosts = job.fencedHosts.joined(separator: ", ")
            lines.append("resolved by \(by)" + (hosts.isEmpty ? "" : ", who vouched that \(hosts) is off"))
        }
        if let command = job.virshCommand { lines.append("the same by hand: \(command)") }
        if job.unsafeDisksAllowed {
            lines.append("VIR_MIGRATE_UNSAFE is set: the configuration vouches for the disks' paths")
        }
        return lines.joined(separator: "\n")
    }

    private static func error(_ error: ErrorRow) -> String {
        var lines = ["error: \(error.message)"]
        if let hypervisor = error.hypervisor { lines.append("  the hypervisor: \(hypervisor)") }
        if let remedy = error.remedy { lines.append("  to do: \(remedy)") }
        return lines.joined(separator: "\n")
    }

    /// Every finding on a line; what stands against the move with what was seen, what is needed, what to do.
    static func findings(_ findings: [FindingRow]) -> String {
        let width = findings.map(\.check.count).max() ?? 0
        return findings.map { finding in
            let mark =
                switch finding.severity {
                case "pass": "ok     "
                case "warning": "warning"
                case "refusal": "REFUSED"
                case "error": "ERROR  "
                default: "unknown"
                }
            let pad = String(repeating: " ", count: width - finding.check.count)
            var lines = ["\(mark)  \(finding.check)\(pad)  \(finding.message)"]
            if finding.severity != "pass" {
                let margin = String(repeating: " ", count: 9)
                if let seen = finding.seen { lines.append("\(margin)seen:   \(seen)") }
                if let needed = finding.needed { lines.append("\(margin)needed: \(needed)") }
                if let remedy = finding.remedy { lines.append("\(margin)to do:  \(remedy)") }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
