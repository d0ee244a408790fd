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

    private var names: Names {
        switch self {
        case .kvm: Self.kvmNames
        case .xen: Self.xenNames
        }
    }

    /// Every instance and every path names its class: the names are made once.
    private struct Names: Sendable {
        let service, capabilities, settingData, hostSystem, computerSystem, migrationJob: CIMName
    }

    private static let kvmNames = Names(
        service: "KVM_VirtualSystemMigrationService", capabilities: "KVM_VirtualSystemMigrationCapabilities",
        settingData: "KVM_VirtualSystemMigrationSettingData", hostSystem: "KVM_HostSystem",
        computerSystem: "KVM_ComputerSystem", migrationJob: "KVM_MigrationJob")
    private static let xenNames = Names(
        service: "Xen_VirtualSystemMigrationService", capabilities: "Xen_VirtualSystemMigrationCapabilities",
        settingData: "Xen_VirtualSystemMigrationSettingData", hostSystem: "Xen_HostSystem",
        computerSystem: "Xen_ComputerSystem", migrationJob: "Xen_MigrationJob")
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

/// What every provider of this room needs.
struct ProviderContext: Sendable {
    let family: ClassFamily
    let namespace: CIMNamespace
    let driver: Driver
    let current: CurrentDescription
    let actions: ServiceActions

    var description: ServiceDescription { current.value }

    func path(_ className: CIMName, _ keys: [CIMKeyBinding]) -> CIMObjectPath {
        CIMObjectPath(namespace: namespace, className: className, keys: keys)
    }
}
