import CLibvirt
import HypervisorAPI

/// Acts on a domain of one host. libvirt has no "only if": what an act requires is asked right before it, in the same
/// function on the same thread, and what changes between the two goes unseen.
extension Session {
    func setStartsWithHost(_ starts: Bool, of uuid: DomainUUID) throws(HypervisorError) {
        try withDomain(uuid) { domain throws(HypervisorError) in
            try check(virDomainSetAutostart(domain, starts ? 1 : 0), "virDomainSetAutostart")
        }
    }

    func makePersistent(_ uuid: DomainUUID) throws(HypervisorError) {
        try withDomain(uuid) { domain throws(HypervisorError) in
            guard try !isPersistent(domain) else { return }
            // With its secrets, which go back to where they came from.
            let flags = VIR_DOMAIN_XML_INACTIVE.rawValue | VIR_DOMAIN_XML_SECURE.rawValue
            let xml = try take(virDomainGetXMLDesc(domain, flags), "virDomainGetXMLDesc")
            guard let defined = virDomainDefineXMLFlags(connection, xml, 0) else {
                throw failure("virDomainDefineXMLFlags")
            }
            virDomainFree(defined)
        }
    }

    func undefine(_ uuid: DomainUUID, marked mark: OwnershipMark) throws(HypervisorError) {
        let call = "virDomainUndefineFlags"
        try withDomain(uuid) { domain throws(HypervisorError) in
            guard try !isActive(domain) else { throw refusal("the domain runs", call) }
            let found = try self.mark(of: domain, VIR_DOMAIN_AFFECT_CONFIG)
            guard found == mark else {
                let description = found.map { "it carries \($0)" } ?? "it carries no mark"
                throw refusal("the definition is not the one that was meant: \(description)", call)
            }
            try undefineKeepingState(domain, call)
        }
    }

    /// Never with a flag that removes firmware variables, TPM state, a saved state or what is known of snapshots.
    private func undefineKeepingState(_ domain: OpaquePointer, _ call: String) throws(HypervisorError) {
        do throws(HypervisorError) {
            try check(
                virDomainUndefineFlags(
                    domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM.rawValue | VIR_DOMAIN_UNDEFINE_KEEP_TPM.rawValue), call)
        } catch {
            // A libvirt before 8.9 does not know KEEP_TPM, and removes an emulated TPM's state with the definition.
            guard error.number == Int32(VIR_ERR_INVALID_ARG.rawValue) else { throw error }
            let xml = try take(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE.rawValue), "virDomainGetXMLDesc")
            guard let definition = try? DomainDefinition(xml: xml), definition.tpms.isEmpty else { throw error }
            try check(virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM.rawValue), call)
        }
    }

    func resume(_ uuid: DomainUUID, run: Int32) throws(HypervisorError) {
        try withRun(run, of: uuid, "virDomainResume") { domain in virDomainResume(domain) }
    }

    func destroy(_ uuid: DomainUUID, run: Int32, onlyIfPaused: Bool) throws(HypervisorError) {
        let call = "virDomainDestroyFlags"
        try withRun(run, of: uuid, call) { domain throws(HypervisorError) in
            if onlyIfPaused { try requirePaused(domain, call) }
            return virDomainDestroyFlags(domain, 0)
        }
    }

    private func requirePaused(_ domain: OpaquePointer, _ call: String) throws(HypervisorError) {
        var state: Int32 = 0
        try check(virDomainGetState(domain, &state, nil, 0), "virDomainGetState")
        let found = DomainState(libvirt: state)
        guard found == .paused else { throw refusal("the domain is not paused: its state is \(found.rawValue)", call) }
    }

    /// - Throws: `operationInvalid` without calling `act` when the domain does not run under that number.
    private func withRun(
        _ run: Int32, of uuid: DomainUUID, _ call: String,
        _ act: (OpaquePointer) throws(HypervisorError) -> Int32
    ) throws(HypervisorError) {
        try withDomain(uuid) { domain throws(HypervisorError) in
            // The handle was looked up just now, with the number.
            let found = id(domain)
            guard found == run else {
                let description = found.map { "it runs as number \($0)" } ?? "it does not run"
                throw refusal("the domain is no longer in run \(run): \(description)", call)
            }
            try check(try act(domain), call)
        }
    }
}
