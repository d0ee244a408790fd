import HypervisorAPI

/// Which files which host sees. A storage of one host is that host's alone: the same path on two hosts, each with a
/// storage of its own there, is two files.
struct FileSystems: Sendable {
    /// A disk image.
    struct Volume: Hashable, Sendable {
        /// What the guest sees, in bytes.
        var capacity: UInt64
        var format: String
        /// Holds a guest's data; `false` from its creation until a copy of a disk has arrived.
        var isFilled: Bool
    }

    struct Directory: Sendable {
        let pool: String
        let path: String
        let hosts: Set<String>
        /// By file name.
        fileprivate(set) var volumes: [String: Volume]
    }

    private struct LocalFile: Hashable, Sendable {
        let host: String
        let path: String
    }

    private(set) var directories: [Directory]
    /// Outside every pool.
    private var localFiles: [LocalFile: Volume] = [:]

    init(_ descriptions: [StorageDescription]) {
        directories = descriptions.map { description in
            let volumes = description.volumes.map { volume in
                (volume.name, Volume(capacity: volume.sizeMiB << 20, format: volume.format, isFilled: true))
            }
            return Directory(
                pool: description.pool, path: description.path, hosts: Set(description.hosts),
                volumes: Dictionary(volumes) { first, _ in first })
        }
    }

    /// Makes sure that a host's disk is there: a guest that is defined on a host has its disks on it.
    mutating func add(_ disk: DiskDescription, on host: String) {
        guard self[disk.path, host] == nil else { return }
        self[disk.path, host] = Volume(capacity: disk.sizeMiB << 20, format: disk.format, isFilled: true)
    }

    /// The file of that path, as that host sees it.
    subscript(path: String, host: String) -> Volume? {
        get {
            let (directory, name) = Self.split(path)
            if let place = place(of: directory, on: host) { return directories[place].volumes[name] }
            return localFiles[LocalFile(host: host, path: path)]
        }
        set {
            let (directory, name) = Self.split(path)
            if let place = place(of: directory, on: host) {
                directories[place].volumes[name] = newValue
            } else {
                localFiles[LocalFile(host: host, path: path)] = newValue
            }
        }
    }

    /// Whether the host knows the path's file system to be shared.
    func isShared(_ path: String, on host: String) -> Bool {
        place(of: Self.split(path).directory, on: host).map { directories[$0].hosts.count > 1 } ?? false
    }

    /// Whether two hosts have one file under that path, and not one each.
    func isOneFile(_ path: String, on first: String, and second: String) -> Bool {
        let directory = Self.split(path).directory
        guard let place = place(of: directory, on: first) else { return false }
        return place == self.place(of: directory, on: second)
    }

    func volume(_ path: String, on host: String) -> VolumeLookup {
        guard let pool = pool(covering: path, on: host) else { return .notCovered }
        guard let volume = self[path, host] else { return .missing(pool: pool.pool) }
        return .found(pool: pool.pool, capacity: volume.capacity, isEmpty: !volume.isFilled)
    }

    func pool(named name: String, on host: String) -> Directory? {
        directories.first { $0.pool == name && $0.hosts.contains(host) }
    }

    func pool(covering path: String, on host: String) -> Directory? {
        place(of: Self.split(path).directory, on: host).map { directories[$0] }
    }

    static func directory(of path: String) -> String { String(split(path).directory) }

    private func place(of directory: Substring, on host: String) -> Int? {
        directories.firstIndex { $0.path == directory && $0.hosts.contains(host) }
    }

    private static func split(_ path: String) -> (directory: Substring, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (path[..<slash], String(path[path.index(after: slash)...]))
    }
}
