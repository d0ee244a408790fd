/// The calls that a host answers, by the names that faults use.
package enum HostCall: String, Hashable, Sendable, CaseIterable {
    case identity, capabilities, domains, domain, domainNamed, definition, compareCPU, storageVolume, jobStatistics
    case migrate, abortJob, setMark, setStartsWithHost, makePersistent, undefine, resume, destroy
    case createVolume, deleteVolume, events

    /// The libvirt function that a real host would be called by; it stands in errors.
    package var libvirtName: String {
        switch self {
        case .identity: "virConnectGetVersion"
        case .capabilities: "virConnectGetCapabilities"
        case .domains: "virConnectListAllDomains"
        case .domain: "virDomainLookupByUUIDString"
        case .domainNamed: "virDomainLookupByName"
        case .definition: "virDomainGetXMLDesc"
        case .compareCPU: "virConnectCompareHypervisorCPU"
        case .storageVolume: "virStorageVolLookupByPath"
        case .jobStatistics: "virDomainGetJobStats"
        case .migrate: "virDomainMigrateToURI3"
        case .abortJob: "virDomainAbortJob"
        case .setMark: "virDomainSetMetadata"
        case .setStartsWithHost: "virDomainSetAutostart"
        case .makePersistent: "virDomainDefineXMLFlags"
        case .undefine: "virDomainUndefineFlags"
        case .resume: "virDomainResume"
        case .destroy: "virDomainDestroyFlags"
        case .createVolume: "virStorageVolCreateXML"
        case .deleteVolume: "virStorageVolDelete"
        case .events: "virConnectDomainEventRegisterAny"
        }
    }
}
