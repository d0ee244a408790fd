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

    func deleteVolume(_ order: VolumeOrder) throws(HypervisorError) {
        let call = "virStorageVolDelete"
        if let pool = try activePool(covering: order.path) {
            defer { virStoragePoolFree(pool) }
            try check(virStoragePoolRefresh(pool, 0), "virStoragePoolRefresh")
        }
        guard let volume = virStorageVolLookupByPath(connection, order.path) else {
            throw failure("virStorageVolLookupByPath")
        }
        defer { virStorageVolFree(volume) }
        let found = try document(of: volume)
        guard found.capacity == order.capacity, found.format == order.format else {
            throw refusal("the volume is not the one that was ordered: it has \(found)", call)
        }
        try check(virStorageVolDelete(volume, 0), call)
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

    init(xml: String) throws(XMLParseError) {
        let root = try XMLElement(parsing: Array(xml.utf8))
        let capacity = root.first("capacity")
        // libvirt answers in bytes.
        self.capacity = (capacity?["unit"] ?? "bytes") == "bytes" ? capacity.flatMap { UInt64($0.text) } : nil
        format = root.first("target")?.first("format")?["type"]
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
