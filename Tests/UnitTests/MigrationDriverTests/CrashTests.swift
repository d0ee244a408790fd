import FakeHypervisor
import HypervisorAPI
import Journal
import MigrationLogic
import Synchronization
import Testing

@testable import MigrationDriver

/// The driver dies at every point at which it can die, and its successor knows what to do. The points are made from the
/// list of effects: a new effect is tested by itself. (That a killed process behaves so is shown by the process tests.)
@Suite struct CrashTests {
    /// What is moved, and how that ends.
    enum Scenario: String, Sendable, CaseIterable {
        case live, liveAutostart, transient, offline, offlineAutostart, liveFails, cancelled, copied, copyFails
        /// The source's daemon dies when the guest has arrived and the source does not know it yet.
        case arrivalUnheard, definitionArrivalUnheard

        var isOffline: Bool { self == .offline || self == .offlineAutostart || self == .definitionArrivalUnheard }
        var copiesStorage: Bool { self == .copied || self == .copyFails }
        var dirtiesMemory: Bool { self == .liveFails || self == .cancelled || self == .copyFails }
        var losesSourceDaemon: Bool { self == .arrivalUnheard || self == .definitionArrivalUnheard }
        var startsWithHost: Bool { self == .liveAutostart || self == .offlineAutostart || self == .arrivalUnheard }
    }

    struct Point: Sendable, CustomTestStringConvertible {
        var scenario: Scenario
        var kind: EffectKind
        var moment: CrashMoment
        var occurrence: Int
        var testDescription: String { "\(scenario) \(kind.rawValue):\(moment.rawValue):\(occurrence)" }
    }

    /// Effects that a migration leads to, in every scenario and at their first and second time. What a point does not
    /// reach is a run without a crash, which must end well too.
    static let points: [Point] = Scenario.allCases.flatMap { scenario in
        EffectKind.allCases.filter(Self.isOfMigrations).flatMap { kind in
            CrashMoment.allCases.flatMap { moment in
                (1...(kind.changesHost ? 2 : 1)).map { occurrence in
                    Point(scenario: scenario, kind: kind, moment: moment, occurrence: occurrence)
                }
            }
        }
    }

    private static func isOfMigrations(_ kind: EffectKind) -> Bool {
        switch kind {
        case .wake, .readHost, .readHosts, .watchHost, .unwatchHost, .readEvidenceToResolve, .cancelRun,
            .runExternalChecks, .readLogs, .dismissCallers, .adoptConfiguration:
            false
        case .reply, .locateGuest, .gatherFacts, .mark, .setStartsWithHost, .makePersistent, .undefine, .resume,
            .destroy,
            .createVolume, .deleteVolume, .transfer, .sampleProgress, .abortTransfer, .readEvidence:
            true
        }
    }

    @Test(arguments: points) func itsSuccessorKnowsWhatToDo(point: Point) async throws {
        let world = try Self.world(point.scenario)
        let memory = MemoryJournal()
        let fuse = Fuse(point, memory)
        try await DriverUnderTest.with(journal: fuse, world: world, passes: fuse.passes) { test in
            await Self.act(point.scenario, test, until: fuse)
        }
        Self.calm(world)
        // The next process: the same journal and the same hosts.
        try await DriverUnderTest.with(journal: memory, world: world) { test in
            try await test.until { state in state.jobs.values.allSatisfy(\.isEnded) }
            try await Self.expectOneWholeGuest(point.scenario, test)
        }
        #expect(world.violations().isEmpty)
    }

    /// Kinds that no scenario leads to: an admin's word does, or what libvirt does not do here.
    private static let unreached: Set<EffectKind> = [.resume, .makePersistent]

    @Test func everyActThatAMoveMayLeadToIsReached() async throws {
        let passed = Mutex<Set<EffectKind>>([])
        for scenario in Scenario.allCases {
            let world = try Self.world(scenario)
            try await DriverUnderTest.with(
                world: world, passes: { _, kind, _ in passed.withLock { _ = $0.insert(kind) } }
            ) { test in
                var request = test.request(kind: scenario.isOffline ? .offline : .live)
                request.copiesStorage = scenario.copiesStorage
                let job = try await test.driver.migrate(request)
                await Self.disturb(scenario, job.id, test)
                _ = try await test.job(job.id, until: \.isEnded)
                try await Self.expectOneWholeGuest(scenario, test)
            }
        }
        let wanted = Set(EffectKind.allCases.filter(\.changesHost)).subtracting(Self.unreached)
        #expect(passed.withLock { wanted.subtracting($0) } == [])
    }

