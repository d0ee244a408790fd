import CIM
import Settings
import WBEMServer

extension Configuration {
    /// Levels of swift-log, by their names there.
    package enum LogLevel: String, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// The section `daemon`: where the daemon lives.
    package struct Service: Hashable, Sendable {
        /// The Unix socket of the CIM server; at most 107 bytes.
        package private(set) var socketPath = "/run/migrationd/migrationd.sock"
        /// Where the journal lives.
        package private(set) var stateDirectory = "/var/lib/migrationd"
        /// Where the MOF files of the schema lie.
        package private(set) var schemaDirectory = "/usr/share/migrationd/schema"
        /// The CIM namespace that the migration classes are in.
        package private(set) var namespace = "root/virt"
        package private(set) var logLevel = LogLevel.info
        /// How long a stop may take: requests get this long to end, and jobs to be put down safely. 1–3600 s.
        package private(set) var shutdownGrace = Duration.seconds(20)

        init(reading section: SettingsSection, _ paths: ConfigurationPaths) {
            section.read("socketPath", paths.socket, into: &socketPath)
            section.read("stateDirectory", paths.path, into: &stateDirectory)
            section.read("schemaDirectory", paths.path, into: &schemaDirectory)
            section.read("namespace", .cimNamespace, into: &namespace)
            section.read("logLevel", .word, into: &logLevel)
            section.read("shutdownGraceSeconds", .seconds(in: 1...3600), into: &shutdownGrace)
        }

        /// This section with what may change while the daemon runs taken from another.
        func reloaded(from other: Service) -> Service {
            var service = self
            service.logLevel = other.logLevel
            return service
        }
    }
}

extension SettingsForm<String> {
    fileprivate static let cimNamespace = SettingsForm.text(
        expected: "a CIM namespace such as root/virt, other than interop and root/interop, which are always there",
        { ConfigurationNames.isNamespace($0) && !isInterop($0) ? $0 : nil }, show: { $0 })

    private static func isInterop(_ name: String) -> Bool {
        CIMNamespace(name).map(InteropServer.namespaces.contains) ?? false
    }
}
