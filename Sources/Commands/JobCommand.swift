import ArgumentParser

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Shows one migration job: its story, its errors, what is known of both hosts, and what can be done.")

    @Argument(help: "The job's number, or its beginning.")
    var job: String

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let daemon = try connection.connect()
        let (path, found) = try await daemon.job(job)
        var row = found
        row.errorDetails = ErrorRow.all(try await daemon.call("GetErrors", on: path, []).output("Errors"))
        if json { return try JSONOutput.say(row) }
        var parts = [JobText.details(row)]
        if row.phase == "undecided" {
            let hosts = try await daemon.instances(of: "Migrationd_HostSystem").compactMap(HostRow.init)
            parts.append("What you can do:\n" + ResolveAdvice.text(row, hosts, suffix: connection.suffix))
        }
        if row.phase == "finishing", !row.knowledge.isEmpty,
            let advice = ResolveAdvice.leaving(row, suffix: connection.suffix)
        {
            parts.append("What you can do:\n" + advice)
        }
        Terminal.say(parts.joined(separator: "\n\n"))
    }
}
