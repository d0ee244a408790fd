import CIM
import MigrationDriver
import Synchronization

/// The class names that clients know, by hypervisor: libvirt-cim's `KVM_` and `Xen_` families.
package enum ClassFamily: String, Sendable, CaseIterable {
    case kvm = "KVM"
    case xen = "Xen"

    /// By a connection URI's driver; the fake hypervisor shows itself as KVM, so that tools notice no difference.
    package init(driver: String) { self = driver == "xen" ? .xen : .kvm }

    var service: CIMName { name("VirtualSystemMigrationService") }
    var capabilities: CIMName { name("VirtualSystemMigrationCapabilities") }
    var settingData: CIMName { name("VirtualSystemMigrationSettingData") }
    var hostSystem: CIMName { name("HostSystem") }
    var computerSystem: CIMName { name("ComputerSystem") }
    var migrationJob: CIMName { name("MigrationJob") }
    var methodResult: CIMName { name("MethodResult") }
    var registeredProfile: CIMName { name("RegisteredProfile") }

    var hostedService: CIMName { name("HostedService") }
    var serviceAffectsElement: CIMName { name("ServiceAffectsElement") }
    var elementCapabilities: CIMName { name("ElementCapabilities") }
    var elementSettingData: CIMName { name("ElementSettingData") }
    var settingsDefineCapabilities: CIMName { name("SettingsDefineCapabilities") }
    var owningJobElement: CIMName { name("OwningJobElement") }
    var affectedJobElement: CIMName { name("AffectedJobElement") }
    var associatedJobMethodResult: CIMName { name("AssociatedJobMethodResult") }
    var elementConformsToProfile: CIMName { name("ElementConformsToProfile") }
    var referencedProfile: CIMName { name("ReferencedProfile") }

    private func name(_ suffix: String) -> CIMName {
        switch self {
        case .kvm: CIMName("KVM_\(suffix)") ?? "KVM_"
        case .xen: CIMName("Xen_\(suffix)") ?? "Xen_"
        }
    }
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
    private let contents: Mutex<ServiceDescription>

    package init(_ description: ServiceDescription) { contents = Mutex(description) }

    package var value: ServiceDescription { contents.withLock { $0 } }

    package func change(_ change: (inout ServiceDescription) -> Void) { contents.withLock { change(&$0) } }
}
