import ArgumentParser
import CIM

/// What `check` and `migrate` are told of a move.
struct MigrationArguments: ParsableArguments {
    @Argument(help: "The guest: its name, or its UUID.")
    var guest: String

    @Argument(help: "The destination: a configured host's name, address or exact URI.")
    var destination: String

    @Flag(help: "Move the definition of a guest that is shut off.")
    var offline = false

    @Flag(help: "Copy disks that are not shared, whole, into the destination's storage pools.")
    var copyStorage = false

    @Option(help: "MiB/s at most.")
    var bandwidth: UInt16?

    @Option(help: "Among waiting migrations, smaller goes first; 0 is the default, in the middle.")
    var priority: UInt16?

    @Option(
        name: .customLong("check-parameter"), help: "A line for the external checks' parameter file; may be repeated.")
    var checkParameters: [String] = []

    func validate() throws {
        if offline, copyStorage {
            throw ValidationError("--copy-storage goes with a live migration, not with --offline.")
        }
        for word in [guest, destination] + checkParameters where !word.unicodeScalars.allSatisfy(Self.canTravel) {
            throw ValidationError("A control character cannot be sent to the daemon: \(word.debugDescription)")
        }
    }

    /// Whether XML 1.0 can carry a character.
    private static func canTravel(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 || ["\t", "\n", "\r"].contains(scalar)
    }

    /// The parameters of the service's methods.
    func parameters(family: String) throws -> [(CIMName, CIMValue?)] {
        guard let guestClass = CIMName("\(family)_ComputerSystem"),
            let settingsClass = CIMName("\(family)_VirtualSystemMigrationSettingData")
        else { throw CommandFailure(.unreachable, "the server's service has the unexpected family '\(family)'.") }
        let path = CIMObjectPath(
            className: guestClass,
            keys: [
                CIMKeyBinding("CreationClassName", .string(guestClass.text)), CIMKeyBinding("Name", .string(guest)),
            ])
        var settings = CIMInstance(
            className: settingsClass,
            properties: [
                CIMPropertyValue("InstanceID", .string("migrationd command")),
                CIMPropertyValue("MigrationType", .uint16(offline ? 1 : 2)),
            ])
        if copyStorage { settings.properties.append(CIMPropertyValue("StorageCopy", .uint16(3))) }
        if let bandwidth { settings.properties.append(CIMPropertyValue("Bandwidth", .uint16(bandwidth))) }
        if let priority { settings.properties.append(CIMPropertyValue("Priority", .uint16(priority))) }
        if !checkParameters.isEmpty {
            settings.properties.append(CIMPropertyValue("CheckParameters", .strings(checkParameters)))
        }
        return [
            ("ComputerSystem", .reference(path)), ("DestinationHost", .string(destination)),
            ("MigrationSettingData", .instance(settings)),
        ]
    }

    /// Calls one of the service's methods with these parameters.
    func call(_ method: CIMName, _ daemon: DaemonConnection) async throws -> MethodAnswer {
        let service = try await daemon.service()
        let family = service.className.text.split(separator: "_").first.map(String.init) ?? ""
        return try await daemon.call(method, on: service, try parameters(family: family))
    }
}
