import ArgumentParser
import Daemon

/// For tests: what MIGRATIOND_CRASH_AT may say.
struct CrashPointsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash-points", abstract: "Lists where the daemon can be made to die (docs/testing.md).",
        shouldDisplay: false)

    func run() throws { Terminal.say(CrashPoint.list.joined(separator: "\n")) }
}
