import HypervisorAPI

/// What keeps the guest from running twice: libvirt's own migration job, and disk leases where they are configured. The
/// ownership mark does not: it is advisory.
enum ExclusionCheck: BuiltInCheck {
    static let id = "exclusion"

    static func evaluate(_ facts: Facts) -> Finding {
        guard let definition = facts.definition.value else { return missing(facts.definition, "The guest's leases") }
        let managers = [facts.plan.source, facts.plan.destination].map { host in
            "\(host.name): \(words(facts.lockManagers[host.name]))"
        }
        let leases =
            definition.leases.isEmpty
            ? "the guest names no lease"
            : "leases of the guest: \(definition.leases.map(\.key).joined(separator: ", "))"
        let seen = "lock manager of \(managers.joined(separator: ", of ")); \(leases)"
        let known = [facts.plan.source, facts.plan.destination].compactMap { facts.lockManagers[$0.name]?.value }
        guard Set(known).count <= 1 else {
            return warning(
                "The hosts do not use the same lock manager: a lease taken on one does not hold on the other.",
                seen: seen,
                needed: "the same lock_manager in both hosts' qemu.conf", remedy: "Make them alike, then check again.")
        }
        let holds = known.first.map { $0 != LockManager.none } ?? false
        return pass(
            holds
                ? "libvirt's migration job and disk leases keep the guest from running twice."
                : "libvirt's migration job keeps the guest from running twice; disk leases are not known to be in use.",
            seen: seen)
    }

    private static func words(_ reading: Reading<LockManager>?) -> String {
        switch reading {
        case .known(let manager): manager.rawValue
        case .failed(let error): "not known (\(error.message))"
        case .notRead(let reason): "not known (\(reason))"
        case .none: "not known"
        }
    }
}

/// What guards the disks of a host's guests. Source: libvirt, "Virtual machine lock manager", `lock_manager` of qemu.conf.
package enum LockManager: String, Hashable, Sendable, CaseIterable {
    case none
    /// virtlockd.
    case lockd
    case sanlock
    /// A plugin that migrationd does not know.
    case other
}
