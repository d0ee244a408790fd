/// What one check found. Fails closed: `refusal` and `error` both refuse.
package struct Finding: Hashable, Sendable, Codable {
    /// Values of Migrationd_Finding.Severity.
    package enum Severity: UInt16, Hashable, Sendable, Codable, CaseIterable {
        /// The check cannot know; said, and not held against the move.
        case unknown = 0
        case pass = 2
        case warning = 3
        case refusal = 4
        /// The check could not be carried out: refuses too.
        case error = 5

        package var refuses: Bool { self == .refusal || self == .error }
    }

    /// Stable, for machines and for the configuration: `disks-reachable`, `external:10-quota`.
    package var checkID: String
    package var severity: Severity
    /// One sentence for people.
    package var message: String
    /// What was seen, what was needed, what to do; empty where there is nothing to say.
    package var seen: String
    package var needed: String
    package var remedy: String
    package var elapsedMicroseconds: UInt64

    package init(
        checkID: String, severity: Severity, message: String, seen: String = "", needed: String = "",
        remedy: String = "", elapsedMicroseconds: UInt64 = 0
    ) {
        self.checkID = checkID
        self.severity = severity
        self.message = message
        self.seen = seen
        self.needed = needed
        self.remedy = remedy
        self.elapsedMicroseconds = elapsedMicroseconds
    }
}

/// What all findings come to. Values of the `Verdict` parameter of Migrationd_VirtualSystemMigrationService.
package enum Verdict: UInt16, Hashable, Sendable, Codable, CaseIterable {
    case migratable = 2
    case migratableWithWarnings = 3
    case notMigratable = 4
    /// No check refused, but one could not be carried out.
    case undetermined = 5

    /// No findings at all is no evidence that the guest can move.
    package init(_ findings: [Finding]) {
        let severities = Set(findings.map(\.severity))
        if severities.contains(.refusal) {
            self = .notMigratable
        } else if severities.contains(.error) || severities.isEmpty {
            self = .undetermined
        } else if severities.contains(.warning) || severities.contains(.unknown) {
            self = .migratableWithWarnings
        } else {
            self = .migratable
        }
    }

    package var isMigratable: Bool { self == .migratable || self == .migratableWithWarnings }
}
