import ArgumentParser
import Daemon
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the daemon until SIGTERM; SIGHUP has it read its configuration again.",
        discussion: "Logs to standard error. Exit status 1: it could not start; 78: the configuration is wrong.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let options = options
        let configuration = try options.load()
        let level = LogLevel(configuration.service.logLevel.loggerLevel)
        LoggingSystem.bootstrap { label in LogOutput(label: label, level: level) }
        let program = DaemonProgram(
            configuration: configuration, readAgain: { try options.read() }, version: BuildVersion.text,
            logger: Logger(label: "migrationd"), level: level)
        do { try await program.run() } catch { throw CommandFailure(.negative, "cannot run: \(error)") }
    }
}
