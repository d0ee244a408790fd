import ArgumentParser
import Daemon
import Logging

/// For demonstrations and tests: hosts that outlive the daemons that use them.
struct FakeHostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fake-hosts",
        abstract: "Keeps hosts in memory for daemons to use, until SIGTERM (docs/fake-hypervisor.md).",
        discussion: "Logs to standard error. Exit status 1: it could not start.", shouldDisplay: false)

    @Option(help: ArgumentHelp("The file that describes hosts and guests.", valueName: "file"))
    var world: String

    @Option(help: ArgumentHelp("The Unix socket for daemons (hypervisor.fakeWorldSocket).", valueName: "path"))
    var socket: String

    @Option(help: ArgumentHelp("The Unix socket by which the world is steered; none unless given.", valueName: "path"))
    var control: String?

    @Option(help: ArgumentHelp("Seconds of the world per second.", valueName: "number"))
    var speed = 1.0

    func run() async throws {
        let level = LogLevel(.info)
        LoggingSystem.bootstrap { label in LogOutput(label: label, level: level) }
        do {
            try await FakeHostsProgram(
                file: world, socket: socket, controlSocket: control, speed: speed, logger: Logger(label: "fake-hosts")
            ).run()
        } catch {
            throw CommandFailure(.negative, "cannot run: \(error)")
        }
    }
}
