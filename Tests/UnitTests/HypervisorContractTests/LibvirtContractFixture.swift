import Glibc
import HypervisorAPI
import LibvirtHypervisor
import Synchronization
import Testing

extension ContractFixtureKind {
    /// libvirt on the lab's hosts; none when no lab stands.
    static let lab: [ContractFixtureKind] =
        LibvirtLab.standing.map { lab in
            [ContractFixtureKind("libvirt") { try LibvirtContractFixture(lab) }]
        } ?? []
}

/// The contract on two real hosts: A is the source, B the destination.
final class LibvirtContractFixture: ContractFixture {
    private struct State {
        var guests: [String] = []
        var files: [String] = []
        var failures: [ContractFailure] = []
    }

    private static let lastNumber = Atomic<Int>(0)

    let hypervisor: any Hypervisor
    let source: ContractHost
    let destination: ContractHost
    let inabilities: Set<ContractInability> = []
    let unreachablePeerURI: String
    let lab: LibvirtLab
    private let state = Mutex(State())

    init(_ lab: LibvirtLab) throws {
        self.lab = lab
        hypervisor = try Libvirt()
        source = ContractHost(uri: try lab.uri(.a), peerURI: try lab.peerURI(.a))
        destination = ContractHost(uri: try lab.uri(.b), peerURI: try lab.peerURI(.b))
        let peer = try #require(HypervisorURI(destination.peerURI)?.host)
        // Nothing listens at port 1, so the destination refuses at once.
        unreachablePeerURI = "qemu+tcp://\(peer):1/system"
    }

    func makeGuest(_ plan: GuestPlan) async throws -> ContractGuest {
        let isLoaded = plan.load == .hardDirtying
        let isTransient = plan.state == .running && !plan.isPersistent
        // 1,500 pages 18 times a second, over a link that carries 2 MiB/s: so slow a link that the move does not converge
        // either when the guest itself gets only a fraction of a processor.
        let load = ["--pages", isLoaded ? "1500" : "0", "--limit-mib", "100"]
        let name: String
        if case .ownPool(let format) = plan.disk {
            name = try await makeOwnDisk(format: format, load)
            try await define(name, ownPath(name), format: format, on: .a, transient: isTransient)
        } else {
            let disk: String
            (name, disk) = newName()
            try await lab.run(["disk", disk, "1M"] + load)
            try await define(name, disk, on: .a, transient: isTransient)
        }
        if plan.state == .running, plan.isPersistent { try await lab.run("virsh", "A", "start", name) }
        if isLoaded { try await lab.run("virsh", "A", "migrate-setspeed", name, "2") }
        let uuid = try #require(DomainUUID(try await lab.run("virsh", "A", "domuuid", name).trimmed))
        let needsUnsafe = if case .ownPool = plan.disk { false } else { true }
        return ContractGuest(uuid: uuid, name: name, needsUnsafe: needsUnsafe)
    }

    func takeNameAtDestination(of guest: ContractGuest) async throws {
        let (_, disk) = newName()
        try await lab.run("disk", disk, "1M")
        try await define(guest.name, disk, on: .b, transient: false)
    }

    func pause(_ guest: ContractGuest) async throws { try await lab.run("virsh", "A", "suspend", guest.name) }

    func cpuExamples() async throws -> [CPUExample] {
        [
            CPUExample(request: request(model: "qemu64"), expected: .superset),
            CPUExample(request: request(model: "Skylake-Server"), expected: .incompatible(reason: "")),
        ]
    }

    func volumeExamples() async throws -> [VolumeExample] {
        let (_, disk) = newName()
        try await lab.run("disk", disk, "3M")
        return [
            VolumeExample(path: disk, expected: .found(pool: "shared", capacity: 3 << 20, isEmpty: false)),
            VolumeExample(path: lab.sharedPath("absent.img"), expected: .missing(pool: "shared")),
            VolumeExample(path: "/elsewhere/disk.img", expected: .notCovered),
        ]
    }

    func bringAbout(_ failure: ContractFailure) async throws {
        state.withLock { $0.failures.append(failure) }
        switch failure {
        case .destinationDaemonKilled: try await lab.run("stop-libvirtd", "B", "KILL")
        case .linkCut: try await lab.run("link", "B", "down")
        case .sourceHostLost: try await lab.run("kill-host", "A")
        }
    }

    func undo(_ failure: ContractFailure) async throws {
        switch failure {
        case .destinationDaemonKilled: try await lab.run("start-libvirtd", "B")
        case .linkCut: try await lab.run("link", "B", "up")
        case .sourceHostLost: try await lab.run("start-host", "A")
        }
        state.withLock { state in state.failures.removeAll { $0 == failure } }
    }

    func tearDown() async throws {
        await hypervisor.shutDown()
        for failure in state.withLock(\.failures) { try await undo(failure) }
        for name in state.withLock(\.guests) {
            for host in LibvirtLab.Host.allCases { try await remove(name, from: host) }
        }
        for file in state.withLock(\.files) { unlink(file) }
    }

    /// A name that no other guest has, and the path of its disk.
    func newName() -> (name: String, disk: String) {
        let number = Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "contract-\(getpid())-\(number)"
        let disk = lab.sharedPath("\(name).img")
        let files = [disk] + LibvirtLab.Host.allCases.map { lab.privateFile("\(name).img", of: $0) }
        state.withLock { state in
            state.guests.append(name)
            state.files += files
        }
        return (name, disk)
    }

    private func define(
        _ name: String, _ disk: String, format: String = "raw", on host: LibvirtLab.Host, transient: Bool
    ) async throws {
        let definition = try await lab.run("guest", name, disk, "--memory-mib", "128", "--format", format)
        let file = "\(lab.directory)/\(name)-\(host.rawValue).xml"
        try write(definition, to: file)
        defer { unlink(file) }
        try await lab.run("virsh", host.rawValue, transient ? "create" : "define", file)
    }

    private func remove(_ name: String, from host: LibvirtLab.Host) async throws {
        let listed = try await lab.run("virsh", host.rawValue, "list", "--all", "--name").split(
            whereSeparator: \.isNewline)
        guard listed.contains(Substring(name)) else { return }
        let running = try await lab.run("virsh", host.rawValue, "list", "--name").split(whereSeparator: \.isNewline)
        let persistent = try await lab.run("virsh", host.rawValue, "list", "--all", "--persistent", "--name")
            .split(whereSeparator: \.isNewline)
        if running.contains(Substring(name)) { try await lab.run("virsh", host.rawValue, "destroy", name) }
        if persistent.contains(Substring(name)) { try await lab.run("virsh", host.rawValue, "undefine", name) }
    }

    func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fputs(text, file) >= 0)
    }

    private func request(model: String) -> CPUComparisonRequest {
        CPUComparisonRequest(
            cpuXML: "<cpu mode='custom' match='exact'><model fallback='forbid'>\(model)</model></cpu>", emulator: nil,
            architecture: "x86_64", machine: nil, virtualizationType: "qemu")
    }
}

extension String {
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
