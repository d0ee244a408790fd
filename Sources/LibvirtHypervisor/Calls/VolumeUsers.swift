import CLibvirt
import Glibc
import HypervisorAPI
import XML

/// Who names a volume as a disk, or as what a disk builds on.
extension Session {
    /// The name of a domain of this host, running or not, that names the order's volume; `nil` when none does.
    func domain(thatNames order: VolumeOrder) throws(HypervisorError) -> String? {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = virConnectListAllDomains(connection, &list, 0)
        try check(count, "virConnectListAllDomains")
        let domains = UnsafeBufferPointer(start: list, count: Int(count)).compactMap { $0 }
        free(list)
        defer { for domain in domains { virDomainFree(domain) } }
        for domain in domains {
            // What runs, or else what is defined; and what is defined.
            for flags in [0, VIR_DOMAIN_XML_INACTIVE.rawValue] where try names(domain, flags, order) {
                return virDomainGetName(domain).map { String(cString: $0) } ?? "without a name"
            }
        }
        return nil
    }

    private func names(
        _ domain: OpaquePointer, _ flags: UInt32, _ order: VolumeOrder
    ) throws(HypervisorError) -> Bool {
        let call = "virDomainGetXMLDesc"
        let xml = try nilWhenGone { () throws(HypervisorError) in try take(virDomainGetXMLDesc(domain, flags), call) }
        guard let xml else { return false }
        do { return try VolumeUse.names(xml: xml, order) } catch {
            throw nonsense("a domain's definition cannot be read: \(error)", call)
        }
    }
}

/// Source: libvirt, "Domain XML format", "Hard drives, floppy disks, CDROMs".
enum VolumeUse {
    /// Whether any of the domain's disks has the volume as its source, anywhere in its backing chain, or as what it is
    /// being copied onto (`<mirror>`).
    static func names(xml: String, _ order: VolumeOrder) throws(XMLParseError) -> Bool {
        let devices = try XMLElement(parsing: Array(xml.utf8)).first("devices")
        return devices?.all("disk").contains { names($0, order) } ?? false
    }

    private static func names(_ element: XMLElement, _ order: VolumeOrder) -> Bool {
        if element.name == "source" {
            let paths = [element["file"], element["dev"]].compactMap { $0 }
            if paths.contains(where: { parts($0) == parts(order.path) }) { return true }
            if element["pool"] == order.pool, element["volume"] == order.name { return true }
        }
        // An old libvirt has the copy's target as an attribute.
        if element.name == "mirror", element["file"].map(parts) == parts(order.path) { return true }
        return element.elements.contains { names($0, order) }
    }

    /// Slashes may be doubled.
    private static func parts(_ path: String) -> [Substring] { path.split(separator: "/") }
}
