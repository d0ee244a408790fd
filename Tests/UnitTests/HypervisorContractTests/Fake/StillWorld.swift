import FakeHypervisor
import HypervisorAPI
import Testing

/// A world on a virtual clock: three hosts, shared storage, and whatever guests a test puts there. Its time
/// passes only when the test lets it.
struct StillWorld: Sendable {
    let clock = VirtualClock()
    let world: SimulatedWorld
    let hypervisor: SimulatedHypervisor

    init(
        _ guests: [GuestDescription], migrationsPerHost: Int? = nil, linkMiBPerSecond: Double = 1000,
        options: SimulatedHypervisor.Options = .init()
    ) throws {
        let alpha = HostDescription(name: "alpha", address: "alpha.example", uuid: try uuid(1), guests: guests)
        let beta = HostDescription(name: "beta", uuid: try uuid(2))
        let gamma = HostDescription(
            name: "gamma", uuid: try uuid(3), machines: ["pc-q35-5.2"], cpu: CPUDescription(model: "Haswell"),
            memoryMiB: 4096)
        let description = WorldDescription(
            hosts: [alpha, beta, gamma],
            storage: [StorageDescription(pool: "shared", path: "/srv/shared", hosts: ["alpha", "beta", "gamma"])]
                + ["alpha", "beta"].map { StorageDescription(pool: "own", path: "/srv/own", hosts: [$0]) },
            linkMiBPerSecond: linkMiBPerSecond, migrationsPerHost: migrationsPerHost)
        world = try SimulatedWorld(description, clock: clock)
        hypervisor = SimulatedHypervisor(world: world, options: options)
    }

    func host(_ name: String) throws -> any HypervisorHost { hypervisor.host(try fakeURI("fake+tcp://\(name)/system")) }

    /// Runs `body` while the world runs.
    func run<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await world.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Begins a move from alpha and returns once the world knows of it; how it ends is the task's value.
    func beginMove(
        _ guest: UInt64, to peer: String = "beta", isPersistent: Bool = true, copiedDisks: [String] = [],
        mark: OwnershipMark? = nil, deadline: Duration = .seconds(3600)
    ) async throws -> Task<Result<Void, HypervisorError>, Never> {
        let transfer = Transfer.live(
            LiveTransfer(
                peerURI: "fake+tcp://\(peer)/system", isPersistent: isPersistent, allowsUnsafeDisks: false,
                copiedDisks: copiedDisks, mark: mark))
        let alpha = try host("alpha")
        let uuid = try uuid(guest)
        let before = world.trace().last?.number ?? 0
        let task = Task {
            await outcome { () async throws(HypervisorError) in
                try await alpha.migrate(uuid, transfer, deadline: deadline)
            }
        }
        _ = try await world.wait(
            for: TracePattern(what: "started/migrated"), after: before, deadline: .seconds(1_000_000))
        return task
    }

    /// Begins a move of a definition from alpha to beta and returns once the world knows of it.
    func beginOfflineMove(
        _ guest: UInt64, mark: OwnershipMark? = nil, deadline: Duration = .seconds(3600)
    ) async throws -> Task<Result<Void, HypervisorError>, Never> {
        let transfer = Transfer.offline(OfflineTransfer(peerURI: "fake+tcp://beta/system", mark: mark))
        let alpha = try host("alpha")
        let uuid = try uuid(guest)
        let before = world.pendingCalls
        let task = Task {
            await outcome { () async throws(HypervisorError) in
                try await alpha.migrate(uuid, transfer, deadline: deadline)
            }
        }
        try await eventually("the offline move") { world.pendingCalls == before + 1 }
        return task
    }

    /// What happened to guests, without times.
    func story(after number: UInt64 = 0) -> [String] {
        world.trace(after: number).map { "\($0.host) \($0.guest ?? "-") \($0.what)" }
    }

    /// Lets the world's next change happen, `count` times.
    func step(_ count: Int = 1) throws {
        for _ in 0..<count {
            let next = try #require(world.nextChange)
            clock.advance(by: next - world.time)
        }
    }
}

/// A guest of the number's UUID with a disk on shared storage.
func guest(
    _ number: UInt64, _ name: String, state: GuestDescription.State = .running, isPersistent: Bool = true,
    startsWithHost: Bool = false, memoryMiB: UInt64 = 1000, dirty: Double = 0, workingSet: Double? = nil,
    change: (inout Hardware) -> Void = { _ in }
) throws -> GuestDescription {
    var hardware = Hardware(
        memoryMiB: memoryMiB, disks: [DiskDescription(target: "vda", path: "/srv/shared/\(name).qcow2")],
        dirtyMiBPerSecond: dirty, workingSetMiB: workingSet)
    change(&hardware)
    return GuestDescription(
        name: name, uuid: try uuid(number), state: state, isPersistent: isPersistent, startsWithHost: startsWithHost,
        hardware: hardware)
}
