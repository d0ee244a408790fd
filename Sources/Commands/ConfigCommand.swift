import ArgumentParser
import Daemon

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Looks at the configuration.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Says what is in force and where each value comes from.",
            discussion: "Exit status 0: the configuration is right; 78: it is not, and every mistake is named.")

        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Print JSON.") var json = false

        struct Entry: Encodable {
            var key: String
            var value: String
            var origin: String
        }

        func run() async throws {
            let entries = try options.load().describe().map { Entry(key: $0.key, value: $0.value, origin: $0.origin) }
            if json { return try JSONOutput.say(entries) }
            var table = TextTable(["KEY", "VALUE", "FROM"])
            for entry in entries { table.add([entry.key, entry.value, entry.origin]) }
            Terminal.say(table.text())
        }
    }
}