    private static func world(_ scenario: Scenario) throws -> SimulatedWorld {
        let world = try DriverUnderTest.makeWorld(
            web: scenario.isOffline ? .shutOff : .running, isPersistent: scenario != .transient,
            startsWithHost: scenario.startsWithHost,
            webDisk: scenario.copiesStorage ? "/srv/private/web.img" : "/srv/shared/web.img")
        if scenario.dirtiesMemory {
            try world.perform(.guestDirty(host: "alpha", guest: "web", miBPerSecond: 100_000))
        }
        if scenario.losesSourceDaemon { try world.perform(.clockHold) }
        return world
    }

    /// A move that goes on without us ends some day, and a daemon comes back.
    private static func calm(_ world: SimulatedWorld) {
        for command: WorldCommand in [
            .guestDirty(host: "alpha", guest: "web", miBPerSecond: 0), .daemonUp("alpha"), .clockRelease,
        ] {
            // What is calm already stays so.
            try? world.perform(command)
        }
    }

    /// Submits the move and waits until the fuse has blown or the move is over.
    private static func act(_ scenario: Scenario, _ test: DriverUnderTest, until fuse: Fuse) async {
        var request = test.request(kind: scenario.isOffline ? .offline : .live)
        request.copiesStorage = scenario.copiesStorage
        let asked = request
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await fuse.blown() }
            group.addTask {
                guard let job = try? await test.driver.migrate(asked) else { return }
                await Self.disturb(scenario, job.id, test)
                _ = await test.driver.job(job.id, within: .seconds(20), until: \.isEnded)
            }
            // The fuse, or the end: whichever comes first.
            await group.next()
            test.driver.stop()
            group.cancelAll()
        }
    }

    private static func disturb(_ scenario: Scenario, _ job: JobID, _ test: DriverUnderTest) async {
        switch scenario {
        case .live, .liveAutostart, .transient, .offline, .offlineAutostart, .copied: break
        case .liveFails, .cancelled, .copyFails:
            _ = await test.driver.job(job, within: .seconds(20)) {
                ($0.phase == .transferring && $0.progress.total != nil) || $0.isEnded
            }
            if scenario == .cancelled {
                _ = try? await test.driver.cancel(job)
            } else {
                try? test.world.perform(.guestCrash(host: "beta", guest: "web"))
            }
        case .arrivalUnheard, .definitionArrivalUnheard:
            _ = await test.driver.job(job, within: .seconds(20)) { $0.phase == .transferring || $0.isEnded }
            await killSourceDaemonOnArrival(test)
        }
    }

    /// The world's time passes in small steps, so that the moment is not missed.
    private static func killSourceDaemonOnArrival(_ test: DriverUnderTest) async {
        for _ in 0..<1000 where !Task.isCancelled {
            try? test.world.perform(.clockAdvance(.milliseconds(10)))
            guard let there = try? await test.domain(DriverUnderTest.web, on: "beta"), there.state != .paused else {
                continue
            }
            try? test.world.perform(.daemonDown("alpha"))
            break
        }
        calm(test.world)
    }

    private static func expectOneWholeGuest(_ scenario: Scenario, _ test: DriverUnderTest) async throws {
        let copies = try await [
            test.domain(DriverUnderTest.web, on: "alpha"), test.domain(DriverUnderTest.web, on: "beta"),
        ]
        let job = test.driver.state.orderedJobs.first
        #expect(copies.compactMap(\.self).count == 1, "one copy and no leftovers: \(copies) \(job?.timeline ?? [])")
        guard let copy = copies.compactMap(\.self).first else { return }
        #expect(copy.state == (scenario.isOffline ? .shutOff : .running), "\(job?.timeline ?? [])")
        #expect(copy.isPersistent == (scenario != .transient))
        #expect(copy.startsWithHost == scenario.startsWithHost, "\(job?.timeline ?? [])")
        if scenario.copiesStorage {
            let isThere = try await test.volumeIsThere("/srv/private/web.img", on: "beta")
            #expect(isThere == (copies[1] != nil), "nothing is left of a copy that failed: \(job?.timeline ?? [])")
        }
        guard let job else { return }
        #expect((job.phase == .completed) == (copies[1] != nil), "the job says what happened: \(job.timeline)")
    }
}

/// The same for what only an admin's word leads to: a source that was paused for the switchover while the destination's
/// host died.
@Suite struct ResolveCrashTests {
    static let points: [CrashTests.Point] = [EffectKind.readEvidenceToResolve, .resume, .reply].flatMap { kind in
        CrashMoment.allCases.map { CrashTests.Point(scenario: .live, kind: kind, moment: $0, occurrence: 1) }
    }

