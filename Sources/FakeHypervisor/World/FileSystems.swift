import HypervisorAPI

/// Which files which host sees.
struct FileSystems: Sendable {
    private struct Directory: Sendable {
        let pool: String
        let path: String
        let hosts: Set<String>
        /// MiB by file name.
        var volumes: [String: UInt64]
    }

    private struct LocalFile: Hashable, Sendable {
        let host: String
        let path: String
    }

    private var directories: [Directory]
    /// Outside every pool.
    private var localFiles: Set<LocalFile> = []

    init(_ descriptions: [StorageDescription]) {
        directories = descriptions.map { description in
            let volumes = description.volumes.map { ($0.name, $0.sizeMiB) }
            return Directory(
                pool: description.pool, path: description.path, hosts: Set(description.hosts),
                volumes: Dictionary(volumes) { first, _ in first })
        }
    }

    /// Makes sure that a host's disk is there: a guest that is defined on a host has its disks on it.
    mutating func add(_ disk: DiskDescription, on host: String) {
        let (directory, name) = Self.split(disk.path)
        if let place = place(of: directory, on: host) {
            if directories[place].volumes[name] == nil { directories[place].volumes[name] = disk.sizeMiB }
        } else {
            localFiles.insert(LocalFile(host: host, path: disk.path))
        }
    }

    func exists(_ path: String, on host: String) -> Bool {
        let (directory, name) = Self.split(path)
        if let place = place(of: directory, on: host) { return directories[place].volumes[name] != nil }
        return localFiles.contains(LocalFile(host: host, path: path))
    }

    /// Whether the host knows the path's file system to be shared.
    func isShared(_ path: String, on host: String) -> Bool {
        place(of: Self.split(path).directory, on: host).map { directories[$0].hosts.count > 1 } ?? false
    }

    func volume(_ path: String, on host: String) -> VolumeLookup {
        let (directory, name) = Self.split(path)
        guard let place = place(of: directory, on: host) else { return .notCovered }
        guard let size = directories[place].volumes[name] else { return .missing(pool: directories[place].pool) }
        return .found(pool: directories[place].pool, capacity: size << 20)
    }

    private func place(of directory: Substring, on host: String) -> Int? {
        directories.firstIndex { $0.path == directory && $0.hosts.contains(host) }
    }

    private static func split(_ path: String) -> (directory: Substring, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (path[..<slash], String(path[path.index(after: slash)...]))
    }
}
