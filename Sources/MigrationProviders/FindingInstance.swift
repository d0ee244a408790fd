import CIM
import MigrationLogic
import WBEMServer

/// Migrationd_Finding: one check's finding, embedded in answers and jobs.
enum FindingInstance {
    static let className: CIMName = "Migrationd_Finding"
    static let checkID = PropertyKey<String>("CheckID")
    static let severity = PropertyKey<UInt16>("Severity")
    static let message = PropertyKey<String>("Message")
    static let seen = PropertyKey<String>("Seen")
    static let needed = PropertyKey<String>("Needed")
    static let remedy = PropertyKey<String>("Remedy")
    static let elapsed = PropertyKey<UInt64>("ElapsedMicroseconds")

    static func make(_ finding: Finding) -> CIMInstance {
        var builder = InstanceBuilder(className)
        builder[checkID] = finding.checkID
        builder[severity] = finding.severity.rawValue
        builder[message] = finding.message
        builder[seen] = finding.seen.isEmpty ? nil : finding.seen
        builder[needed] = finding.needed.isEmpty ? nil : finding.needed
        builder[remedy] = finding.remedy.isEmpty ? nil : finding.remedy
        builder[elapsed] = finding.elapsedMicroseconds
        return builder.instance
    }
}
