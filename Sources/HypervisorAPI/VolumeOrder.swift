/// A volume that is to be made in a storage pool, empty, for a copy of a disk; and by which it is known again.
package struct VolumeOrder: Hashable, Sendable, Codable {
    package var pool: String
    /// Absolute, in the pool's directory.
    package var path: String
    /// What the guest sees, in bytes.
    package var capacity: UInt64
    /// `raw` or `qcow2`.
    package var format: String

    package init(pool: String, path: String, capacity: UInt64, format: String) {
        self.pool = pool
        self.path = path
        self.capacity = capacity
        self.format = format
    }

    /// The volume's name: the path's last part.
    package var name: String { path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path }
}
