import HypervisorAPI

/// Turns a checked plan into what the hypervisor is asked to do.
package enum TransferPlan {
    /// `nil` when the facts do not carry a transfer; the checks have refused then.
    package static func make(_ facts: Facts) -> Transfer? {
        guard let peerURI = facts.plan.destination.effectivePeerURI, let guest = facts.guest.value ?? nil else {
            return nil
        }
        switch facts.plan.kind {
        case .offline:
            return .offline(OfflineTransfer(peerURI: peerURI))
        case .live:
            return .live(
                LiveTransfer(
                    peerURI: peerURI, migrationURI: facts.plan.destination.migrationAddress.map(memoryURI),
                    bandwidthMiBPerSecond: facts.plan.bandwidthMiBPerSecond, isPersistent: guest.isPersistent,
                    allowsUnsafeDisks: SharedDisks.unsafeFlag(facts) != nil,
                    copiedDisks: StorageCopy.plan(facts).map(\.target)))
        }
    }

    private static func memoryURI(_ address: String) -> String {
        address.contains(":") ? "tcp://[\(address)]" : "tcp://\(address)"
    }
}
