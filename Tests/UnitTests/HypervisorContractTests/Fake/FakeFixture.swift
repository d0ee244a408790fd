import FakeHypervisor
import HypervisorAPI
import Synchronization
import Testing

extension ContractFixtureKind {
    static let fake = ContractFixtureKind("fake") { try FakeFixture() }
}

/// The contract on two simulated hosts whose time runs fifty times as fast as ours.
final class FakeFixture: ContractFixture {
    let world: SimulatedWorld
    let hypervisor: any Hypervisor
    let source: ContractHost
    let destination: ContractHost
    let inabilities: Set<ContractInability> = []
    let unreachablePeerURI = "fake+tcp://gamma/system"
    private let running: Task<Void, Never>
    private let lastGuest = Mutex<UInt64>(0)

    init() throws {
        let world = try SimulatedWorld(Self.description(), speed: 50)
        self.world = world
        hypervisor = SimulatedHypervisor(world: world)
        source = ContractHost(uri: try fakeURI("fake+tcp://alpha/system"), peerURI: "fake+tcp://alpha/system")
        destination = ContractHost(uri: try fakeURI("fake+tcp://beta/system"), peerURI: "fake+tcp://beta/system")
        running = Task { await world.run() }
    }

    private static func description() throws -> WorldDescription {
        WorldDescription(
            hosts: [
                HostDescription(
                    name: "alpha", uuid: try uuid(1), cpu: CPUDescription(model: "Broadwell", features: ["pku"])),
                HostDescription(name: "beta", uuid: try uuid(2)),
                HostDescription(name: "gamma", uuid: try uuid(3), condition: .daemonDown),
            ],
            storage: [
                StorageDescription(
                    pool: "shared", path: "/srv/shared", hosts: ["alpha", "beta"],
                    volumes: [VolumeDescription(name: "there.qcow2", sizeMiB: 3)]),
                StorageDescription(pool: "own", path: "/srv/own", hosts: ["alpha"]),
                StorageDescription(pool: "own", path: "/srv/own", hosts: ["beta"]),
            ],
            linkMiBPerSecond: 500)
    }

    func makeGuest(_ plan: GuestPlan) async throws -> ContractGuest {
        let number = nextNumber()
        let name = "guest\(number)"
        let guest = GuestDescription(
            name: name, uuid: try uuid(1000 + number), state: plan.state == .running ? .running : .shutOff,
            isPersistent: plan.isPersistent || plan.state == .shutOff,
            hardware: Hardware(
                memoryMiB: 256, disks: [Self.disk(plan.disk, name)],
                dirtyMiBPerSecond: plan.load == .idle ? 20 : 2000))
        try world.perform(.guestDefine(host: "alpha", guest))
        return ContractGuest(uuid: guest.uuid, name: name, needsUnsafe: plan.disk.isUnsafe)
    }

    private static func disk(_ placement: GuestPlan.DiskPlacement, _ name: String) -> DiskDescription {
        switch placement {
        case .shared: DiskDescription(target: "vda", path: "/srv/shared/\(name).qcow2")
        case .unsafe: DiskDescription(target: "vda", path: "/var/tmp/\(name).qcow2")
        case .ownPool(let format): DiskDescription(target: "vda", path: "/srv/own/\(name).img", format: format)
        }
    }

    private func nextNumber() -> UInt64 {
        lastGuest.withLock { number in
            number += 1
            return number
        }
    }

    func volumeOrder(capacity: UInt64, format: String) async throws -> VolumeOrder {
        VolumeOrder(pool: "own", path: "/srv/own/volume\(nextNumber()).img", capacity: capacity, format: format)
    }

    func copyOrder(for guest: ContractGuest) async throws -> VolumeOrder {
        let disk = try #require(try await sourceHost.definition(of: guest.uuid, .current).disks.first)
        return VolumeOrder(
            pool: "own", path: try #require(disk.path), capacity: 10240 << 20, format: try #require(disk.format))
    }

    /// The world itself looks (`diskEmpty`).
    func hasItsData(_ guest: ContractGuest) async throws -> Bool {
        guard try await destinationHost.domain(guest.uuid)?.state == .running else { return false }
        return world.violations().isEmpty
    }

    func takeNameAtDestination(of guest: ContractGuest) async throws {
        let other = GuestDescription(name: guest.name, uuid: try uuid(9000), state: .shutOff)
        try world.perform(.guestDefine(host: "beta", other))
    }

    func pause(_ guest: ContractGuest) async throws {
        try world.perform(.guestPause(host: "alpha", guest: guest.name))
    }

    func cpuExamples() async throws -> [CPUExample] {
        [
            CPUExample(request: request("<cpu><model>Haswell</model></cpu>"), expected: .superset),
            CPUExample(
                request: request("<cpu><model>Broadwell</model><feature policy='require' name='pku'/></cpu>"),
                expected: .identical),
            CPUExample(
                request: request("<cpu><model>Icelake-Server</model></cpu>"), expected: .incompatible(reason: "")),
        ]
    }

    func volumeExamples() async throws -> [VolumeExample] {
        [
            VolumeExample(
                path: "/srv/shared/there.qcow2", expected: .found(pool: "shared", capacity: 3 << 20, isEmpty: false)),
            VolumeExample(path: "/srv/shared/absent.qcow2", expected: .missing(pool: "shared")),
            VolumeExample(path: "/elsewhere/disk.qcow2", expected: .notCovered),
        ]
    }

    func bringAbout(_ failure: ContractFailure) async throws {
        switch failure {
        case .destinationDaemonKilled: try world.perform(.daemonDown("beta"))
        case .linkCut: try world.perform(.linkCut("alpha", "beta"))
        case .sourceHostLost: try world.perform(.hostDown("alpha"))
        }
    }

    func undo(_ failure: ContractFailure) async throws {
        switch failure {
        case .destinationDaemonKilled: try world.perform(.daemonUp("beta"))
        case .linkCut: try world.perform(.linkRestore("alpha", "beta"))
        case .sourceHostLost: try world.perform(.hostUp("alpha"))
        }
    }

    func tearDown() async throws {
        await hypervisor.shutDown()
        running.cancel()
        await running.value
        if let violation = world.violations().first { throw ContractTimeout(description: "violation: \(violation)") }
    }

    private func request(_ cpuXML: String) -> CPUComparisonRequest {
        CPUComparisonRequest(
            cpuXML: cpuXML, emulator: nil, architecture: "x86_64", machine: nil, virtualizationType: "kvm")
    }
}

extension GuestPlan.DiskPlacement {
    fileprivate var isUnsafe: Bool { if case .unsafe = self { true } else { false } }
}
