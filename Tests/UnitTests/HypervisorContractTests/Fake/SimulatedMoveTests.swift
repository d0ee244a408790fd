import FakeHypervisor
import HypervisorAPI
import Testing

/// The simulated move, step by step on a clock that stands still.
@Suite("Simulated moves", .timeLimit(.minutes(2))) struct SimulatedMoveTests {
    @Test func eventsOfBothHostsHaveTheOrderOfRealOnes() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .seconds(10))
            try await moving.value.get()
            #expect(
                still.story() == [
                    "beta web started/migrated", "alpha web suspended/migrated", "beta web defined",
                    "beta web resumed/migrated", "alpha web stopped/migrated", "alpha web jobCompleted",
                ])
        }
        #expect(still.world.violations().isEmpty)
    }

    @Test func memoryTakesTheTimeOfTheLink() async throws {
        let still = try StillWorld([guest(10, "web", memoryMiB: 1000, dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(999))
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
            // 1000 MiB at 1000 MiB/s; the 100 MiB written meanwhile fit into the downtime.
            still.clock.advance(by: .milliseconds(1))
            #expect(try await still.host("alpha").domain(uuid(10))?.pausedReason == .migration)
            #expect(try await still.host("beta").domain(uuid(10))?.pausedReason == .migration)
            still.clock.advance(by: .milliseconds(100))
            #expect(try await still.host("beta").domain(uuid(10))?.state == .running)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .paused)
            still.clock.advance(by: .milliseconds(200))
            #expect(try await still.host("alpha").domain(uuid(10)) == nil)
            try await moving.value.get()
        }
    }

    @Test func figuresFollowTheMemory() async throws {
        let still = try StillWorld([guest(10, "web", memoryMiB: 1000, dirty: 500)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(250))
            let first = try await still.host("alpha").jobStatistics(of: uuid(10))
            #expect(first.kind == .unbounded)
            #expect(first.elapsedMilliseconds == 250)
            #expect(first.memoryTotal == 1000 << 20)
            #expect(first.memoryProcessed == 250 << 20)
            #expect(first.memoryRemaining == 750 << 20)
            #expect(first.memoryIteration == 1)
            #expect(first.memoryDirtyPagesPerSecond == 500 * 256)
            still.clock.advance(by: .milliseconds(850))
            let second = try await still.host("alpha").jobStatistics(of: uuid(10))
            #expect(second.memoryIteration == 2)
            #expect(second.memoryProcessed == 1100 << 20)
            #expect(second.memoryRemaining == 400 << 20)
            let elsewhere = try still.host("beta")
            let uuid = try uuid(10)
            expect(
                await outcome { () async throws(HypervisorError) in try await elsewhere.jobStatistics(of: uuid) },
                failsWith: .unsupported, number: 84)
            still.clock.advance(by: .seconds(5))
            try await moving.value.get()
        }
    }

    @Test func guestThatWritesFasterThanTheLinkNeverConvergesUntilItCalmsDown() async throws {
        let still = try StillWorld([guest(10, "db", memoryMiB: 4000, dirty: 2000)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .seconds(600))
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).isActive)
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).memoryIteration == 151)
            try still.world.perform(.guestDirty(host: "alpha", guest: "db", miBPerSecond: 10))
            still.clock.advance(by: .seconds(10))
            try await moving.value.get()
        }
    }

    @Test func bandwidthThatIsAskedForBoundsTheMove() async throws {
        let still = try StillWorld([guest(10, "web", memoryMiB: 1000)])
        try await still.run {
            let live = LiveTransfer(
                peerURI: "fake+tcp://beta/system", bandwidthMiBPerSecond: 100, isPersistent: true,
                allowsUnsafeDisks: false)
            let alpha = try still.host("alpha")
            async let moving = alpha.migrate(uuid(10), .live(live), deadline: .seconds(60))
            _ = try await still.world.wait(for: TracePattern(what: "started/migrated"), after: 0, deadline: .seconds(1))
            still.clock.advance(by: .seconds(5))
            #expect(try await alpha.jobStatistics(of: uuid(10)).memoryProcessed == 500 << 20)
            still.clock.advance(by: .seconds(6))
            try await moving
        }
    }

    @Test func movesOverOneLinkShareIt() async throws {
        let still = try StillWorld([guest(10, "a", memoryMiB: 1000), guest(11, "b", memoryMiB: 1000)])
        try await still.run {
            let first = try await still.beginMove(10)
            let second = try await still.beginMove(11)
            still.clock.advance(by: .seconds(1))
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).memoryProcessed == 500 << 20)
            still.clock.advance(by: .seconds(2))
            try await first.value.get()
            try await second.value.get()
        }
    }

    @Test func pausedGuestMovesPaused() async throws {
        let still = try StillWorld([guest(10, "web", state: .paused, dirty: 5000)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .seconds(5))
            try await moving.value.get()
            let moved = try #require(try await still.host("beta").domain(uuid(10)))
            #expect(moved.state == .paused && moved.pausedReason == .user)
        }
    }

    @Test func keptDefinitionStaysAtTheSource() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10, isPersistent: false)
            still.clock.advance(by: .seconds(5))
            try await moving.value.get()
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .shutOff)
            #expect(try await still.host("beta").domain(uuid(10))?.isPersistent == false)
        }
    }

    @Test func offlineMoveOfARunningGuestDoublesItsDefinition() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginOfflineMove(10)
            still.clock.advance(by: .seconds(1))
            try await moving.value.get()
            let left = try await still.host("alpha").domain(uuid(10))
            #expect(left?.state == .running && left?.isPersistent == true)
            let doubled = try await still.host("beta").domain(uuid(10))
            #expect(doubled?.state == .shutOff && doubled?.isPersistent == true)
        }
        #expect(still.story() == ["beta web defined"])
    }

    @Test func runningGuestsCanBeTooManyForTheMemory() async throws {
        let still = try StillWorld([
            guest(10, "big", memoryMiB: 4000) { $0.machine = "pc-q35-5.2" },
            guest(11, "more", memoryMiB: 500) { $0.machine = "pc-q35-5.2" },
        ])
        try await still.run {
            let moving = try await still.beginMove(10, to: "gamma")
            still.clock.advance(by: .seconds(10))
            try await moving.value.get()
            expect(try await move(11, to: "gamma", still), failsWith: .internalError, number: 1)
        }
    }

    @Test func destinationRefusesWhatItCannotRun() async throws {
        let still = try StillWorld([
            guest(10, "newer") { _ in },
            guest(11, "avx") {
                $0.machine = "pc-q35-5.2"
                $0.cpu = CPUDescription(model: "Broadwell", features: ["avx512f"])
            },
            guest(12, "xen") { $0.virtualizationType = "xen" },
            guest(13, "disk") { $0.machine = "pc-q35-5.2" },
        ])
        try await still.run {
            expect(try await move(10, to: "gamma", still), failsWith: .configurationUnsupported, number: 67)
            let lacking = try await move(11, to: "gamma", still)
            expect(lacking, failsWith: .cpuIncompatible, number: 9)
            #expect(throws: HypervisorError.self) { try lacking.get() }
            if case .failure(let error) = lacking {
                #expect(error.message.hasSuffix("missing features: 3dnowprefetch,adx,avx512f,rdseed,smap"))
            }
            expect(try await move(12, to: "gamma", still), failsWith: .configurationUnsupported, number: 67)
            try still.world.perform(.diskMissing(host: "gamma", path: "/srv/shared/disk.qcow2", true))
            expect(try await move(13, to: "gamma", still), failsWith: .operationFailed, number: 38)
            #expect(
                try await still.host("gamma").storageVolume(atPath: "/srv/shared/disk.qcow2")
                    == .missing(pool: "shared"))
        }
        #expect(still.story().filter { $0.contains("migrated") }.isEmpty)
    }

    @Test func peerThatNamesNoOtherHostIsRefused() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let alpha = try still.host("alpha")
            let uuid = try uuid(10)
            for (peer, code, number) in [
                ("fake:///beta", HypervisorError.Code.invalidArgument, 8 as Int32), ("nonsense", .invalidArgument, 8),
                ("fake+tcp://nowhere/system", .operationFailed, 38), ("qemu+tcp://beta/system", .operationFailed, 38),
                ("fake+tcp://alpha.example/system", .internalError, 1),
            ] {
                let transfer = Transfer.live(LiveTransfer(peerURI: peer, isPersistent: true, allowsUnsafeDisks: true))
                expect(
                    await outcome { () async throws(HypervisorError) in
                        try await alpha.migrate(uuid, transfer, deadline: .seconds(5))
                    }, failsWith: code, number: number)
            }
        }
    }

    @Test func olderHypervisorsMindTheCacheMode() async throws {
        let old = HostDescription(
            name: "old", uuid: try uuid(1), hypervisorVersion: 3_001_000,
            guests: [try guest(10, "web") { $0.disks[0].cache = "writeback" }])
        let description = WorldDescription(
            hosts: [old, HostDescription(name: "beta", uuid: try uuid(2))],
            storage: [StorageDescription(pool: "s", path: "/srv/shared", hosts: ["old", "beta"])])
        let hypervisor = SimulatedHypervisor(world: try SimulatedWorld(description, clock: VirtualClock()))
        let host = hypervisor.host(try fakeURI("fake:///old"))
        let uuid = try uuid(10)
        let transfer = Transfer.live(
            LiveTransfer(peerURI: "fake+tcp://beta/system", isPersistent: true, allowsUnsafeDisks: false))
        expect(
            await outcome { () async throws(HypervisorError) in
                try await host.migrate(uuid, transfer, deadline: .seconds(5))
            }, failsWith: .migrationUnsafe, number: 81)
    }

    private func move(
        _ number: UInt64, to peer: String, _ still: StillWorld
    ) async throws -> Result<Void, HypervisorError> {
        let alpha = try still.host("alpha")
        let uuid = try uuid(number)
        let transfer = Transfer.live(
            LiveTransfer(peerURI: "fake+tcp://\(peer)/system", isPersistent: true, allowsUnsafeDisks: false))
        return await outcome { () async throws(HypervisorError) in
            try await alpha.migrate(uuid, transfer, deadline: .seconds(5))
        }
    }
}
