import ArgumentParser
import CIM

struct ResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Settles an undecided job: says on which host the guest is kept. Ends one that cannot finish.",
        discussion: """
            Both hosts are read again first, and refuse what they contradict (exit status 4). The copy that is not kept \
            is ended or removed if it bears the job's mark; nothing else is touched. Of a job that is finishing, what is left is told and left. `migrationd job JOB` shows what is \
            known, and the commands that fit.
            """)

    enum Keep: String, ExpressibleByArgument, CaseIterable {
        case source, destination

        /// ResolveJob's Keep.
        var value: UInt16 { self == .source ? 2 : 3 }
    }

    @Argument(help: "The job's number, or its beginning.")
    var job: String

    @Option(help: "Where the guest is kept: on the job's source or its destination.")
    var keep: Keep

    @Option(
        name: .customLong("fenced"),
        help: "A host that is switched off, and that you have made sure of; it must not answer. May be repeated.")
    var fenced: [String] = []

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let daemon = try connection.connect()
        let (path, _) = try await daemon.job(job)
        _ = try await daemon.call(
            "ResolveJob", on: try await daemon.service(),
            [
                ("Job", .reference(path)), ("Keep", .uint16(keep.value)), ("FencedHosts", .strings(fenced)),
            ])
        let row = JobRow(try await daemon.instance(at: path))
        if json { return try JSONOutput.say(row) }
        let kept = keep == .source ? row.source : row.destination
        Terminal.say("job \(row.id): \(row.guest) is kept on \(kept); \(row.phase): \(row.status)")
    }
}
