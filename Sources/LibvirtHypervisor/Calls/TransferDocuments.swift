import CLibvirt
import HypervisorAPI

/// The definitions that a transfer passes on, marked. They hold secrets (without them the copy would have none), so
/// they live only as long as the call and stand in no message.
struct TransferDocuments {
    /// What runs at the destination; of an offline transfer, what is defined there.
    let running: String
    /// What is defined at the destination beside what runs; `nil`: nothing is passed.
    let kept: String?
}

extension Session {
    /// `nil` for a transfer without mark: libvirt then passes its own definitions on.
    func documents(
        of domain: OpaquePointer, for transfer: Transfer
    ) throws(HypervisorError) -> TransferDocuments? {
        guard let mark = transfer.mark else { return nil }
        switch transfer {
        case .live(let live):
            return TransferDocuments(
                running: try marked(domain, mark, inactive: false),
                kept: live.isPersistent ? try marked(domain, mark, inactive: true) : nil)
        case .offline:
            // libvirt defines DEST_XML; it ignores PERSIST_XML then (seen with 9.0).
            return TransferDocuments(running: try marked(domain, mark, inactive: true), kept: nil)
        }
    }

    private func marked(
        _ domain: OpaquePointer, _ mark: OwnershipMark, inactive: Bool
    ) throws(HypervisorError) -> String {
        let call = "virDomainGetXMLDesc"
        let view = inactive ? VIR_DOMAIN_XML_INACTIVE.rawValue : 0
        let flags = VIR_DOMAIN_XML_MIGRATABLE.rawValue | VIR_DOMAIN_XML_SECURE.rawValue | view
        let xml = try take(virDomainGetXMLDesc(domain, flags), call)
        do throws(DefinitionError) { return try mark.put(into: xml) } catch {
            throw nonsense("the domain's definition cannot be marked: \(error)", call)
        }
    }
}
