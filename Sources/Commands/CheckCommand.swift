import ArgumentParser
import CIM

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says whether a guest can be migrated, with every reason.",
        discussion: "Exit status 0: it can; 1: it cannot.")

    @OptionGroup var migration: MigrationArguments
    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        var guest: String
        var destination: String
        var isMigratable: Bool
        var verdict: String
        var findings: [FindingRow]
    }

    func run() async throws {
        let answer = try await migration.call("CheckIsVSMigratable", try connection.connect())
        let verdict = VerdictText(answer.output("Verdict"))
        let report = Report(
            guest: migration.guest, destination: migration.destination, isMigratable: verdict.isMigratable,
            verdict: verdict.text, findings: FindingRow.all(answer.output("Findings")))
        if json {
            try JSONOutput.say(report)
        } else {
            Terminal.say(JobText.findings(report.findings))
            Terminal.say("\(report.guest) to \(report.destination): \(report.verdict)")
        }
        if !report.isMigratable { throw CommandFailure(.negative) }
    }
}

/// The `Verdict` parameter in words.
struct VerdictText {
    let text: String
    let isMigratable: Bool

    init(_ value: CIMValue?) {
        switch value?.integerValue {
        case 2: (text, isMigratable) = ("migratable", true)
        case 3: (text, isMigratable) = ("migratable, with warnings", true)
        case 4: (text, isMigratable) = ("not migratable", false)
        case 5: (text, isMigratable) = ("could not be determined", false)
        default: (text, isMigratable) = ("not known", false)
        }
    }
}
