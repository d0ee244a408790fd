import HypervisorAPI

/// Which disks are copied to the destination, and onto what. A disk that the configuration declares shared never is.
enum StorageCopy {
    enum Outlook: Hashable, Sendable {
        /// It stays where it is, on storage that both hosts see.
        case stays
        /// - Parameter isThere: an earlier preparation of this job made the volume.
        case copied(VolumeOrder, isThere: Bool)
        case refused(String)
    }

    /// The disks that are copied, by their targets, with what is made for each.
    static func plan(_ facts: Facts) -> [(target: String, order: VolumeOrder, isThere: Bool)] {
        facts.mediaDisks.compactMap { disk in
            guard case .copied(let order, let isThere) = outlook(of: disk, facts) else { return nil }
            return (disk.target, order, isThere)
        }
    }

    static func outlook(of disk: Disk, _ facts: Facts) -> Outlook {
        guard facts.plan.kind == .live, facts.plan.request.copiesStorage, case .file(let path) = disk.source,
            SharedDisks.directory(of: path, facts) == nil
        else { return .stays }
        if let obstacle = obstacle(disk) { return .refused("\(path) \(obstacle)") }
        guard case .known(.found(_, let capacity, _)) = facts.sourceVolumes[path], let format = disk.format else {
            return .refused("\(path) is in no running storage pool of \(facts.sourceName), so its size is not known")
        }
        return target(path, capacity, format, facts)
    }

    private static func obstacle(_ disk: Disk) -> String? {
        if disk.isReadOnly || disk.device != "disk" { return "is read-only or no hard disk: such a disk is not copied" }
        if !disk.backing.isEmpty { return "stands on another image: such a disk is not copied" }
        guard let format = disk.format, ["raw", "qcow2"].contains(format) else {
            return "has a format that is not copied (\(disk.format ?? "not named"))"
        }
        return nil
    }

    private static func target(_ path: String, _ capacity: UInt64, _ format: String, _ facts: Facts) -> Outlook {
        switch facts.volumes[path] ?? .notRead("not asked") {
        case .known(.missing(let pool)):
            return .copied(VolumeOrder(pool: pool, path: path, capacity: capacity, format: format), isThere: false)
        case .known(.found(let pool, let found, let isEmpty)):
            let order = VolumeOrder(pool: pool, path: path, capacity: capacity, format: format)
            // Empty: should it be somebody else's after all, nobody's data is overwritten.
            guard found == capacity, isEmpty, facts.staged.contains(order) else {
                return .refused(
                    "\(path) is on \(facts.destinationName) already (\(found) bytes): it is not overwritten")
            }
            return .copied(order, isThere: true)
        case .known(.notCovered):
            return .refused("no running storage pool of \(facts.destinationName) covers \(path)")
        case .failed(let error):
            return .refused("\(path): pools of \(facts.destinationName) not read: \(error.message)")
        case .notRead(let reason): return .refused("\(path): pools of \(facts.destinationName) not read: \(reason)")
        }
    }
}
