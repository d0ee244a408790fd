import ArgumentParser
import CIM

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the daemon, its hypervisor, hosts, guests, running jobs and last results.")

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var daemon: ServiceRow
        var hosts: [HostRow]
        var guests: [GuestRow]
        var running: [JobRow]
        var lastResults: [JobRow]
    }

    /// Results shown without `--json`, and with it.
    private static let resultsShown = 5

    func run() async throws {
        let daemon = try connection.connect()
        let service = try await daemon.instance(at: try await daemon.service())
        let jobs = try await daemon.jobs().map(\.row)
        let report = Report(
            daemon: ServiceRow(service), hosts: try await daemon.instances(of: "Migrationd_HostSystem").map(HostRow.init),
            guests: try await daemon.instances(of: "Migrationd_VirtualSystem").map(GuestRow.init),
            running: jobs.filter { !$0.hasEnded }, lastResults: Array(jobs.filter(\.hasEnded).suffix(Self.resultsShown)))
        if json { try JSONOutput.say(report) } else { Terminal.say(Self.text(report)) }
    }

    private static func text(_ report: Report) -> String {
        let checks = report.daemon.externalChecks.map { "on, \($0)" } ?? "off (checks.externalDirectory is not set)"
        var parts = [
            """
            migrationd \(report.daemon.version), hypervisor \(report.daemon.hypervisor), since \(TimeText.readable(report.daemon.startTime))
            external checks: \(checks)
            journal: \(report.daemon.journal)
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
