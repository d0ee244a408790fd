import ArgumentParser
import Daemon
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the daemon until SIGTERM.",
        discussion: "Logs to standard error. Exit status 1: it could not start; 78: the configuration is wrong.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try options.load()
        LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
        var logger = Logger(label: "migrationd")
        logger.logLevel = Logger.Level(rawValue: configuration.service.logLevel.rawValue) ?? .info
        let program = DaemonProgram(configuration: configuration, version: BuildVersion.text, logger: logger)
        do { try await program.run() } catch { throw CommandFailure(.negative, "cannot run: \(error)") }
    }
}
