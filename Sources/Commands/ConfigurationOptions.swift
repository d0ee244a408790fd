import ArgumentParser
import Daemon
import Settings

/// Where the configuration is.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "The configuration file.")
    var config = "/etc/migrationd/migrationd.yaml"

    @Option(help: "Overrides daemon.logLevel: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    func load() throws -> Configuration {
        do { return try read() } catch {
            throw CommandFailure(.configuration, "the configuration is wrong:\n\(error)")
        }
    }

    func read() throws(SettingsError) -> Configuration {
        let overrides = logLevel.map {
            [SettingsOverride(key: "daemon.logLevel", value: $0, option: "--log-level")]
        }
        return try Configuration.load(file: config, overrides: overrides ?? [])
    }
}
