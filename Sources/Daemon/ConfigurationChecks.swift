import Settings

extension Configuration {
    /// The section `checks`: programs of the administrator's that may refuse a migration.
    package struct Checks: Hashable, Sendable {
        /// Where they lie; `nil`: there are none. Set, it must be there: a missing directory is no permission to migrate.
        package private(set) var externalDirectory: String?
        /// For one program. 1–3600 s.
        package private(set) var externalTimeout = Duration.seconds(10)
        /// For all of one check. 1–3600 s.
        package private(set) var overallTimeout = Duration.seconds(60)
        /// Of a program's output, as much is kept. 1 KiB to 16 MiB.
        package private(set) var outputLimitBytes = 65536
        /// The user that programs run as; `nil`: the daemon's own.
        package private(set) var runAs: String?
        /// The program that starts others with limits; beside the daemon's executable unless set.
        package private(set) var confinePath: String

        init(reading section: SettingsSection, _ paths: ConfigurationPaths, _ surroundings: ConfigurationSurroundings) {
            confinePath = surroundings.executableDirectory + "/confine"
            section.read("externalDirectory", paths.path, into: &externalDirectory)
            section.read("externalTimeoutSeconds", .seconds(in: 1...3600), into: &externalTimeout)
            section.read("overallTimeoutSeconds", .seconds(in: 1...3600), into: &overallTimeout)
            section.read("outputLimitBytes", .integer(in: 1024...16_777_216), into: &outputLimitBytes)
            section.read("runAs", .string, into: &runAs)
            section.read("confinePath", paths.path, into: &confinePath, nullIsDefault: true)
            if externalTimeout > overallTimeout {
                section.reject(
                    "externalTimeoutSeconds", .invalid, "longer than overallTimeoutSeconds, so it never passes")
            }
            if externalDirectory != nil { probe(section, surroundings) }
        }

        private func probe(_ section: SettingsSection, _ surroundings: ConfigurationSurroundings) {
            if let externalDirectory, let reason = surroundings.whyNotDirectory(externalDirectory) {
                let remedy = "create it, or set null to run no external checks"
                section.reject(
                    "externalDirectory", .invalid, "\(externalDirectory.quotedForMessage): \(reason); \(remedy)")
            }
            if let reason = surroundings.whyNotProgram(confinePath) {
                let message = "\(confinePath.quotedForMessage), which external checks need: \(reason)"
                section.reject("confinePath", .invalid, message)
            }
            if let runAs, case .failure(let fault) = surroundings.userID(runAs) {
                section.reject("runAs", .invalid, "\(runAs.quotedForMessage): \(fault.reason)")
            }
        }
    }
}
