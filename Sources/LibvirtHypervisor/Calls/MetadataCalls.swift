import CLibvirt
import HypervisorAPI

/// The mark in a domain's metadata. libvirt answers these from what it holds itself: no QEMU is asked.
extension Session {
    /// - Parameter flags: of which definition; 0 for what runs, and otherwise what is defined.
    /// - Returns: `nil` when there is none, or the hypervisor keeps no metadata.
    func mark(
        of domain: OpaquePointer, _ flags: virDomainModificationImpact = VIR_DOMAIN_AFFECT_CURRENT
    ) throws(HypervisorError) -> OwnershipMark? {
        let call = "virDomainGetMetadata"
        do throws(HypervisorError) {
            let xml = try take(
                virDomainGetMetadata(
                    domain, Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue), OwnershipMark.namespace, flags.rawValue), call)
            return OwnershipMark(xml: xml)
        } catch {
            let absences = [VIR_ERR_NO_DOMAIN_METADATA, VIR_ERR_NO_SUPPORT].map { Int32($0.rawValue) }
            guard absences.contains(error.number) else { throw error }
            return nil
        }
    }

    func setMark(_ mark: OwnershipMark, of uuid: DomainUUID) throws(HypervisorError) {
        try withDomain(uuid) { domain throws(HypervisorError) in
            var flags: UInt32 = 0
            if try isActive(domain) { flags |= VIR_DOMAIN_AFFECT_LIVE.rawValue }
            if try isPersistent(domain) { flags |= VIR_DOMAIN_AFFECT_CONFIG.rawValue }
            try check(
                virDomainSetMetadata(
                    domain, Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue), mark.xml, OwnershipMark.prefix,
                    OwnershipMark.namespace, flags), "virDomainSetMetadata")
        }
    }
}
