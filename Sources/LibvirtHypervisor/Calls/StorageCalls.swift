import CLibvirt
import Glibc
import HypervisorAPI
import XML

extension Session {
    /// A pool's list may be old, so a path is called missing only after its pool was read anew.
    func storageVolume(atPath path: String) throws(HypervisorError) -> VolumeLookup {
        if let found = try knownVolume(path) { return found }
        guard let pool = try activePool(covering: path) else { return .notCovered }
        defer { virStoragePoolFree(pool) }
        try check(virStoragePoolRefresh(pool, 0), "virStoragePoolRefresh")
        if let found = try knownVolume(path) { return found }
        return .missing(pool: try name(pool))
    }

    /// `nil` when no running pool lists the path, or it is listed and gone.
    private func knownVolume(_ path: String) throws(HypervisorError) -> VolumeLookup? {
        do throws(HypervisorError) {
            guard let volume = virStorageVolLookupByPath(connection, path) else {
                throw failure("virStorageVolLookupByPath")
            }
            defer { virStorageVolFree(volume) }
            guard let pool = virStoragePoolLookupByVolume(volume) else { throw failure("virStoragePoolLookupByVolume") }
            defer { virStoragePoolFree(pool) }
            let info = try info(of: volume)
            return .found(
                pool: try name(pool), capacity: info.capacity,
                isEmpty: try isEmpty(volume, allocation: info.allocation))
        } catch {
            guard error.code == .noSuchStorageVolume else { throw error }
            return nil
        }
    }

    /// The running pool whose target is the path's directory. The caller frees it.
    func activePool(covering path: String) throws(HypervisorError) -> OpaquePointer? {
        var pools: UnsafeMutablePointer<OpaquePointer?>?
        let count = virConnectListAllStoragePools(connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE.rawValue)
        try check(count, "virConnectListAllStoragePools")
        var candidates = UnsafeBufferPointer(start: pools, count: Int(count)).compactMap { $0 }
        free(pools)
        defer { for pool in candidates { virStoragePoolFree(pool) } }
        let directory = Self.directory(of: path)
        for (index, pool) in candidates.enumerated() where try targetDirectory(pool) == directory {
            return candidates.remove(at: index)
        }
        return nil
    }

    /// `nil` for a pool without one, such as RBD's.
    func targetDirectory(_ pool: OpaquePointer) throws(HypervisorError) -> String? {
        let call = "virStoragePoolGetXMLDesc"
        let xml: String
        do throws(HypervisorError) {
            xml = try take(virStoragePoolGetXMLDesc(pool, 0), call)
        } catch {
            // Removed since it was listed.
            guard error.number == Int32(VIR_ERR_NO_STORAGE_POOL.rawValue) else { throw error }
            return nil
        }
        do {
            let target = try XMLElement(parsing: Array(xml.utf8)).first("target")
            return target?.first("path").map { Self.withoutTrailingSlashes($0.text) }
        } catch {
            throw nonsense("a storage pool's definition cannot be read: \(error)", call)
        }
    }

    private func name(_ pool: OpaquePointer) throws(HypervisorError) -> String {
        guard let name = virStoragePoolGetName(pool) else { throw failure("virStoragePoolGetName") }
        return String(cString: name)
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return withoutTrailingSlashes(String(path[..<slash]))
    }

    private static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.last == "/" { path.removeLast() }
        return path.isEmpty ? "/" : String(path)
    }
}
