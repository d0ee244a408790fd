import ArgumentParser

struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "Lists the migration jobs that are under way, and the last ones that ended.",
        discussion: "`migrationd job JOB` shows one.")

    @Flag(help: "List all jobs that have ended and are still kept, the oldest first.")
    var history = false

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    /// Ended jobs shown without `--history`, here and by `status`.
    static let resultsShown = 5

    func run() async throws {
        let rows = try await connection.connect().jobs().map(\.row)
        let shown = history ? rows.filter(\.hasEnded) : rows.filter { !$0.hasEnded } + Self.lastResults(rows)
        if json { return try JSONOutput.say(shown) }
        let none = history ? "No job has ended." : "There are no jobs."
        Terminal.say(shown.isEmpty ? none : JobText.table(shown))
    }

    /// The jobs that ended and were submitted last.
    static func lastResults(_ rows: [JobRow]) -> [JobRow] { Array(rows.filter(\.hasEnded).suffix(resultsShown)) }
}
