import ArgumentParser
import Daemon

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Has the daemon write a copy of its journal.",
        discussion: """
            The daemon writes it into the directory `backups` of its state directory, under a name made of the time, \
            and removes none. `migrationd restore FILE` puts a copy back.
            """)

    @Argument(help: "Also copy it to this file, which must not exist yet.")
    var file: String?

    @OptionGroup var connection: SocketOptions
    @Flag(help: "Print JSON.") var json = false

    struct Report: Encodable {
        /// The daemon's file.
        var backup: String
        var copy: String?
    }

    func run() async throws {
        let daemon = try connection.connect()
        let answer = try await daemon.call("BackUpJournal", on: try await daemon.service(), [])
        guard let backup = answer.output("Path")?.stringValue else {
            throw CommandFailure(.unreachable, "the server made a backup without naming its file.")
        }
        if let file {
            do { try FileCopy.make(of: backup, at: file) } catch {
                throw CommandFailure(.negative, "\(error) The backup itself is complete: \(backup)")
            }
        }
        if json { return try JSONOutput.say(Report(backup: backup, copy: file)) }
        Terminal.say(file ?? backup)
    }
}
