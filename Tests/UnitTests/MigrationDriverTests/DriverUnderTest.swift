import FakeHypervisor
import Foundation
import HypervisorAPI
import Journal
import Logging
import MigrationLogic
import Synchronization

@testable import MigrationDriver

/// A driver over a world in memory whose time runs fast, so that nothing has to be waited for.
struct DriverUnderTest: Sendable {
    static let web = DomainUUID("00000000-0000-4000-8000-000000000001")!
    static let busy = DomainUUID("00000000-0000-4000-8000-000000000002")!
    private static let hosts = ["alpha", "beta"]

    let world: SimulatedWorld
    let journal: any JournalStore
    let hypervisor: SimulatedHypervisor
    let driver: Driver

    /// Runs `body` with a driver that runs; ends it afterwards.
    static func with(
        journal: any JournalStore = MemoryJournal(), world: SimulatedWorld? = nil,
        options change: (inout LogicOptions) -> Void = { _ in },
        passes: (@Sendable (SimulatedHypervisor, EffectKind, CrashMoment) -> Void)? = nil,
        _ body: (DriverUnderTest) async throws -> Void
    ) async throws {
        let test = try await DriverUnderTest(journal: journal, world: world, passes, change)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await test.world.run() }
            group.addTask { await test.driver.run() }
            do {
                try await body(test)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    private init(
        journal: any JournalStore, world: SimulatedWorld?,
        _ passes: (@Sendable (SimulatedHypervisor, EffectKind, CrashMoment) -> Void)?,
        _ change: (inout LogicOptions) -> Void
    ) async throws {
        self.journal = journal
        self.world = try world ?? Self.makeWorld()
        let hypervisor = SimulatedHypervisor(world: self.world)
        self.hypervisor = hypervisor
        var options = LogicOptions(
            resolver: DestinationResolver(
                hosts: Self.hosts.map {
                    MigrationLogic.HostDescription(name: $0, uri: "fake+tcp://\($0)/system")
                }), sharedPaths: ["/srv/shared"])
        options.progressMilliseconds = 2
        options.verifyRetryMilliseconds = 2
        options.undecidedRetryMilliseconds = 5
        options.refreshMilliseconds = 20
        options.sourceSightings = 3
        change(&options)
        let ticks = Ticks()
        var dependencies = Driver.Dependencies(
            hypervisor: hypervisor, journal: journal, clock: ContinuousClock(), now: { ticks.next() },
            makeJobID: { JobID(UUID().uuidString) },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        if let passes { dependencies.passes = { passes(hypervisor, $0, $1) } }
        driver = Driver(
            options: options, contents: try await journal.load(), externalChecks: nil, dependencies)
    }

    /// alpha and beta share storage; on alpha run `web`, which is idle, and `busy`, which never converges.
    static func makeWorld(
        web state: GuestDescription.State = .running, isPersistent: Bool = true, startsWithHost: Bool = false,
        webDisk: String = "/srv/shared/web.img"
    ) throws -> SimulatedWorld {
        func guest(_ name: String, _ uuid: DomainUUID, dirty: Double) -> GuestDescription {
            GuestDescription(
                name: name, uuid: uuid, state: uuid == web ? state : .running,
                isPersistent: uuid == web ? isPersistent : true, startsWithHost: uuid == web && startsWithHost,
                hardware: Hardware(
                    disks: [
                        DiskDescription(
                            target: "vda", path: uuid == web ? webDisk : "/srv/shared/\(name).img", format: "raw",
                            sizeMiB: 10)
                    ],
                    dirtyMiBPerSecond: dirty))
        }
        let description = WorldDescription(
            hosts: [
                FakeHypervisor.HostDescription(
                    name: "alpha", uuid: DomainUUID("aaaaaaaa-0000-4000-8000-00000000000a")!,
                    guests: [guest("web", web, dirty: 0), guest("busy", busy, dirty: 100_000)]),
                FakeHypervisor.HostDescription(name: "beta", uuid: DomainUUID("bbbbbbbb-0000-4000-8000-00000000000b")!),
            ],
            storage: [
                StorageDescription(
                    pool: "shared", path: "/srv/shared", hosts: hosts,
                    volumes: [
                        VolumeDescription(name: "web.img", sizeMiB: 10),
                        VolumeDescription(name: "busy.img", sizeMiB: 10),
                    ]),
                StorageDescription(pool: "private", path: "/srv/private", hosts: ["alpha"]),
                StorageDescription(pool: "private", path: "/srv/private", hosts: ["beta"]),
            ])
        return try SimulatedWorld(description, speed: 200)
    }

    func request(_ guest: String = "web", kind: MigrationKind = .live) -> MigrationRequest {
        MigrationRequest(guest: GuestSelector(guest), destination: "beta", kind: kind)
    }

    /// The job when it satisfies a condition; it is an error when it does not within 20 s.
    func job(_ id: JobID, until condition: @escaping @Sendable (JobRecord) -> Bool) async throws -> JobRecord {
        let job = await driver.job(id, within: .seconds(20), until: condition)
        guard let job, condition(job) else {
            throw RequestError(
                .noSuchJob, "the job did not get there: \(job.map { "\($0.phase) \($0.timeline)" } ?? "none")")
        }
        return job
    }

    /// Where a guest is, asked of the world itself.
    func domain(_ uuid: DomainUUID, on host: String) async throws -> DomainSummary? {
        let uri = HypervisorURI("fake+tcp://\(host)/system")!
        return try await SimulatedHypervisor(world: world).host(uri).domain(uuid)
    }
}

extension DriverUnderTest {
    /// Asked of the world itself.
    func volumeIsThere(_ path: String, on host: String) async throws -> Bool {
        let uri = HypervisorURI("fake+tcp://\(host)/system")!
        let lookup = try await SimulatedHypervisor(world: world).host(uri).storageVolume(atPath: path)
        if case .found = lookup { return true }
        return false
    }
}

/// A clock that only says what came first.
private final class Ticks: Sendable {
    private let count = Mutex<Int64>(0)

    func next() -> Timestamp {
        count.withLock { count in
            count += 1
            return Timestamp(microseconds: count)
        }
    }
}

extension DriverUnderTest {
    /// Waits for the published state, at most 20 s.
    func until(_ condition: @escaping @Sendable (MigrationState) -> Bool) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await driver.wait(until: condition) }
            group.addTask { try? await ContinuousClock().sleep(for: .seconds(20)) }
            await group.next()
            group.cancelAll()
        }
        guard condition(driver.state) else {
            let jobs = driver.state.orderedJobs.map { "\($0.phase): \($0.timeline.map(\.text))" }
            throw RequestError(.stopping, "the state did not get there: \(jobs)")
        }
    }
}
