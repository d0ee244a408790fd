import CLibvirt
import HypervisorAPI

extension Session {
    func identity() throws(HypervisorError) -> HostIdentity {
        var version: UInt = 0
        var libraryVersion: UInt = 0
        let hostName = try take(virConnectGetHostname(connection), "virConnectGetHostname")
        try check(virConnectGetVersion(connection, &version), "virConnectGetVersion")
        try check(virConnectGetLibVersion(connection, &libraryVersion), "virConnectGetLibVersion")
        // A string of the connection's own: not to be freed.
        guard let type = virConnectGetType(connection) else { throw failure("virConnectGetType") }
        let hypervisorType = String(cString: type)
        return HostIdentity(
            uuid: try capabilities().hostUUID, hostName: hostName, hypervisorType: hypervisorType,
            hypervisorVersion: UInt64(version), libraryVersion: UInt64(libraryVersion))
    }

    func capabilities() throws(HypervisorError) -> HostCapabilities {
        let call = "virConnectGetCapabilities"
        let xml = try take(virConnectGetCapabilities(connection), call)
        do { return try HostCapabilities(xml: xml) } catch {
            throw nonsense("the host's capabilities cannot be read: \(error)", call)
        }
    }

    func compareCPU(_ request: CPUComparisonRequest) throws(HypervisorError) -> CPUComparison {
        let call = "virConnectCompareHypervisorCPU"
        // With this flag the missing features come as an error's message instead of a bare "incompatible".
        let result = virConnectCompareHypervisorCPU(
            connection, request.emulator, request.architecture, request.machine, request.virtualizationType,
            request.cpuXML, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE.rawValue)
        switch virCPUCompareResult(result) {
        case VIR_CPU_COMPARE_IDENTICAL: return .identical
        case VIR_CPU_COMPARE_SUPERSET: return .superset
        case VIR_CPU_COMPARE_INCOMPATIBLE: return .incompatible(reason: "the host does not say why")
        default:
            let error = failure(call)
            guard error.code == .cpuIncompatible else { throw error }
            return .incompatible(reason: error.message)
        }
    }
}
