/// Jobs and findings as people read them.
enum JobText {
    static func table(_ jobs: [JobRow]) -> String {
        var table = TextTable(["JOB", "GUEST", "FROM", "TO", "PHASE", "%", "STATUS"])
        for job in jobs {
            table.add([job.id, job.guest, job.source, job.destination, job.phase, "\(job.percent)", job.status])
        }
        return table.text(indent: 2)
    }

    static func details(_ job: JobRow) -> String {
        var lines = ["job \(job.id): \(job.guest), \(job.source) to \(job.destination), \(job.phase), \(job.percent) %"]
        if let errors = job.errors { lines += errors.split(separator: "\n").map { "error: \($0)" } }
        lines += job.knowledge.map { "known: \($0)" }
        if let by = job.resolvedBy {
            let fenced = job.fencedHosts.isEmpty ? "" : ", who vouched that \(job.fencedHosts.joined(separator: ", ")) is off"
            lines.append("resolved by \(by)\(fenced)")
        }
        if let command = job.virshCommand { lines.append("the same by hand: \(command)") }
        if job.unsafeDisksAllowed {
            lines.append("VIR_MIGRATE_UNSAFE is set: the configuration vouches for the disks' paths")
        }
        lines += job.timeline.map(TimeText.readableLine)
        if !job.findings.isEmpty { lines.append(findings(job.findings)) }
        // A heading names host and file; the file's lines follow, each after a tab.
        lines += job.hypervisorLog.map { $0.hasPrefix("\t") ? "  \($0.dropFirst())" : "hypervisor's log, \($0)" }
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
