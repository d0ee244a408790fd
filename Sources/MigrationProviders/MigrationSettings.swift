import CIM
import MigrationLogic
import WBEMServer

/// Reads CIM_VirtualSystemMigrationSettingData as a client sends it. A setting that cannot be honoured is refused.
struct MigrationSettings {
    static let migrationType = PropertyKey<UInt16>("MigrationType")
    static let transportType = PropertyKey<UInt16>("TransportType")
    static let otherTransportType = PropertyKey<String>("OtherTransportType")
    static let priority = PropertyKey<UInt16>("Priority")
    static let bandwidth = PropertyKey<UInt16>("Bandwidth")
    static let bandwidthUnit = PropertyKey<String>("BandwidthUnit")
    static let checkParameters = PropertyKey<[String]>("CheckParameters")
    static let storageCopy = PropertyKey<UInt16>("StorageCopy")

    var kind: MigrationKind = .live
    var transport: TransportKind?
    var priority: UInt16 = 0
    var bandwidthMiBPerSecond: UInt64?
    var copiesStorage = false
    var checkParameters: [String]?

    /// - Parameter instance: `nil` when the client sent no settings: a live migration as the configuration says.
    init(_ instance: CIMInstance?) throws(CIMError) {
        guard let instance else { return }
        if let type = instance[Self.migrationType] {
            guard let kind = MigrationKind(rawValue: type) else {
                throw CIMError(
                    .failed, "Unsupported migration type \(type). Supported: 1 (offline: the definition), 2 (live).")
            }
            self.kind = kind
        }
        if let type = instance[Self.transportType] {
            guard let transport = TransportKind(rawValue: type) else {
                throw CIMError(
                    .invalidParameter,
                    "Unsupported TransportType \(type). Supported: 2 SSH, 3 TLS, 4 TLS Strict, 5 TCP, 6 IPC, or none.")
            }
            self.transport = transport
        }
        if let other = instance[Self.otherTransportType], !other.isEmpty {
            throw CIMError(
                .invalidParameter, "OtherTransportType is not supported; leave it out and use TransportType.")
        }
        priority = instance[Self.priority] ?? 0
        bandwidthMiBPerSecond = try Self.bandwidth(instance)
        copiesStorage = try Self.copiesStorage(instance, kind)
        if instance["CheckParameters"] != nil, instance[Self.checkParameters] == nil {
            throw CIMError(.invalidParameter, "CheckParameters holds a NULL element.")
        }
        checkParameters = instance[Self.checkParameters]
        // One value is one line of the checks' parameter file.
        if let index = checkParameters?.firstIndex(where: { $0.contains { $0.isNewline || $0 == "\0" } }) {
            throw CIMError(.invalidParameter, "CheckParameters[\(index)] holds a line break or NUL.")
        }
    }

    /// The settings that a request came with, with the defaults of those that it left out.
    static func instance(of request: MigrationRequest, _ className: CIMName) -> CIMInstance {
        var builder = InstanceBuilder(className)
        builder[PropertyKey<String>("InstanceID")] = MigrationSettingDataProvider.settingsID
        builder[PropertyKey<String>("ElementName")] = MigrationSettingDataProvider.settingsID
        builder[migrationType] = request.kind.rawValue
        builder[transportType] = request.transport?.rawValue
        builder[priority] = request.priority
        if let bandwidth = request.bandwidthMiBPerSecond {
            builder[Self.bandwidth] = UInt16(clamping: bandwidth)
            builder[bandwidthUnit] = "byte / second * 2^20"
        }
        // CheckParameters are for the site's own checks, and not for everybody who may read jobs.
        builder[storageCopy] = request.copiesStorage ? 3 : nil
        return builder.instance
    }

    private static func copiesStorage(
        _ instance: CIMInstance, _ kind: MigrationKind
    ) throws(CIMError) -> Bool {
        switch instance[storageCopy] {
        case nil, .some(2): return false
        case .some(3) where kind == .live: return true
        case .some(3):
            throw CIMError(.invalidParameter, "StorageCopy 3 goes with MigrationType 2 (live) only: leave it out.")
        case .some(let other):
            throw CIMError(.invalidParameter, "Unsupported StorageCopy \(other). Supported: 2 (none), 3 (full).")
        }
    }

    private static func bandwidth(_ instance: CIMInstance) throws(CIMError) -> UInt64? {
        guard let bandwidth = instance[Self.bandwidth], bandwidth > 0 else { return nil }
        switch instance[bandwidthUnit]?.lowercased() {
        // The second is the same as a programmatic unit (DSP0004 Annex C).
        case nil, "", "mib/s", "mibps", "byte / second * 2^20": return UInt64(bandwidth)
        case .some(let unit):
            throw CIMError(
                .invalidParameter, "Unsupported BandwidthUnit '\(unit)'. Give the bandwidth in MiB/s, or leave it out.")
        }
    }
}
