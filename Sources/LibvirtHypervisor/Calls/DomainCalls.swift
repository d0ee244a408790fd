import CLibvirt
import Glibc
import HypervisorAPI

extension DomainUUID {
    /// The UUID in a domain's handle; asks nobody.
    init?(ofDomain domain: OpaquePointer) {
        var text = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
        guard virDomainGetUUIDString(domain, &text) == 0 else { return nil }
        self.init(text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }
}

extension Session {
    /// Three calls, and two more for each domain. libvirt can give memory and processors of all domains in one answer,
    /// but asks each QEMU for them: one that hangs would hold the list for ever (seen with a stopped process, even
    /// with `VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT`). `virDomainGetInfo` asks no QEMU.
    func domains() throws(HypervisorError) -> [DomainSummary] {
        let call = "virConnectGetAllDomainStats"
        var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        let count = virConnectGetAllDomainStats(connection, VIR_DOMAIN_STATS_STATE.rawValue, &records, 0)
        try check(count, call)
        defer { virDomainStatsRecordListFree(records) }
        let persistent = try domains(that: VIR_CONNECT_LIST_DOMAINS_PERSISTENT)
        let startWithHost = try domains(that: VIR_CONNECT_LIST_DOMAINS_AUTOSTART)
        var summaries: [DomainSummary] = []
        for record in UnsafeBufferPointer(start: records, count: Int(count)) {
            guard let record = record?.pointee, let domain = record.dom else { continue }
            guard let (uuid, name) = names(domain) else { throw nonsense("a domain has no name or no UUID", call) }
            let parameters = TypedParameters(record.params, count: record.nparams)
            let state = parameters.int32("state.state") ?? 0
            let reason = parameters.int32("state.reason") ?? 0
            guard let (info, mark) = try details(domain) else { continue }
            summaries.append(
                DomainSummary(
                    uuid: uuid, name: name, id: id(domain), state: DomainState(libvirt: state),
                    pausedReason: PausedReason(state: state, reason: reason), isPersistent: persistent.contains(uuid),
                    memoryKiB: UInt64(info.maxMem), virtualCPUs: UInt32(info.nrVirtCpu), mark: mark,
                    startsWithHost: startWithHost.contains(uuid)))
        }
        return summaries
    }

    /// `nil` when the host knows no such domain.
    func domain(_ uuid: DomainUUID) throws(HypervisorError) -> DomainSummary? {
        try nilWhenGone { () throws(HypervisorError) in try withDomain(uuid, summary) }
    }

    func domain(named name: String) throws(HypervisorError) -> DomainSummary? {
        try nilWhenGone { () throws(HypervisorError) in try withDomain(named: name, summary) }
    }

    func definition(of uuid: DomainUUID, _ view: DefinitionView) throws(HypervisorError) -> DomainDefinition {
        let call = "virDomainGetXMLDesc"
        // Never VIR_DOMAIN_XML_SECURE.
        let flags: virDomainXMLFlags? =
            switch view {
            case .current: nil
            case .persistent: VIR_DOMAIN_XML_INACTIVE
            case .migratable: VIR_DOMAIN_XML_MIGRATABLE
            }
        let xml = try withDomain(uuid) { domain throws(HypervisorError) in
            try take(virDomainGetXMLDesc(domain, flags?.rawValue ?? 0), call)
        }
        do {
            // The migratable view comes with its secrets, asked for or not (seen with libvirt 9.0).
            return try DomainDefinition(xml: view == .migratable ? withoutSecrets(xml) : xml)
        } catch {
            throw nonsense("the domain's definition cannot be read: \(error)", call)
        }
    }

    private func summary(_ domain: OpaquePointer) throws(HypervisorError) -> DomainSummary? {
        var state: Int32 = 0
        var reason: Int32 = 0
        try check(virDomainGetState(domain, &state, &reason, 0), "virDomainGetState")
        let isPersistent = try isPersistent(domain)
        guard let (info, mark) = try details(domain), let (uuid, name) = names(domain) else { return nil }
        return DomainSummary(
            uuid: uuid, name: name, id: id(domain), state: DomainState(libvirt: state),
            pausedReason: PausedReason(state: state, reason: reason), isPersistent: isPersistent,
            memoryKiB: UInt64(info.maxMem), virtualCPUs: UInt32(info.nrVirtCpu), mark: mark,
            startsWithHost: isPersistent ? try startsWithHost(domain) : false)
    }

