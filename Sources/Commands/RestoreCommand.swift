import ArgumentParser
import Daemon

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a copy of the journal in the journal's place.",
        discussion: """
            The daemon must not run. The journal that is there now is set aside, not removed. A restored journal does \
            not know what was done since: the daemon only reads until `migrationd recover`.
            """)

    @Argument(help: "A file that `migrationd backup` made.")
    var file: String

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try options.load()
        let report: String
        do { report = try await JournalRestore.run(configuration, from: file) } catch {
            throw CommandFailure(.negative, "nothing was restored: \(error)")
        }
        Terminal.say(
            """
            \(report)
            Next: start the daemon (systemctl start migrationd), then have it read every host: migrationd recover
            """)
    }
}
