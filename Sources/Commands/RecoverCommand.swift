import ArgumentParser
import CIM

struct RecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Reads every host, and relies on the journal again.",
        discussion: """
            Needed after the journal was lost or an older one was put in its place (`migrationd status` says so); \
            harmless at any other time. Jobs that are made anew from the guests' marks, and jobs that have not ended, are \
            taken up: what their moves left on the hosts is put right. A guest that is in no such job is not touched.
            """)

    @Option(
        name: .customLong("fenced"),
        help: "A host that is switched off, and that you have made sure of; it must not answer. May be repeated.")
    var fenced: [String] = []

    @Option(
        name: .customLong("adopt"),
        help: "The UUID of another migrationd that is no more: its marks count as ours from now on. May be repeated.")
    var adopted: [String] = []

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var hosts: [String]
        var guests: Int64
        /// Numbers of jobs.
        var jobsMadeAnew: [String]
        var warnings: [String]
    }

    func run() async throws {
        let daemon = try connection.connect()
        let answer = try await daemon.call(
            "Recover", on: try await daemon.service(),
            [("FencedHosts", .strings(fenced)), ("AdoptedDaemons", .strings(adopted))])
        let report = Report(
            hosts: Self.texts(answer.output("HostsRead")), guests: answer.output("GuestsRead")?.integerValue ?? 0,
            jobsMadeAnew: (answer.output("JobsMadeAnew")?.elements ?? []).compactMap {
                $0?.referenceValue?["InstanceID"]?.stringValue.map(JobRow.number)
            },
            warnings: Self.texts(answer.output("Warnings")))
        if json { return try JSONOutput.say(report) }
        var lines = ["read \(report.hosts.joined(separator: ", ")): \(report.guests) guests"]
        lines += report.jobsMadeAnew.map { "job \($0) was made anew: migrationd job \($0)\(connection.suffix)" }
        lines += report.warnings.map { "warning: \($0)" }
        Terminal.say(lines.joined(separator: "\n"))
    }

    private static func texts(_ value: CIMValue?) -> [String] {
        (value?.elements ?? []).compactMap { $0?.stringValue }
    }
}