    @Test(arguments: points) func anAdminsWordIsCarriedOutOnceAndWhole(point: CrashTests.Point) async throws {
        let world = try DriverUnderTest.makeWorld()
        let memory = MemoryJournal()
        try world.perform(.clockHold)
        try await DriverUnderTest.with(journal: memory, world: world, options: Self.hasty) { test in
            let job = try await test.driver.migrate(test.request())
            _ = try await test.job(job.id) { $0.phase == .transferring }
            try await Self.killDestinationOnArrival(test)
            _ = try await test.job(job.id) { $0.phase == .undecided }
        }
        let fuse = Fuse(point, memory)
        try await DriverUnderTest.with(
            journal: fuse, world: world, options: Self.hasty, passes: fuse.passes
        ) { test in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await fuse.blown() }
                group.addTask { try? await Self.resolve(test) }
                await group.next()
                test.driver.stop()
                group.cancelAll()
            }
        }
        try await DriverUnderTest.with(journal: memory, world: world, options: Self.hasty) { test in
            try await Self.resolve(test)
            let alpha = try await test.domain(DriverUnderTest.web, on: "alpha")
            #expect(alpha?.state == .running)
            #expect(test.driver.state.orderedJobs.map(\.phase) == [.failed])
            try await Self.expectCleanAfterReturn(test)
        }
    }

    private static func hasty(_ options: inout LogicOptions) { options.verifyAttempts = 2 }

    private static func killDestinationOnArrival(_ test: DriverUnderTest) async throws {
        for _ in 0..<1000 {
            try test.world.perform(.clockAdvance(.milliseconds(10)))
            guard try await test.domain(DriverUnderTest.web, on: "beta")?.state == .running else { continue }
            try test.world.perform(.hostDown("beta"))
            break
        }
        try test.world.perform(.clockRelease)
    }

    /// As an admin does it: looks until the job is undecided or over, and says what is to be done.
    private static func resolve(_ test: DriverUnderTest) async throws {
        // Not as the journal has it, but after the start was taken up.
        try await test.until { $0.hosts["alpha"].map { $0.isReading || $0.readAt != nil } ?? false }
        try await test.until { state in state.jobs.values.allSatisfy { $0.isEnded || $0.phase == .undecided } }
        for job in test.driver.state.orderedJobs where job.phase == .undecided {
            _ = try await test.driver.resolve(job.id, Resolution(keep: .source, fenced: ["beta"], owner: "root"))
        }
        try await test.until { state in state.jobs.values.allSatisfy(\.isEnded) }
    }

    /// The host that was given up comes back with what the move had left there.
    private static func expectCleanAfterReturn(_ test: DriverUnderTest) async throws {
        try test.world.perform(.hostUp("beta"))
        try await test.until { if case .reachable = $0.hosts["beta"]?.contact { true } else { false } }
        _ = try await test.driver.recover(RecoveryOrder())
        try await test.until { state in state.jobs.values.allSatisfy(\.isEnded) }
        #expect(try await test.domain(DriverUnderTest.web, on: "alpha")?.state == .running)
        #expect(try await test.domain(DriverUnderTest.web, on: "beta") == nil)
    }
}

/// A journal and a hypervisor's client that are cut off at one moment, as by SIGKILL.
private final class Fuse: JournalStore {
    private let point: CrashTests.Point
    private let journal: MemoryJournal
    private let passed = Mutex(0)
    private let isBlown = Mutex(false)
    private let (signal, ring) = AsyncStream<Void>.makeStream()

    init(_ point: CrashTests.Point, _ journal: MemoryJournal) {
        self.point = point
        self.journal = journal
    }

    var passes: @Sendable (SimulatedHypervisor, EffectKind, CrashMoment) -> Void {
        { hypervisor, kind, moment in
            guard kind == self.point.kind, moment == self.point.moment else { return }
            let count = self.passed.withLock { passed in
                passed += 1
                return passed
            }
            guard count == self.point.occurrence else { return }
            self.isBlown.withLock { $0 = true }
            hypervisor.disconnect()
            self.ring.finish()
        }
    }

    func blown() async { for await _ in signal {} }

    func load() async throws(JournalError) -> JournalContents { try await journal.load() }

    func commit(_ commit: Commit) async throws(JournalError) {
        guard !isBlown.withLock({ $0 }) else { throw JournalError(.closed, path: "memory", "the process is dead") }
        try await journal.commit(commit)
    }

    func backUp(to path: String) async throws(JournalError) { try await journal.backUp(to: path) }
    func close() async throws(JournalError) {}
}
