import HypervisorAPI

@testable import MigrationLogic

/// Values that the tests of this target build on.
enum Samples {
    static let daemon = "dddddddd-0000-4000-8000-000000000001"
    static let guestUUID = DomainUUID("11111111-2222-4333-8444-555555555555")!
    static let otherUUID = DomainUUID("99999999-2222-4333-8444-555555555555")!
    static let alpha = HostDescription(name: "alpha", uri: "qemu+tcp://alpha.example/system")
    static let beta = HostDescription(
        name: "beta", uri: "qemu+tcp://10.0.0.2/system", migrationAddress: "10.1.0.2", bandwidthMiBPerSecond: 100)
    static let gamma = HostDescription(name: "gamma", uri: "qemu+unix:///system?socket=/run/g/libvirt-sock")
    static let hosts = [alpha, beta, gamma]

    static func domain(
        _ state: DomainState = .running, name: String = "web", uuid: DomainUUID = guestUUID, isPersistent: Bool = true,
        pausedReason: PausedReason? = nil, mark: OwnershipMark? = nil, startsWithHost: Bool = false
    ) -> DomainSummary {
        DomainSummary(
            uuid: uuid, name: name, id: state.isActive ? 7 : nil, state: state, pausedReason: pausedReason,
            isPersistent: isPersistent, memoryKiB: 65_536, virtualCPUs: 1, mark: mark, startsWithHost: startsWithHost)
    }

    /// Two agreeing reads; `nil`: the host knows no such domain.
    static func evidence(_ source: DomainSummary?, _ destination: DomainSummary?, job: Bool? = false) -> Evidence {
        let there = destination.map(Observation.present) ?? .absent
        return Evidence(
            destinationFirst: there, source: source.map(Observation.present) ?? .absent, destinationAgain: there,
            jobIsActive: job)
    }

    static func request(
        _ destination: String = "beta", kind: MigrationKind = .live, priority: UInt16 = 0, guest: String = "web"
    ) -> MigrationRequest {
        MigrationRequest(guest: GuestSelector(guest), destination: destination, kind: kind, priority: priority)
    }

    static func plan(kind: MigrationKind = .live, destination: HostDescription = beta) -> MigrationPlan {
        MigrationPlan(
            guestName: "web", guestUUID: guestUUID, source: alpha, destination: destination,
            request: request(destination.name, kind: kind))
    }

    static func identity(
        _ uuid: String, type: String = "QEMU", version: UInt64 = 7_002_000
    ) -> HostIdentity {
        HostIdentity(
            uuid: uuid, hostName: uuid, hypervisorType: type, hypervisorVersion: version, libraryVersion: 9_000_000)
    }

    static func definition(disk: String = "/srv/shared/web.img", cpu: String = "") -> DomainDefinition {
        // The text is ours and well-formed.
        try! DomainDefinition(
            xml: """
                <domain type='kvm'><name>web</name><uuid>\(guestUUID)</uuid>
                <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>\(cpu)
                <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
                <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='\(disk)'/>
                <target dev='vda' bus='virtio'/></disk></devices></domain>
                """)
    }

    static func capabilities(machine: String = "pc-q35-7.2", type: String = "kvm") -> HostCapabilities {
        try! HostCapabilities(
            xml: """
                <capabilities><host><uuid>b</uuid></host><guest><os_type>hvm</os_type><arch name='x86_64'>
                <machine maxCpus='288'>\(machine)</machine><domain type='\(type)'/></arch></guest></capabilities>
                """)
    }

    /// Facts with which every check passes.
    static func facts(kind: MigrationKind = .live, disk: String = "/srv/shared/web.img") -> Facts {
        var facts = Facts(
            plan: plan(kind: kind), sharedPaths: ["/srv/shared"], ownership: Ownership(daemon: daemon))
        facts.sourceIdentity = .known(identity("a"))
        facts.destinationIdentity = .known(identity("b"))
        facts.guest = .known(domain(kind == .live ? .running : .shutOff))
        facts.definition = .known(definition(disk: disk))
        facts.guestJob = .known(.none)
        facts.destinationCapabilities = .known(capabilities())
        facts.sameName = .known(nil)
        facts.sameUUID = .known(nil)
        facts.cpu = .known(nil)
        return facts
    }

    static func error(_ code: HypervisorError.Code, _ message: String = "libvirt's own words") -> HypervisorError {
        HypervisorError(code: code, number: 1, message: message, call: "virDomainMigrateToURI3", uri: alpha.uri)
    }
}
