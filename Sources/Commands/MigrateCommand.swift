import ArgumentParser
import CIM

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Migrates a guest and shows its progress.",
        discussion: """
            The job belongs to the daemon: ending this command does not end it (`migrationd cancel JOB` does).
            Exit status 0: migrated; 1: refused, failed or cancelled; 5: undecided.
            """)

    @OptionGroup var migration: MigrationArguments
    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON, when the job has ended.") var json = false
    @Flag(help: "Return as soon as the job is accepted.") var noWait = false

    /// Between two looks at the job.
    private static let pause = Duration.milliseconds(200)

    func run() async throws {
        let daemon = try connection.connect()
        // The standard method answers before the checks have run, ours with what they found.
        let answer = try await migration.call(noWait ? "MigrateVirtualSystemToHost" : "MigrateVSTo", daemon)
        guard let path = answer.output("Job")?.referenceValue else {
            throw CommandFailure(.unreachable, "the server accepted the migration without naming a job.")
        }
        var job = JobRow(try await daemon.instance(at: path))
        if !json { Terminal.say("job \(job.id): \(job.guest), \(job.source) to \(job.destination)") }
        if !noWait {
            var view = ProgressView(isSilent: json)
            while !job.hasEnded && job.phase != "undecided" {
                view.show(job)
                try await ContinuousClock().sleep(for: Self.pause)
                job = JobRow(try await daemon.instance(at: path))
            }
            view.finish(job)
        }
        if json { try JSONOutput.say(job) }
        try conclude(job)
    }

    private func conclude(_ job: JobRow) throws {
        switch job.phase {
        case "failed", "cancelled":
            if !json { Terminal.say(JobText.findings(job.findings.filter(\.refuses))) }
            throw CommandFailure(.negative, "\(job.guest) was not migrated: \(job.errors ?? job.status)")
        case "undecided":
            let known = job.knowledge.joined(separator: "\n")
            throw CommandFailure(
                .undecided,
                "\(job.errors ?? job.status)\n\(known)\nWhat can be done: migrationd job \(job.id)\(connection.suffix)")
        default:
            return
        }
    }
}

/// A bar on a terminal, lines elsewhere.
struct ProgressView {
    let isSilent: Bool
    private var lastLine = ""
    private static let width = 30

    init(isSilent: Bool) { self.isSilent = isSilent }

    mutating func show(_ job: JobRow) {
        guard !isSilent else { return }
        if Terminal.isInteractive {
            let filled = Int(job.percent) * Self.width / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
            Terminal.overwrite("[\(bar)] \(job.percent) %  \(job.phase)\(Self.bytes(job))")
        } else {
            // Every tenth is enough for a log.
            let line = "\(job.phase), \(job.percent / 10 * 10) %"
            if line != lastLine { Terminal.say("\(job.phase), \(job.percent) %\(Self.bytes(job))") }
            lastLine = line
        }
    }

    func finish(_ job: JobRow) {
        guard !isSilent else { return }
        if Terminal.isInteractive { Terminal.overwrite("") }
        Terminal.say("\(job.phase), \(job.percent) %: \(job.status)")
    }

    private static func bytes(_ job: JobRow) -> String {
        guard job.phase == "transferring", let total = job.bytesTotal, let remaining = job.bytesRemaining else {
            return ""
        }
        return ", \(remaining / 1_048_576) of \(total / 1_048_576) MiB left"
    }
}
