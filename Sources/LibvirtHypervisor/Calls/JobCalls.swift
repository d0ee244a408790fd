import CLibvirt
import HypervisorAPI

extension Session {
    func migrate(_ uuid: DomainUUID, _ transfer: Transfer) throws(HypervisorError) {
        let call = "virDomainMigrateToURI3"
        try withDomain(uuid) { domain throws(HypervisorError) in
            if case .offline = transfer { try refuseOfflineTransferOfRunning(domain, call) }
            let documents = try documents(of: domain, for: transfer)
            guard let parameters = TransferFlags.parameters(for: transfer, documents) else {
                throw failure("virTypedParamsAddString")
            }
            try check(
                virDomainMigrateToURI3(
                    domain, transfer.peerURI, parameters.start, UInt32(parameters.count),
                    TransferFlags.flags(for: transfer)), call)
        }
    }

    /// libvirt would do it, and define a second copy of a domain that goes on running here (seen with 9.0).
    private func refuseOfflineTransferOfRunning(_ domain: OpaquePointer, _ call: String) throws(HypervisorError) {
        guard try !isActive(domain) else {
            throw refusal("the domain runs, and an offline transfer would leave a second copy; transfer it live", call)
        }
    }

    func abortJob(of uuid: DomainUUID) throws(HypervisorError) {
        try withDomain(uuid) { domain throws(HypervisorError) in
            try check(virDomainAbortJob(domain), "virDomainAbortJob")
        }
    }

    func jobStatistics(of uuid: DomainUUID) throws(HypervisorError) -> JobStatistics {
        try withDomain(uuid) { domain throws(HypervisorError) in
            var kind: Int32 = 0
            var parameters: virTypedParameterPtr?
            var count: Int32 = 0
            try check(virDomainGetJobStats(domain, &kind, &parameters, &count, 0), "virDomainGetJobStats")
            defer { virTypedParamsFree(parameters, count) }
            return JobStatistics(kind: kind, TypedParameters(parameters, count: count))
        }
    }
}

extension JobStatistics {
    /// Source: libvirt `virDomainJobType` and the constants `VIR_DOMAIN_JOB_...`.
    init(kind: Int32, _ parameters: TypedParameters) {
        self.init(kind: Kind(libvirt: kind))
        elapsedMilliseconds = parameters.uint64(VIR_DOMAIN_JOB_TIME_ELAPSED)
        remainingMilliseconds = parameters.uint64(VIR_DOMAIN_JOB_TIME_REMAINING)
        downtimeMilliseconds = parameters.uint64(VIR_DOMAIN_JOB_DOWNTIME)
        memoryTotal = parameters.uint64(VIR_DOMAIN_JOB_MEMORY_TOTAL)
        memoryProcessed = parameters.uint64(VIR_DOMAIN_JOB_MEMORY_PROCESSED)
        memoryRemaining = parameters.uint64(VIR_DOMAIN_JOB_MEMORY_REMAINING)
        memoryBytesPerSecond = parameters.uint64(VIR_DOMAIN_JOB_MEMORY_BPS)
        memoryDirtyPagesPerSecond = parameters.uint64(VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE)
        memoryIteration = parameters.uint64(VIR_DOMAIN_JOB_MEMORY_ITERATION)
        diskTotal = parameters.uint64(VIR_DOMAIN_JOB_DISK_TOTAL)
        diskProcessed = parameters.uint64(VIR_DOMAIN_JOB_DISK_PROCESSED)
    }
}

extension JobStatistics.Kind {
    /// A kind that libvirt added later counts as a job under way.
    fileprivate init(libvirt kind: Int32) {
        self =
            switch virDomainJobType(UInt32(max(kind, 0))) {
            case VIR_DOMAIN_JOB_NONE: .none
            case VIR_DOMAIN_JOB_BOUNDED: .bounded
            case VIR_DOMAIN_JOB_COMPLETED: .completed
            case VIR_DOMAIN_JOB_FAILED: .failed
            case VIR_DOMAIN_JOB_CANCELLED: .cancelled
            default: .unbounded
            }
    }
}
