import CIM
import Daemon
import FakeHypervisor
import Foundation
import HypervisorAPI
import Journal
import Logging
import MigrationDriver
import Synchronization
import WBEMServer

@testable import MigrationLogic
@testable import MigrationProviders

/// The providers over a driver and a world in memory whose time runs fast, in the three namespaces that the daemon serves.
struct ModelUnderTest: Sendable {
    static let virt = CIMNamespace("root/virt")!
    static let interop = InteropServer.namespaces
    static let web = DomainUUID("00000000-0000-4000-8000-000000000001")!
    /// What a client sends that gives no other user.
    static let caller = Caller(userID: 7)

    private let world: SimulatedWorld
    let driver: Driver
    let checks: CheckResults
    let statistics = ServerStatistics()
    let served: [CIMNamespace: ServedNamespace]

    /// Runs `body` with a driver that runs and has read both hosts; ends it afterwards.
    static func with(
        machine: String = "manager", guests: [String] = ["web"], family: ClassFamily = .kvm,
        _ body: (ModelUnderTest) async throws -> Void
    ) async throws {
        let test = try await ModelUnderTest(machine: machine, guests: guests, family: family)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await test.world.run() }
            group.addTask { await test.driver.run() }
            do {
                try await test.until { $0.orderedHosts.allSatisfy { $0.readAt != nil } }
                try await body(test)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    private init(machine: String, guests: [String], family: ClassFamily) async throws {
        world = try Self.makeWorld(guests)
        var options = LogicOptions(
            resolver: DestinationResolver(
                hosts: ["alpha", "beta"].map {
                    MigrationLogic.HostDescription(name: $0, uri: "fake+tcp://\($0)/system")
                }), sharedPaths: ["/srv/shared"])
        options.progressMilliseconds = 2
        options.verifyRetryMilliseconds = 2
        options.refreshMilliseconds = 20
        options.sourceSightings = 3
        let ticks = Ticks()
        let journal = MemoryJournal()
        driver = Driver(
            options: options, contents: try await journal.load(), externalChecks: nil,
            Driver.Dependencies(
                hypervisor: SimulatedHypervisor(world: world), journal: journal, clock: ContinuousClock(),
                now: { ticks.next() }, makeJobID: { JobID(UUID().uuidString) },
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
        checks = CheckResults(now: { ticks.next() })
        let set = MigrationProviderSet(
            family: family, namespace: Self.virt, driver: driver,
            description: CurrentDescription(
                ServiceDescription(
                    softwareVersion: "1.2.3", hypervisorDriver: "fake", startedAtMicroseconds: 0, hostName: machine,
                    externalChecksDirectory: nil, checkDeadline: .seconds(20))),
            actions: ServiceActions(backUpJournal: { "" }), checks: checks)
        served = try Self.serve(set, statistics)
    }

    private static func serve(
        _ set: MigrationProviderSet, _ statistics: ServerStatistics
    ) throws -> [CIMNamespace: ServedNamespace] {
        let schema = URL(filePath: #filePath).appending(path: "../../../../schema").standardized.path
        let repository = try SchemaLoader.load(directory: schema)
        let server = set.server(
            served: [virt] + interop, statistics: statistics, enumerations: EnumerationSessions.Limits())
        var served = [virt: try ServedNamespace(name: virt, repository: repository, providers: set.providers)]
        for namespace in interop {
            served[namespace] = try ServedNamespace(
                name: namespace, repository: repository,
                providers: server.providers(in: namespace) + set.interopProviders(in: namespace, server))
        }
        return served
    }

    /// alpha and beta share storage; the guests are on alpha. `busy` never converges.
    private static func makeWorld(_ guests: [String]) throws -> SimulatedWorld {
        let described = guests.enumerated().map { index, name in
            GuestDescription(
                name: name, uuid: DomainUUID(String(format: "00000000-0000-4000-8000-%012d", index + 1))!,
                state: .running, isPersistent: true,
                hardware: Hardware(
                    disks: [
                        DiskDescription(target: "vda", path: "/srv/shared/\(name).img", format: "raw", sizeMiB: 10)
                    ], dirtyMiBPerSecond: name == "busy" ? 100_000 : 0))
        }
        let description = WorldDescription(
            hosts: [
                FakeHypervisor.HostDescription(
                    name: "alpha", uuid: DomainUUID("aaaaaaaa-0000-4000-8000-00000000000a")!, guests: described),
                FakeHypervisor.HostDescription(name: "beta", uuid: DomainUUID("bbbbbbbb-0000-4000-8000-00000000000b")!),
            ],
            storage: [
                StorageDescription(
                    pool: "shared", path: "/srv/shared", hosts: ["alpha", "beta"],
                    volumes: guests.map { VolumeDescription(name: "\($0).img", sizeMiB: 10) })
            ])
        return try SimulatedWorld(description, speed: 200)
    }

    // MARK: Asking

    func provider(_ className: CIMName, in namespace: CIMNamespace = virt) -> any InstanceProvider {
        served[namespace]!.provider(for: className)!
    }

    func instances(_ className: CIMName, in namespace: CIMNamespace = virt) async throws -> [CIMInstance] {
        Array(try await provider(className, in: namespace).instances())
    }

    /// The instance that a path with a namespace leads to; `nil` when it leads to none.
    func instance(at path: CIMObjectPath) async throws -> CIMInstance? {
        guard let served = path.namespace.flatMap({ served[$0] }) else { return nil }
        let path = try served.repository.normalized(path)
        return try await served.provider(for: path.className)?.instance(at: path)
    }

    /// The far ends of an association's instances that refer to an object.
    func associated(
        _ path: CIMObjectPath, by className: CIMName, in namespace: CIMNamespace = virt, role: CIMName
    ) async throws -> [CIMObjectPath] {
        let provider = provider(className, in: namespace) as! any AssociationProvider
        return try await provider.references(to: path).compactMap { $0[role]?.referenceValue }
    }

    var service: CIMObjectPath {
        get async throws {
            var path = served[Self.virt]!.repository.path(
                of: try await instances("KVM_VirtualSystemMigrationService")[0])!
            path.namespace = Self.virt
            return path
        }
    }

    func guest(_ name: String = "web") -> CIMObjectPath { system("KVM_ComputerSystem", name) }
    func host(_ name: String, in namespace: CIMNamespace = virt) -> CIMObjectPath {
        system("KVM_HostSystem", name, namespace)
    }

    private func system(_ className: CIMName, _ name: String, _ namespace: CIMNamespace = virt) -> CIMObjectPath {
        CIMObjectPath(
            namespace: namespace, className: className,
            keys: [
                CIMKeyBinding("CreationClassName", .string(className.text)), CIMKeyBinding("Name", .string(name)),
            ])
    }

    // MARK: Doing

    @discardableResult
    func call(_ method: CIMName, _ parameters: [CIMName: CIMValue]) async throws -> MethodOutcome {
        try await provider("KVM_VirtualSystemMigrationService").invoke(
            MethodCall(name: method, object: try await service, caller: Self.caller, parameters: parameters))
    }

    /// Moves a guest to beta, whatever comes of it; the job's path when it has ended.
    func migrate(_ name: String = "web", by method: CIMName = "MigrateVirtualSystemToHost") async throws
        -> CIMObjectPath
    {
        let destination: (CIMName, CIMValue) =
            method == "MigrateVirtualSystemToSystem"
            ? ("DestinationSystem", .reference(host("beta"))) : ("DestinationHost", .string("beta"))
        let outcome = try await call(
            method, ["ComputerSystem": .reference(guest(name)), destination.0: destination.1])
        let job = outcome.outputs.first { $0.name == "Job" }!.value!.referenceValue!
        let id = MigrationJobProvider.jobID(job)!
        try await until { $0.jobs[id]?.isEnded == true }
        return job
    }

    /// Waits for the published state, at most 20 s.
    func until(_ condition: @escaping @Sendable (MigrationState) -> Bool) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await driver.wait(until: condition) }
            group.addTask { try? await ContinuousClock().sleep(for: .seconds(20)) }
            await group.next()
            group.cancelAll()
        }
        guard condition(driver.state) else {
            throw RequestError(.stopping, "the state did not get there: \(driver.state.orderedJobs.map(\.phase))")
        }
    }
}

/// A clock that only says what came first.
final class Ticks: Sendable {
    private let count = Mutex<Int64>(0)

    func next() -> Timestamp {
        count.withLock { count in
            count += 1
            return Timestamp(microseconds: count)
        }
    }
}
