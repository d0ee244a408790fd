import Settings

/// What the daemon is told: one file of YAML, `config/migrationd.yaml`, with a few values from the command line.
///
/// Each section is a structure of its own, whose initial values are the defaults, spelled nowhere else. Relative paths
/// in the file are relative to the file's own directory, on the command line to the working directory.
package struct Configuration: Sendable {
    package let service: Service
    package let hypervisor: HypervisorAccess
    /// At least one; names and URIs are unique.
    package let hosts: [Host]
    package let migration: Migration
    package let checks: Checks
    package let limits: Limits
    package let access: Access
    private let entries: [SettingsEntry]

    /// Reads a file and checks it, together with what it refers to on this machine.
    /// - Throws: `SettingsError` with everything that is wrong, not only the first thing.
    package static func load(
        file: String, overrides: [SettingsOverride] = [], surroundings: ConfigurationSurroundings = .live()
    ) throws(SettingsError) -> Configuration {
        let document = try SettingsDocument(contentsOf: file)
        let directory = surroundings.directory(file)
        return try Configuration(document, directory: directory, overrides: overrides, surroundings: surroundings)
    }

    /// - Parameter directory: where the file's relative paths start; absolute.
    package init(
        _ document: SettingsDocument, directory: String, overrides: [SettingsOverride] = [],
        surroundings: ConfigurationSurroundings
    ) throws(SettingsError) {
        let reader = SettingsReader(document, overrides: overrides)
        let root = reader.root
        let paths = ConfigurationPaths(fileDirectory: directory, workingDirectory: surroundings.workingDirectory)
        service = Service(reading: root.section("daemon"), paths)
        hypervisor = HypervisorAccess(reading: root.section("hypervisor"), paths, surroundings)
        hosts = Host.all(reading: root, driver: hypervisor.driver, paths)
        migration = Migration(reading: root.section("migration"))
        checks = Checks(reading: root.section("checks"), paths, surroundings)
        limits = Limits(reading: root.section("limits"))
        access = Access(
            reading: root.section("access"), paths, surroundings, stateDirectory: service.stateDirectory)
        entries = try reader.finish()
    }

    /// This configuration with what may change while the daemon runs taken from one that was read later.
    /// - Throws: why nothing of the other can be taken.
    package func reloaded(from other: Configuration) throws(StartError) -> Configuration {
        guard hypervisor.driver.name == other.hypervisor.driver.name else {
            throw StartError(
                .hypervisor, "hypervisor.driver is another, and the hosts are its own: restart migrationd instead.")
        }
        return Configuration(reloading: self, from: other)
    }

    private init(reloading old: Configuration, from new: Configuration) {
        service = old.service.reloaded(from: new.service)
        hypervisor = old.hypervisor
        hosts = new.hosts
        migration = new.migration
        checks = new.checks
        limits = old.limits.reloaded(from: new.limits)
        access = old.access.reloaded(from: new.access)
        entries = new.entries
    }

    /// Every key with its value and where that comes from (`default`, `FILE:LINE`, `command line (OPTION)`), in the
    /// order of the commented file.
    package func describe() -> [(key: String, value: String, origin: String)] {
        entries.map { ($0.key, $0.value, $0.origin.description) }
    }
}
