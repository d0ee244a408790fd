import FakeHypervisor
import Glibc
import HypervisorAPI

extension ContractFixtureKind {
    static let remoteFake = ContractFixtureKind("fake, in another process") { try await RemoteFixture() }
}

/// The contract on the same two simulated hosts, called over a socket as from another process.
final class RemoteFixture: ContractFixture {
    let hypervisor: any Hypervisor
    private let local: FakeFixture
    private let serving: Task<Void, any Error>

    init() async throws {
        let path = temporarySocketPath()
        let local = try FakeFixture()
        let (ready, continuation) = AsyncStream.makeStream(of: Void.self)
        serving = Task {
            defer { continuation.finish() }
            try await RemoteWorldServer(world: local.world, path: path).run { continuation.yield() }
        }
        for await _ in ready { break }
        self.local = local
        hypervisor = RemoteHypervisor(path: path)
    }

    var source: ContractHost { local.source }
    var destination: ContractHost { local.destination }
    var inabilities: Set<ContractInability> { local.inabilities }
    var unreachablePeerURI: String { local.unreachablePeerURI }

    func makeGuest(_ plan: GuestPlan) async throws -> ContractGuest { try await local.makeGuest(plan) }
    func takeNameAtDestination(of guest: ContractGuest) async throws {
        try await local.takeNameAtDestination(of: guest)
    }
    func pause(_ guest: ContractGuest) async throws { try await local.pause(guest) }
    func cpuExamples() async throws -> [CPUExample] { try await local.cpuExamples() }
    func volumeExamples() async throws -> [VolumeExample] { try await local.volumeExamples() }
    func volumeOrder(capacity: UInt64, format: String) async throws -> VolumeOrder {
        try await local.volumeOrder(capacity: capacity, format: format)
    }
    func copyOrder(for guest: ContractGuest) async throws -> VolumeOrder { try await local.copyOrder(for: guest) }
    func hasItsData(_ guest: ContractGuest) async throws -> Bool { try await local.hasItsData(guest) }
    func bringAbout(_ failure: ContractFailure) async throws { try await local.bringAbout(failure) }
    func undo(_ failure: ContractFailure) async throws { try await local.undo(failure) }

    func tearDown() async throws {
        await hypervisor.shutDown()
        serving.cancel()
        try await serving.value
        try await local.tearDown()
    }
}

func temporarySocketPath() -> String {
    "/tmp/fake-world-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).sock"
}
