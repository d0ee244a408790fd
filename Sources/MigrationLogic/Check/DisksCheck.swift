import HypervisorAPI

/// Every disk of the guest waits at the destination. A path is taken for shared only where the configuration
/// says so: a path or a file system's type proves nothing.
enum DisksCheck: BuiltInCheck {
    static let id = "disks-reachable"

    static func evaluate(_ facts: Facts) -> Finding {
        guard facts.definition.value != nil else { return missing(facts.definition, "The guest's disks") }
        let disks = facts.mediaDisks.map { DiskOutlook(disk: $0, facts: facts) }
        let seen = disks.map(\.text).joined(separator: "; ")
        let obstacles = disks.filter(\.refuses)
        guard obstacles.isEmpty else {
            return refusal(
                "\(obstacles.map(\.disk.target).joined(separator: ", ")): not reachable from \(facts.destinationName).",
                seen: seen, needed: "every disk shared by both hosts",
                remedy:
                    "Put the disk on storage that both hosts see and declare its directory in migration.sharedPaths, or have "
                    + "it copied (StorageCopy 3, --copy-storage) into a storage pool of \(facts.destinationName).")
        }
        guard let unsafe = SharedDisks.unsafeFlag(facts) else {
            return pass("The guest's disks are reachable from \(facts.destinationName).", seen: seen)
        }
        return warning(
            "VIR_MIGRATE_UNSAFE will be set: the configuration vouches for \(unsafe.joined(separator: ", ")).",
            seen: seen,
            remedy: "Nothing, as long as these paths are the same storage on both hosts.")
    }
}

/// What is known of one disk at the destination.
struct DiskOutlook {
    let disk: Disk
    let refuses: Bool
    let text: String

    init(disk: Disk, facts: Facts) {
        self.disk = disk
        switch StorageCopy.outlook(of: disk, facts) {
        case .stays: break
        case .copied(let order, _):
            refuses = false
            text = "\(disk.target): \(order.path) is copied into pool \(order.pool), \(order.capacity) bytes"
            return
        case .refused(let reason):
            refuses = true
            text = "\(disk.target): \(reason)"
            return
        }
        // An overlay is as reachable as the base it stands on.
        let judged = ([disk.source] + disk.backing).map { Self.judge($0, facts) }
        refuses = judged.contains { $0.refuses }
        text = "\(disk.target): \(judged.map(\.words).joined(separator: ", on "))"
    }

    private static func judge(_ source: Disk.Source, _ facts: Facts) -> (refuses: Bool, words: String) {
        switch source {
        case .empty: return (false, "no medium")
        case .network(let kind, let name): return (false, "\(kind) \(name), on the network")
        case .volume(let pool, let volume): return (true, "volume \(volume) of pool \(pool): sharedness not proved")
        case .other(let kind): return (true, "of type \(kind), which migrationd does not know")
        case .file(let path), .block(let path):
            guard let directory = SharedDisks.directory(of: path, facts) else {
                return (true, "\(path) is under no directory declared shared")
            }
            return judgeShared(path, directory, facts)
        }
    }

    private static func judgeShared(
        _ path: String, _ directory: String, _ facts: Facts
    ) -> (refuses: Bool, words: String) {
        switch facts.volumes[path] ?? .notRead("not asked") {
        case .known(.found(let pool, let capacity, _)):
            return (false, "\(path), in pool \(pool) of \(facts.destinationName), \(capacity) bytes")
        case .known(.missing(let pool)):
            return (true, "\(path) is missing from pool \(pool) of \(facts.destinationName)")
        case .known(.notCovered):
            return (false, "\(path), declared shared by \(directory), not seen through a storage pool")
        case .failed(let error):
            // Without storage pools the declaration stands alone, as above; anything else may hide a missing disk.
            return (
                error.code != .unsupported, "\(path), declared shared by \(directory), pools not read: \(error.message)"
            )
        case .notRead(let reason):
            return (false, "\(path), declared shared by \(directory), not verified: \(reason)")
        }
    }
}

/// Which disks the configuration vouches for.
package enum SharedDisks {
    /// The declared directory that holds `path`; `nil` when there is none or the path is not in normal form.
    static func directory(of path: String, _ facts: Facts) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/"), !parts.contains(".."), !parts.contains("."), !parts.dropFirst().contains("") else {
            return nil
        }
        return facts.sharedPaths.first { path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }

    /// The disks for which the hypervisor must be told not to object: writable, by path, all of them declared
    /// shared. `nil` when there is none, or when one is not declared: then the flag is never set.
    package static func unsafeFlag(_ facts: Facts) -> [String]? {
        let copied = Set(StorageCopy.plan(facts).map(\.target))
        let disks = facts.mediaDisks.filter { !$0.isReadOnly && $0.path != nil && !copied.contains($0.target) }
        guard facts.plan.kind == .live, !disks.isEmpty,
            disks.flatMap(\.allPaths).allSatisfy({ directory(of: $0, facts) != nil })
        else { return nil }
        return disks.map(\.target)
    }
}
