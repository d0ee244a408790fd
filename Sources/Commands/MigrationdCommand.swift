import ArgumentParser
import Glibc

/// The command line. Each command is a file of its own.
package struct MigrationdCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "migrationd",
        abstract: "Moves virtual machines between libvirt hosts, and says beforehand whether a move will work.",
        discussion: """
            `migrationd serve` is the daemon; every other command speaks to it over its socket, as any CIM client can.

            Exit status: 0 success; 1 the answer is no (not migratable, failed, cancelled); 3 the daemon cannot be \
            reached; 4 it refused the request; 5 the outcome is undecided; 64 wrong usage; 78 wrong configuration.
            """,
        version: BuildVersion.text,
        subcommands: [
            ServeCommand.self, StatusCommand.self, CheckCommand.self, MigrateCommand.self, JobsCommand.self,
            JobCommand.self, CancelCommand.self, ResolveCommand.self, RecoverCommand.self, BackupCommand.self,
            RestoreCommand.self, ConfigCommand.self, SchemaCommand.self, CrashPointsCommand.self, FakeHostsCommand.self,
        ])

    package init() {}

    /// Parses the command line, runs the command and exits. An error never leaves `main`.
    package static func runAndExit() async -> Never {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Glibc.exit(ExitStatus.success.rawValue)
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { Terminal.complain("migrationd: \(failure.message)") }
            Glibc.exit(failure.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
