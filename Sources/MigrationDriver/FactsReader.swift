import HypervisorAPI
import MigrationLogic

/// Gathers, once per run, everything that the checks look at.
struct FactsReader: Sendable {
    private let hypervisor: any Hypervisor
    private let reads: FileReads

    init(_ hypervisor: any Hypervisor, _ reads: FileReads) {
        self.hypervisor = hypervisor
        self.reads = reads
    }

    func gather(_ empty: Facts) async -> Facts {
        async let source = readSource(empty)
        async let destination = readDestination(empty)
        async let sourceLocks = HostFiles(empty.plan.source, reads).lockManager()
        async let destinationLocks = HostFiles(empty.plan.destination, reads).lockManager()
        var facts = await source
        let other = await destination
        facts.destinationIdentity = other.destinationIdentity
        facts.destinationCapabilities = other.destinationCapabilities
        facts.sameName = other.sameName
        facts.sameUUID = other.sameUUID
        facts.lockManagers[facts.plan.source.name] = await sourceLocks
        facts.lockManagers[facts.plan.destination.name] = await destinationLocks
        await compare(&facts)
        return facts
    }

    private func readSource(_ empty: Facts) async -> Facts {
        var facts = empty
        let host = empty.plan.source
        let guest = empty.plan.guestUUID
        facts.guest = await hypervisor.read(host) { host throws(HypervisorError) in try await host.domain(guest) }
        facts.sourceIdentity = await hypervisor.read(host) { host throws(HypervisorError) in try await host.identity() }
        guard case .known(.some(let domain)) = facts.guest else {
            facts.definition = .notRead("the guest was not found on \(host.name)")
            facts.guestJob = .notRead("the guest was not found on \(host.name)")
            return facts
        }
        facts.definition = await hypervisor.read(host) { host throws(HypervisorError) in
            try await host.definition(of: guest, .current)
        }
        // A domain that does not run has no job, and libvirt answers an error when asked for one.
        guard domain.isActive else {
            facts.guestJob = .known(.none)
            return facts
        }
        facts.guestJob = await hypervisor.read(host) { host throws(HypervisorError) in
            try await host.jobStatistics(of: guest)
        }
        return facts
    }

    private func readDestination(_ empty: Facts) async -> Facts {
        var facts = empty
        let host = empty.plan.destination
        let (name, uuid) = (empty.plan.guestName, empty.plan.guestUUID)
        facts.destinationIdentity = await hypervisor.read(host) { host throws(HypervisorError) in
            try await host.identity()
        }
        guard facts.destinationIdentity.value != nil else {
            let reason = "\(host.name) does not answer"
            facts.destinationCapabilities = .notRead(reason)
            facts.sameName = .notRead(reason)
            facts.sameUUID = .notRead(reason)
            return facts
        }
        facts.destinationCapabilities = await hypervisor.read(host) { host throws(HypervisorError) in
            try await host.capabilities()
        }
        facts.sameName = await hypervisor.read(host) { host throws(HypervisorError) in
            try await host.domain(named: name)
        }
        facts.sameUUID = await hypervisor.read(host) { host throws(HypervisorError) in try await host.domain(uuid) }
        return facts
    }

    /// What the destination says of the guest's CPU and disks: needs both ends.
    private func compare(_ facts: inout Facts) async {
        guard let definition = facts.definition.value else {
            facts.cpu = .notRead("the guest's definition is not known")
            return
        }
        guard facts.destinationIdentity.value != nil else {
            facts.cpu = .notRead("\(facts.plan.destination.name) does not answer")
            return
        }
        facts.cpu = await compareCPU(definition, facts.plan.destination)
        for path in Set(facts.mediaDisks.flatMap(\.allPaths)).sorted() {
            facts.volumes[path] = await volume(path, on: facts.plan.destination)
            if facts.plan.request.copiesStorage {
                facts.sourceVolumes[path] = await volume(path, on: facts.plan.source)
            }
        }
    }

    private func volume(_ path: String, on host: HostDescription) async -> Reading<VolumeLookup> {
        await hypervisor.read(host) { host throws(HypervisorError) in try await host.storageVolume(atPath: path) }
    }

    private func compareCPU(
        _ definition: DomainDefinition, _ destination: HostDescription
    ) async -> Reading<CPUComparison?> {
        guard let cpu = definition.cpuXML else { return .known(nil) }
        if let mode = definition.cpuMode, mode != "custom" {
            return .notRead("a \(mode) CPU is whatever its host has, and cannot be compared")
        }
        let request = CPUComparisonRequest(
            cpuXML: cpu, emulator: definition.emulator, architecture: definition.architecture,
            machine: definition.machine, virtualizationType: definition.virtualizationType)
        return await hypervisor.read(destination) { host throws(HypervisorError) in
            try await host.compareCPU(request)
        }
    }
}
