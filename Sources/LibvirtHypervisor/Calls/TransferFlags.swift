import CLibvirt
import HypervisorAPI

/// What each kind of transfer is in libvirt's terms. The one place where migration flags are written.
enum TransferFlags {
    /// Source: libvirt `virDomainMigrateFlags`.
    static func flags(for transfer: Transfer) -> UInt32 {
        names(for: transfer).reduce(0) { $0 | $1.rawValue }
    }

    private static func names(for transfer: Transfer) -> [virDomainMigrateFlags] {
        switch transfer {
        case .live(let live):
            // Peer to peer, so that the migration survives this process; an I/O error of the guest ends it while the
            // source can still go on.
            [VIR_MIGRATE_LIVE, VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_ABORT_ON_ERROR]
                + (live.isPersistent ? [VIR_MIGRATE_PERSIST_DEST, VIR_MIGRATE_UNDEFINE_SOURCE] : [])
                + (live.allowsUnsafeDisks ? [VIR_MIGRATE_UNSAFE] : [])
                // Without MIGRATE_DISKS it would copy every disk that is not read-only or shareable.
                + (live.copiedDisks.isEmpty ? [] : [VIR_MIGRATE_NON_SHARED_DISK])
        case .offline:
            // libvirt takes an offline migration only together with PERSIST_DEST.
            [VIR_MIGRATE_OFFLINE, VIR_MIGRATE_PEER2PEER, VIR_MIGRATE_PERSIST_DEST, VIR_MIGRATE_UNDEFINE_SOURCE]
        }
    }

    /// Source: libvirt `VIR_MIGRATE_PARAM_URI` and the constants after it.
    /// - Returns: `nil` when there is no memory for it.
    static func parameters(
        for transfer: Transfer, _ documents: TransferDocuments?
    ) -> TypedParameterList? {
        var list = TypedParameterList()
        if let running = documents?.running, !list.add(VIR_MIGRATE_PARAM_DEST_XML, running) { return nil }
        if let kept = documents?.kept, !list.add(VIR_MIGRATE_PARAM_PERSIST_XML, kept) { return nil }
        switch transfer {
        case .live(let live):
            if let uri = live.migrationURI, !list.add(VIR_MIGRATE_PARAM_URI, uri) { return nil }
            if let bandwidth = live.bandwidthMiBPerSecond, !list.add(VIR_MIGRATE_PARAM_BANDWIDTH, bandwidth) {
                return nil
            }
            for target in live.copiedDisks where !list.add(VIR_MIGRATE_PARAM_MIGRATE_DISKS, target) { return nil }
        case .offline: break
        }
        return list
    }
}
