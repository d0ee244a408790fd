import FakeHypervisor
import HypervisorAPI
import Testing

/// Faults with calls.
@Suite("Faults", .timeLimit(.minutes(2))) struct FaultTests {
    @Test func hungCallActsWhenItIsReleased() async throws {
        let still = try StillWorld([guest(10, "web", state: .shutOff)])
        try await still.run {
            let fault = try still.world.add(Fault(.hang, call: .migrate, host: "alpha"))
            let alpha = try still.host("alpha")
            let uuid = try uuid(10)
            let transfer = Transfer.offline(OfflineTransfer(peerURI: "fake+tcp://beta/system"))
            async let moving = outcome { () async throws(HypervisorError) in
                try await alpha.migrate(uuid, transfer, deadline: .seconds(60))
            }
            try await eventually("the call") { still.world.pendingCalls == 1 }
            #expect(try await still.host("beta").domain(uuid) == nil)
            #expect(try await alpha.domain(uuid) != nil)
            try still.world.release(fault)
            still.clock.advance(by: .seconds(1))
            try await moving.get()
            #expect(try await still.host("beta").domain(uuid) != nil)
        }
    }

    @Test func callWhoseDeadlinePassedStillActsLater() async throws {
        let still = try StillWorld([guest(10, "web", state: .shutOff)])
        try await still.run {
            let fault = try still.world.add(Fault(.hang, call: .migrate))
            let alpha = try still.host("alpha")
            let uuid = try uuid(10)
            let transfer = Transfer.offline(OfflineTransfer(peerURI: "fake+tcp://beta/system"))
            async let moving = outcome { () async throws(HypervisorError) in
                try await alpha.migrate(uuid, transfer, deadline: .seconds(7))
            }
            try await eventually("the call") { still.world.pendingCalls == 1 }
            still.clock.advance(by: .seconds(7))
            expect(await moving, failsWith: .unknownOutcome)
            #expect(try await alpha.domain(uuid) != nil)
            try still.world.release(fault)
            still.clock.advance(by: .seconds(1))
            #expect(try await alpha.domain(uuid) == nil)
            #expect(try await still.host("beta").domain(uuid)?.isPersistent == true)
        }
    }

    @Test func hostWithTooManyHungCallsIsStuck() async throws {
        let still = try StillWorld([], options: .init(callDeadline: .seconds(1), stuckCallsPerHost: 2))
        try await still.run {
            let fault = try still.world.add(Fault(.hang, call: .domains))
            let alpha = try still.host("alpha")
            for count in 1...2 {
                async let listing = outcome { () async throws(HypervisorError) in try await alpha.domains() }
                try await eventually("the call") { still.world.pendingCalls == count }
                still.clock.advance(by: .seconds(1))
                expect(await listing, failsWith: .unknownOutcome)
            }
            expect(
                await outcome { () async throws(HypervisorError) in try await alpha.identity() }, failsWith: .hostStuck)
            _ = try await still.host("beta").identity()
            try still.world.release(fault)
            _ = try await alpha.identity()
        }
    }

    @Test func nthCallFailsAsToldAndOnlyThat() async throws {
        let still = try StillWorld([])
        let failure = Fault.Effect.fail(number: 9, message: "operation failed: on request", code: nil)
        _ = try still.world.add(Fault(failure, call: .identity, host: "alpha", nth: 2))
        let alpha = try still.host("alpha")
        _ = try await still.host("beta").identity()
        _ = try await alpha.identity()
        _ = try await alpha.domains()
        let second = await outcome { () async throws(HypervisorError) in try await alpha.identity() }
        expect(second, failsWith: .operationFailed, number: 9)
        if case .failure(let error) = second { #expect(error.message == "operation failed: on request") }
        _ = try await alpha.identity()
    }

    @Test func failureMayNameItsCode() async throws {
        let still = try StillWorld([])
        _ = try still.world.add(Fault(.fail(number: 38, message: "lost", code: .connectionLost)))
        let alpha = try still.host("alpha")
        expect(
            await outcome { () async throws(HypervisorError) in try await alpha.domains() }, failsWith: .connectionLost,
            number: 38)
    }

    @Test func callWhoseReplyIsLostHasActed() async throws {
        let still = try StillWorld([guest(10, "web", state: .shutOff)])
        _ = try still.world.add(Fault(.loseReply, call: .migrate))
        let moving = try await still.beginOfflineMove(10)
        still.clock.advance(by: .seconds(1))
        #expect(try await still.host("beta").domain(uuid(10)) != nil)
        #expect(try await still.host("alpha").domain(uuid(10)) == nil)
        expect(await moving.value, failsWith: .connectionLost)
    }

    @Test func lostReplyOfALongCallIsLostAtItsEnd() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            _ = try still.world.add(Fault(.loseReply, call: .migrate))
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .seconds(5))
            expect(await moving.value, failsWith: .connectionLost)
            #expect(try await still.host("beta").domain(uuid(10))?.state == .running)
        }
    }

    @Test func slowCallTakesTheWorldsTime() async throws {
        let still = try StillWorld([])
        try await still.run {
            let fault = try still.world.add(Fault(.slow(.seconds(4)), call: .identity))
            let alpha = try still.host("alpha")
            async let identity = alpha.identity()
            try await eventually("the call") { still.world.nextChange != nil }
            #expect(still.world.nextChange == .seconds(4))
            still.clock.advance(by: .seconds(4))
            _ = try await identity
            try still.world.release(fault)
            _ = try await alpha.identity()
        }
    }

    @Test func faultIsReleasedOnce() throws {
        let still = try StillWorld([])
        let fault = try still.world.add(Fault(.hang))
        try still.world.release(fault)
        #expect(throws: SimulationError(.conflict, "", remedy: "")) { try still.world.release(fault) }
        #expect(throws: SimulationError(.unknownHost, "", remedy: "")) {
            try still.world.add(Fault(.hang, host: "nowhere"))
        }
        #expect(throws: SimulationError(.invalidValue, "", remedy: "")) { try still.world.add(Fault(.hang, nth: 0)) }
    }

    @Test func closedClientLeavesItsMovesAndNobodyElses() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            let other = SimulatedHypervisor(world: still.world)
            await still.hypervisor.shutDown()
            expect(await moving.value, failsWith: .connectionLost)
            let alpha = try still.host("alpha")
            expect(
                await outcome { () async throws(HypervisorError) in try await alpha.domains() }, failsWith: .shutDown)
            still.clock.advance(by: .seconds(5))
            let beta = other.host(try fakeURI("fake:///beta"))
            #expect(try await beta.domain(uuid(10))?.state == .running)
        }
    }
}