    private func startsWithHost(_ domain: OpaquePointer) throws(HypervisorError) -> Bool {
        var starts: Int32 = 0
        try check(virDomainGetAutostart(domain, &starts), "virDomainGetAutostart")
        return starts != 0
    }

    private func domains(
        that filter: virConnectListAllDomainsFlags
    ) throws(HypervisorError) -> Set<DomainUUID> {
        var domains: UnsafeMutablePointer<OpaquePointer?>?
        let count = virConnectListAllDomains(connection, &domains, filter.rawValue)
        try check(count, "virConnectListAllDomains")
        defer { free(domains) }
        return UnsafeBufferPointer(start: domains, count: Int(count)).reduce(into: []) { uuids, domain in
            guard let domain else { return }
            if let uuid = DomainUUID(ofDomain: domain) { uuids.insert(uuid) }
            virDomainFree(domain)
        }
    }

    /// `nil` when the domain is gone by now.
    private func details(
        _ domain: OpaquePointer
    ) throws(HypervisorError) -> (info: virDomainInfo, mark: OwnershipMark?)? {
        try nilWhenGone { () throws(HypervisorError) in
            var info = virDomainInfo()
            try check(virDomainGetInfo(domain, &info), "virDomainGetInfo")
            return (info, try mark(of: domain))
        }
    }

    func nilWhenGone<Value>(
        _ body: () throws(HypervisorError) -> Value?
    ) throws(HypervisorError) -> Value? {
        do { return try body() } catch {
            guard error.code == .noSuchDomain else { throw error }
            return nil
        }
    }

    private func names(_ domain: OpaquePointer) -> (DomainUUID, String)? {
        guard let uuid = DomainUUID(ofDomain: domain), let name = virDomainGetName(domain) else { return nil }
        return (uuid, String(cString: name))
    }

    func isActive(_ domain: OpaquePointer) throws(HypervisorError) -> Bool {
        let isActive = virDomainIsActive(domain)
        try check(isActive, "virDomainIsActive")
        return isActive == 1
    }

    func isPersistent(_ domain: OpaquePointer) throws(HypervisorError) -> Bool {
        let isPersistent = virDomainIsPersistent(domain)
        try check(isPersistent, "virDomainIsPersistent")
        return isPersistent == 1
    }

    /// The number that it ran under when the handle was looked up; `nil` when it did not run: libvirt says -1 then.
    func id(_ domain: OpaquePointer) -> Int32? {
        let id = Int32(bitPattern: virDomainGetID(domain))
        return id < 0 ? nil : id
    }
}

extension DomainState {
    /// A state that libvirt added later is `noState`. Source: libvirt `virDomainState`.
    init(libvirt state: Int32) {
        self =
            switch virDomainState(UInt32(max(state, 0))) {
            case VIR_DOMAIN_RUNNING: .running
            case VIR_DOMAIN_BLOCKED: .blocked
            case VIR_DOMAIN_PAUSED: .paused
            case VIR_DOMAIN_SHUTDOWN: .shuttingDown
            case VIR_DOMAIN_SHUTOFF: .shutOff
            case VIR_DOMAIN_CRASHED: .crashed
            case VIR_DOMAIN_PMSUSPENDED: .powerManagementSuspended
            default: .noState
            }
    }
}

extension PausedReason {
    /// `nil` unless the state is paused. Source: libvirt `virDomainPausedReason`.
    init?(state: Int32, reason: Int32) {
        guard DomainState(libvirt: state) == .paused else { return nil }
        self =
            switch virDomainPausedReason(UInt32(max(reason, 0))) {
            case VIR_DOMAIN_PAUSED_USER: .user
            case VIR_DOMAIN_PAUSED_MIGRATION: .migration
            case VIR_DOMAIN_PAUSED_POSTCOPY: .postCopy
            case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: .postCopyFailed
            case VIR_DOMAIN_PAUSED_IOERROR: .inputOutputError
            case VIR_DOMAIN_PAUSED_STARTING_UP: .startingUp
            default: .other
            }
    }
}
