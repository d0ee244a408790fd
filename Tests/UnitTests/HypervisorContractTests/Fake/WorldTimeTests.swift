import FakeHypervisor
import HypervisorAPI
import Testing

/// The world's time against the clock's.
@Suite("The world's time", .timeLimit(.minutes(2))) struct WorldTimeTests {
    @Test func heldTimeStandsStillAndGoesOnWhereItWas() throws {
        let still = try StillWorld([])
        still.clock.advance(by: .seconds(5))
        try still.world.perform(.clockHold)
        still.clock.advance(by: .seconds(100))
        #expect(still.world.time == .seconds(5))
        try still.world.perform(.clockRelease)
        still.clock.advance(by: .seconds(1))
        #expect(still.world.time == .seconds(6))
    }

    @Test func heldTimeCanBeAdvancedByHand() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            try still.world.perform(.clockHold)
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .seconds(1000))
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
            try still.world.perform(.clockAdvance(.seconds(3)))
            try await moving.value.get()
            #expect(still.world.time == .seconds(3))
        }
    }

    @Test func callersDeadlinesPassWhileTheWorldIsHeld() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            try still.world.perform(.clockHold)
            let moving = try await still.beginMove(10, deadline: .seconds(20))
            still.clock.advance(by: .seconds(20))
            expect(await moving.value, failsWith: .unknownOutcome)
        }
    }

    @Test func speedMultipliesTheClock() throws {
        let still = try StillWorld([])
        try still.world.perform(.clockSpeed(60))
        still.clock.advance(by: .seconds(2))
        #expect(still.world.time == .seconds(120))
        try still.world.perform(.clockSpeed(0.5))
        still.clock.advance(by: .seconds(2))
        #expect(still.world.time == .seconds(121))
    }

    @Test func waitEndsWithTheEventOrTheDeadline() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let world = still.world
            async let paused = world.wait(for: TracePattern(guest: "web", what: "suspended"), deadline: .seconds(10))
            try await eventually("the wait") { world.pendingWaits == 1 }
            try world.perform(.guestPause(host: "alpha", guest: "web"))
            #expect(try await paused.host == "alpha")
            let never = Task { () async throws(SimulationError) in
                try await world.wait(for: TracePattern(what: "crashed"), deadline: .seconds(10))
            }
            try await eventually("the wait") { world.pendingWaits == 1 }
            still.clock.advance(by: .seconds(10))
            await #expect(throws: SimulationError(.deadlinePassed, "", remedy: "")) { _ = try await never.value }
        }
    }

    @Test func waitCountsWhatHappenedAfterANumber() async throws {
        let still = try StillWorld([guest(10, "web")])
        try still.world.perform(.guestPause(host: "alpha", guest: "web"))
        let entry = try await still.world.wait(for: TracePattern(guest: "web"), after: 0, deadline: .seconds(1))
        #expect(entry.what == "suspended" && entry.number == 1)
    }

    @Test func cancelledWaitEnds() async throws {
        let still = try StillWorld([])
        let world = still.world
        let waiting = Task { () async throws(SimulationError) in
            try await world.wait(for: TracePattern(), deadline: .seconds(10))
        }
        waiting.cancel()
        await #expect(throws: SimulationError(.deadlinePassed, "", remedy: "")) { _ = try await waiting.value }
    }

    @Test func impossibleSpeedIsRefused() throws {
        let description = WorldDescription(hosts: [HostDescription(name: "a", uuid: try uuid(1))])
        #expect(throws: SimulationError(.invalidValue, "", remedy: "")) { try SimulatedWorld(description, speed: 0) }
    }
}
