import CIM
import MigrationDriver
import MigrationLogic
import WBEMServer

/// What every provider of this room needs.
struct ProviderContext: Sendable {
    let family: ClassFamily
    /// The one that the provider's instances are served in.
    var namespace: CIMNamespace
    let driver: Driver
    let current: CurrentDescription
    let actions: ServiceActions
    let checks: CheckResults
    let directory: GuestDirectory

    var description: ServiceDescription { current.value }

    /// Of everything that instances are made of beside the results of checks.
    var revision: InstanceRevision { InstanceRevision(driver.revision, current.revision) }

    /// The guests as they were last read.
    var guests: GuestDirectory.Table { directory.table(driver.state) }

    func path(_ className: CIMName, _ keys: [CIMKeyBinding]) -> CIMObjectPath {
        CIMObjectPath(namespace: namespace, className: className, keys: keys)
    }
}

// MARK: - Paths of instances, and back

extension ProviderContext {
    var servicePath: CIMObjectPath {
        path(
            family.service,
            [
                CIMKeyBinding("SystemCreationClassName", .string(family.hostSystem.text)),
                CIMKeyBinding("SystemName", .string(machineName)),
                CIMKeyBinding("CreationClassName", .string(family.service.text)),
                CIMKeyBinding("Name", .string(MigrationServiceProvider.serviceName)),
            ])
    }

    var capabilitiesPath: CIMObjectPath {
        path(
            family.capabilities, [CIMKeyBinding("InstanceID", .string(MigrationCapabilitiesProvider.capabilitiesID))])
    }

    var settingsPath: CIMObjectPath {
        path(family.settingData, [CIMKeyBinding("InstanceID", .string(MigrationSettingDataProvider.settingsID))])
    }

    func hostPath(_ name: String) -> CIMObjectPath { systemPath(family.hostSystem, name) }
    func guestPath(_ guest: Guest) -> CIMObjectPath { guestPath(named: guest.name) }
    func guestPath(named name: String) -> CIMObjectPath { systemPath(family.computerSystem, name) }

    private func systemPath(_ className: CIMName, _ name: String) -> CIMObjectPath {
        path(
            className,
            [CIMKeyBinding("CreationClassName", .string(className.text)), CIMKeyBinding("Name", .string(name))])
    }

    /// The guest that a path leads to; `nil` when it leads to none.
    func guest(at path: CIMObjectPath) -> Guest? {
        guard path.className == family.computerSystem, let name = path["Name"]?.stringValue,
            let guest = guests[named: name], guestPath(guest) == path
        else { return nil }
        return guest
    }

    /// The host system that a path leads to; `nil` when it leads to none.
    func hostSystem(at path: CIMObjectPath) -> HostSystem? {
        guard path.className == family.hostSystem, let name = path["Name"]?.stringValue, hostPath(name) == path else {
            return nil
        }
        return hostSystems.first { $0.name == name }
    }

    /// The job that a path leads to; `nil` when it leads to none.
    func job(at path: CIMObjectPath) -> JobRecord? {
        guard path.className == family.migrationJob, let id = MigrationJobProvider.jobID(path),
            MigrationJobProvider.path(id, self) == path
        else { return nil }
        return driver.state.jobs[id]
    }
}
