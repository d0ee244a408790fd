import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Lists migration jobs, or shows one with its reasons and its story.")

    @Argument(help: "A job's number, or its beginning.")
    var job: String?

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let daemon = try connection.connect()
        if let job {
            let row = try await daemon.job(job).row
            if json { try JSONOutput.say(row) } else { Terminal.say(JobText.details(row)) }
            return
        }
        let rows = try await daemon.jobs().map(\.row)
        if json {
            try JSONOutput.say(rows)
        } else {
            Terminal.say(rows.isEmpty ? "There are no jobs." : JobText.table(rows))
        }
    }
}
