import CIM
import MigrationDriver
import Synchronization

/// The class names that clients know, by hypervisor: libvirt-cim's `KVM_` and `Xen_` families.
package enum ClassFamily: String, Sendable, CaseIterable {
    case kvm = "KVM"
    case xen = "Xen"

    /// By a connection URI's driver; the fake hypervisor shows itself as KVM, so that tools notice no difference.
    package init(driver: String) { self = driver == "xen" ? .xen : .kvm }

    var service: CIMName { names.service }
    var capabilities: CIMName { names.capabilities }
    var settingData: CIMName { names.settingData }
    var hostSystem: CIMName { names.hostSystem }
    var computerSystem: CIMName { names.computerSystem }
    var migrationJob: CIMName { names.migrationJob }
    var methodResult: CIMName { names.methodResult }
    var registeredProfile: CIMName { names.registeredProfile }
    var hostedService: CIMName { names.hostedService }
    var serviceAffectsElement: CIMName { names.serviceAffectsElement }
    var elementCapabilities: CIMName { names.elementCapabilities }
    var elementSettingData: CIMName { names.elementSettingData }
    var settingsDefineCapabilities: CIMName { names.settingsDefineCapabilities }
    var owningJobElement: CIMName { names.owningJobElement }
    var affectedJobElement: CIMName { names.affectedJobElement }
    var associatedJobMethodResult: CIMName { names.associatedJobMethodResult }
    var elementConformsToProfile: CIMName { names.elementConformsToProfile }
    var referencedProfile: CIMName { names.referencedProfile }

    private var names: Names {
        switch self {
        case .kvm: Self.kvmNames
        case .xen: Self.xenNames
        }
    }

    /// Every instance and every path names its class: the names are made once.
    private struct Names: Sendable {
        let service: CIMName
        let capabilities: CIMName
        let settingData: CIMName
        let hostSystem: CIMName
        let computerSystem: CIMName
        let migrationJob: CIMName
        let methodResult: CIMName
        let registeredProfile: CIMName
        let hostedService: CIMName
        let serviceAffectsElement: CIMName
        let elementCapabilities: CIMName
        let elementSettingData: CIMName
        let settingsDefineCapabilities: CIMName
        let owningJobElement: CIMName
        let affectedJobElement: CIMName
        let associatedJobMethodResult: CIMName
        let elementConformsToProfile: CIMName
        let referencedProfile: CIMName

        init(prefix: String) {
            func name(_ suffix: StaticString) -> CIMName { CIMName("\(prefix)_\(suffix)") ?? "KVM_" }
            service = name("VirtualSystemMigrationService")
            capabilities = name("VirtualSystemMigrationCapabilities")
            settingData = name("VirtualSystemMigrationSettingData")
            hostSystem = name("HostSystem")
            computerSystem = name("ComputerSystem")
            migrationJob = name("MigrationJob")
            methodResult = name("MethodResult")
            registeredProfile = name("RegisteredProfile")
            hostedService = name("HostedService")
            serviceAffectsElement = name("ServiceAffectsElement")
            elementCapabilities = name("ElementCapabilities")
            elementSettingData = name("ElementSettingData")
            settingsDefineCapabilities = name("SettingsDefineCapabilities")
            owningJobElement = name("OwningJobElement")
            affectedJobElement = name("AffectedJobElement")
            associatedJobMethodResult = name("AssociatedJobMethodResult")
            elementConformsToProfile = name("ElementConformsToProfile")
            referencedProfile = name("ReferencedProfile")
        }
    }

    private static let kvmNames = Names(prefix: "KVM")
    private static let xenNames = Names(prefix: "Xen")
}

/// What the instances say of the daemon itself.
package struct ServiceDescription: Sendable {
    package var softwareVersion: String
    /// `libvirt` or `fake`.
    package var hypervisorDriver: String
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var startedAtMicroseconds: Int64
    /// The machine that the daemon runs on.
    package var hostName: String
    /// `nil`: external checks are off.
    package var externalChecksDirectory: String?
    /// How long MigrateVSTo waits for its job's checks before it answers without their findings.
    package var checkDeadline: Duration

    package init(
        softwareVersion: String, hypervisorDriver: String, startedAtMicroseconds: Int64, hostName: String,
        externalChecksDirectory: String?, checkDeadline: Duration
    ) {
        self.softwareVersion = softwareVersion
        self.hypervisorDriver = hypervisorDriver
        self.startedAtMicroseconds = startedAtMicroseconds
        self.hostName = hostName
        self.externalChecksDirectory = externalChecksDirectory
        self.checkDeadline = checkDeadline
    }
}

/// What the daemon does beside migrations, for the service's methods.
package struct ServiceActions: Sendable {
    /// Writes a copy of the journal to a file of the daemon's choosing; returns its path. What it throws is shown to
    /// people.
    package var backUpJournal: @Sendable () async throws -> String

    package init(backUpJournal: @escaping @Sendable () async throws -> String) { self.backUpJournal = backUpJournal }
}

/// What the instances say of the daemon, as of the last reading of its configuration.
package final class CurrentDescription: Sendable {
    private let contents: Mutex<(description: ServiceDescription, revision: UInt64)>

    package init(_ description: ServiceDescription) { contents = Mutex((description, 0)) }

    package var value: ServiceDescription { contents.withLock { $0.description } }

    /// Another one after each change.
    var revision: UInt64 { contents.withLock { $0.revision } }

    package func change(_ change: (inout ServiceDescription) -> Void) {
        contents.withLock { contents in
            change(&contents.description)
            contents.revision += 1
        }
    }
}
