import CLibvirt
import HypervisorAPI
import XML

/// Volumes that are made for copies of disks, and removed again.
extension Session {
    /// Owner and mode are what the pool gives its volumes. libvirt gives the file to the guest's QEMU when it starts one.
    func createVolume(_ order: VolumeOrder) throws(HypervisorError) {
        let call = "virStorageVolCreateXML"
        guard let pool = virStoragePoolLookupByName(connection, order.pool) else {
            throw failure("virStoragePoolLookupByName")
        }
        defer { virStoragePoolFree(pool) }
        try requireTarget(of: pool, order, call)
        // The pool's list may be old. What appears between the two calls is refused by libvirt, too (`ErrorCodes`).
        try check(virStoragePoolRefresh(pool, 0), "virStoragePoolRefresh")
        guard let volume = virStorageVolCreateXML(pool, VolumeDocument.xml(order), 0) else { throw failure(call) }
        virStorageVolFree(volume)
    }

    /// The pool's directory and the order's path belong together: the pool makes the volume in its own directory.
    private func requireTarget(
        of pool: OpaquePointer, _ order: VolumeOrder, _ call: String
    ) throws(HypervisorError) {
        let directory = try targetDirectory(pool)
        guard directory == Self.directory(of: order.path) else {
            throw refusal("the pool \(order.pool) is at \(directory ?? "no directory"), not at \(order.path)", call)
        }
    }

    /// What the removal requires is asked right before it; whether it is empty comes last, as what changes fastest.
    func deleteVolume(_ order: VolumeOrder, onlyIfEmpty: Bool) throws(HypervisorError) {
        let call = "virStorageVolDelete"
        guard let pool = try activePool(covering: order.path) else { throw notCovered(order.path, call) }
        defer { virStoragePoolFree(pool) }
        try check(virStoragePoolRefresh(pool, 0), "virStoragePoolRefresh")
        let volume = try volume(atPath: order.path, in: pool, call)
        defer { virStorageVolFree(volume) }
        let found = try document(of: volume)
        guard found.capacity == order.capacity, found.format == order.format else {
            throw differs("the volume is not the one that was ordered: it has \(found)", call)
        }
        if let user = try domain(thatNames: order) { throw differs("the domain \(user) names the volume", call) }
        if onlyIfEmpty {
            let allocation = try info(of: volume).allocation
            guard found.isEmpty(allocation: allocation) else {
                throw differs("the volume is not empty: \(allocation) bytes are allocated", call)
            }
        }
        try check(virStorageVolDelete(volume, 0), call)
    }

    /// - Throws: `noSuchStorageVolume` only when the pool still runs: libvirt does not look into others.
    private func volume(
        atPath path: String, in pool: OpaquePointer, _ call: String
    ) throws(HypervisorError) -> OpaquePointer {
        if let volume = virStorageVolLookupByPath(connection, path) { return volume }
        let error = failure("virStorageVolLookupByPath")
        guard error.code == .noSuchStorageVolume else { throw error }
        let isActive = virStoragePoolIsActive(pool)
        try check(isActive, "virStoragePoolIsActive")
        throw isActive == 1 ? error : notCovered(path, call)
    }

    /// Reads the volume itself, not the pool's list.
    func info(of volume: OpaquePointer) throws(HypervisorError) -> virStorageVolInfo {
        var info = virStorageVolInfo()
        try check(virStorageVolGetInfo(volume, &info), "virStorageVolGetInfo")
        return info
    }

    func isEmpty(_ volume: OpaquePointer, allocation: UInt64) throws(HypervisorError) -> Bool {
        guard allocation > 0 else { return true }
        return try document(of: volume).isEmpty(allocation: allocation)
    }

    private func notCovered(_ path: String, _ call: String) -> HypervisorError {
        HypervisorError(
            code: .operationFailed, message: "no running storage pool covers \(path)", call: call, uri: uri)
    }

    /// What is there is not what was meant, so the call was not made.
    private func differs(_ message: String, _ call: String) -> HypervisorError {
        HypervisorError(code: .volumeDiffers, message: "not sent: \(message)", call: call, uri: uri)
    }

    private func document(of volume: OpaquePointer) throws(HypervisorError) -> VolumeDocument {
        let call = "virStorageVolGetXMLDesc"
        let xml = try take(virStorageVolGetXMLDesc(volume, 0), call)
        do { return try VolumeDocument(xml: xml) } catch {
            throw nonsense("a storage volume's definition cannot be read: \(error)", call)
        }
    }
}

/// Source: libvirt, "Storage pool and volume XML format", "Storage volume XML".
struct VolumeDocument: CustomStringConvertible {
    /// In bytes; `nil` when it does not say, or in another unit.
    let capacity: UInt64?
    let format: String?
    /// In bytes; `nil` when it does not say.
    let clusterSize: UInt64?

    init(xml: String) throws(XMLParseError) {
        let root = try XMLElement(parsing: Array(xml.utf8))
        let capacity = root.first("capacity")
        // libvirt answers in bytes.
        self.capacity = (capacity?["unit"] ?? "bytes") == "bytes" ? capacity.flatMap { UInt64($0.text) } : nil
        let target = root.first("target")
        format = target?.first("format")?["type"]
        clusterSize = target?.first("clusterSize").flatMap { UInt64($0.text) }
    }

    /// Whether nothing was ever written to it. An empty qcow2 image has a header, a table and a block of reference counts
    /// and an L1 table, a cluster each; the first data brings an L2 table and a cluster of its own. Clusters of another size
    /// than the usual one need other room, in which data could hide.
    func isEmpty(allocation: UInt64) -> Bool {
        let usualClusterSize: UInt64 = 64 << 10
        guard allocation > 0 else { return true }
        guard format == "qcow2", clusterSize ?? usualClusterSize == usualClusterSize else { return false }
        return allocation <= 4 * usualClusterSize
    }

    var description: String { "\(capacity.map(String.init) ?? "no known number of") bytes, \(format ?? "no format")" }

    static func xml(_ order: VolumeOrder) -> String {
        let target = XMLElement(
            "target", children: [.element(XMLElement("format", attributes: [XMLAttribute("type", order.format)]))])
        return XMLElement(
            "volume",
            children: [
                .element(XMLElement("name", children: [.text(order.name)])),
                .element(bytes("capacity", order.capacity)),
                .element(bytes("allocation", 0)), .element(target),
            ]
        ).serialized()
    }

    private static func bytes(_ name: String, _ value: UInt64) -> XMLElement {
        XMLElement(name, attributes: [XMLAttribute("unit", "bytes")], children: [.text("\(value)")])
    }
}
