import ArgumentParser
import CIM

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows the daemon, its hypervisor, hosts, guests, running jobs, last results, and what needs you.")

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var daemon: ServiceRow
        var hosts: [HostRow]
        var guests: [GuestRow]
        var running: [JobRow]
        var lastResults: [JobRow]
    }

    func run() async throws {
        let daemon = try connection.connect()
        let service = try await daemon.instance(at: try await daemon.service())
        let jobs = try await daemon.jobs().map(\.row)
        let report = Report(
            daemon: ServiceRow(service),
            hosts: try await daemon.instances(of: "Migrationd_HostSystem").compactMap(HostRow.init),
            guests: try await daemon.instances(of: "Migrationd_VirtualSystem").map(GuestRow.init),
            running: jobs.filter { !$0.hasEnded }, lastResults: JobsCommand.lastResults(jobs))
        if json { return try JSONOutput.say(report) }
        Terminal.say((Self.trouble(report, connection.suffix) + [Self.text(report)]).joined(separator: "\n\n"))
    }

    /// What waits for the admin, each with the commands to type.
    private static func trouble(_ report: Report, _ suffix: String) -> [String] {
        var parts: [String] = []
        if let need = report.daemon.recoveryNeed {
            parts.append(
                """
                RECOVERY NEEDED, migrationd only reads: \(need)
                  have every host read:
                    migrationd recover\(suffix)
                """)
        }
        for job in report.running where job.phase == "undecided" {
            let known = job.knowledge.map { "  known: \($0)" }
            let heading = "UNDECIDED, job \(job.id): \(job.guest), \(job.source) to \(job.destination)"
            let lines = [heading] + known + [ResolveAdvice.text(job, report.hosts, suffix: suffix)]
            parts.append(lines.joined(separator: "\n"))
        }
        for job in report.running where job.phase == "finishing" && !job.knowledge.isEmpty {
            let heading = "NOT FINISHED, job \(job.id): \(job.guest), \(job.source) to \(job.destination)"
            let lines = [heading] + job.knowledge.map { "  waits for: \($0)" }
            let advice = [ResolveAdvice.leaving(job, suffix: suffix)].compactMap(\.self)
            parts.append((lines + advice).joined(separator: "\n"))
        }
        if !report.daemon.foreignGuests.isEmpty { parts.append(foreign(report, suffix)) }
        return parts
    }

    private static func foreign(_ report: Report, _ suffix: String) -> String {
        let guests = report.daemon.foreignGuests.map { "  \($0)" }
        let owners = Set(report.guests.compactMap(\.migrationOwner)).filter { owner in
            owner != report.daemon.uuid && guests.contains { $0.contains("migrationd \(owner),") }
        }
        // A mark that cannot be read names nobody.
        let commands = (owners.isEmpty ? ["UUID"] : owners.sorted()).map {
            "    migrationd recover --adopt \($0)\(suffix)"
        }
        let heading =
            "ANOTHER MIGRATIOND moves these guests, which are only read here (this one is \(report.daemon.uuid)):"
        return ([heading] + guests + ["  if that migrationd is no more:"] + commands).joined(separator: "\n")
    }

    private static func text(_ report: Report) -> String {
        let checks = report.daemon.externalChecks.map { "on, \($0)" } ?? "off (checks.externalDirectory is not set)"
        var parts = [
            """
            migrationd \(report.daemon.version), hypervisor \(report.daemon.hypervisor), since \(TimeText.readable(report.daemon.startTime))
            external checks: \(checks)
            journal: \(report.daemon.journal), of daemon \(report.daemon.uuid)
            """
        ]
        var hosts = TextTable(["HOST", "STATE", "HYPERVISOR", "URI"])
        for host in report.hosts { hosts.add([host.name, host.state, host.hypervisor, host.uri]) }
        parts.append(hosts.text())
        for host in report.hosts { if let error = host.lastError { parts.append("\(host.name): \(error)") } }
        var guests = TextTable(["GUEST", "HOST", "STATE", "MEMORY", "CPUS"])
        for guest in report.guests {
            guests.add([guest.name, guest.host, guest.state, "\(guest.memoryMiB) MiB", "\(guest.virtualCPUs)"])
        }
        parts.append(guests.text())
        parts.append(report.running.isEmpty ? "No job is running." : "Running:\n" + JobText.table(report.running))
        if !report.lastResults.isEmpty { parts.append("Last results:\n" + JobText.table(report.lastResults)) }
        return parts.joined(separator: "\n\n")
    }
}
