import FakeHypervisor
import HypervisorAPI
import Testing

/// What a failure at each point of a move leaves behind, as the facts about real hosts have it.
@Suite("Failures of hosts and links", .timeLimit(.minutes(2))) struct HostFailureTests {
    @Test func cutLinkIsNoticedByTheKeepalives() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(500))
            try still.world.perform(.linkCut("beta", "alpha"))
            still.clock.advance(by: .milliseconds(7999))
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).isActive)
            still.clock.advance(by: .milliseconds(1))
            expect(await moving.value, failsWith: .internalError, number: 1)
        }
        #expect(
            still.story() == [
                "beta web started/migrated", "alpha - linkCut", "beta - linkCut", "beta web shutDown",
                "beta web stopped",
            ])
    }

    @Test func linkThatComesBackInTimeIsNotNoticed() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(500))
            try still.world.perform(.linkCut("alpha", "beta"))
            still.clock.advance(by: .seconds(7))
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).memoryProcessed == 500 << 20)
            try still.world.perform(.linkRestore("alpha", "beta"))
            still.clock.advance(by: .milliseconds(710))
            try await moving.value.get()
        }
    }

    @Test func cutDuringTheSwitchoverResumesTheGuestAtTheSource() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(1050))
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .paused)
            try still.world.perform(.linkCut("alpha", "beta"))
            still.clock.advance(by: .seconds(8))
            expect(await moving.value, failsWith: .internalError, number: 1)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
            #expect(try await still.host("beta").domain(uuid(10)) == nil)
        }
        #expect(still.story().last == "alpha web resumed")
    }

    @Test func cutBeforeTheConfirmationLeavesTheSourcePaused() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(1150))
            try still.world.perform(.linkCut("alpha", "beta"))
            still.clock.advance(by: .seconds(8))
            expect(await moving.value, failsWith: .internalError, number: 1)
            #expect(try await still.host("alpha").domain(uuid(10))?.pausedReason == .migration)
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).isActive == false)
            #expect(try await still.host("beta").domain(uuid(10))?.state == .running)
        }
        #expect(still.world.violations().isEmpty)
        try still.world.perform(.guestResume(host: "alpha", guest: "web"))
        #expect(still.world.violations().map(\.kind).contains(.runsTwice))
    }

    @Test func destinationWithoutPowerAnswersNothingForThreeSeconds() async throws {
        let still = try StillWorld([guest(10, "web")])
        try still.world.perform(.hostDown("beta"))
        try await still.run {
            let alpha = try still.host("alpha")
            let transfer = Transfer.live(
                LiveTransfer(peerURI: "fake+tcp://beta/system", isPersistent: true, allowsUnsafeDisks: false))
            let uuid = try uuid(10)
            async let moving = outcome { () async throws(HypervisorError) in
                try await alpha.migrate(uuid, transfer, deadline: .seconds(60))
            }
            try await eventually("the call") { still.world.pendingCalls == 1 }
            still.clock.advance(by: .milliseconds(2999))
            #expect(still.world.pendingCalls == 1)
            still.clock.advance(by: .milliseconds(1))
            expect(await moving, failsWith: .connectionFailed, number: 38)
            #expect(try await alpha.jobStatistics(of: uuid).isActive == false)
        }
    }

    @Test func deadDaemonAtTheDestinationLeavesAGuestThatItKillsWhenItStarts() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            try still.world.perform(.daemonDown("beta"))
            expect(await moving.value, failsWith: .internalError, number: 1)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
            let beta = try still.host("beta")
            expect(
                await outcome { () async throws(HypervisorError) in try await beta.domains() },
                failsWith: .connectionFailed, number: 38)
            try still.world.perform(.daemonUp("beta"))
            #expect(try await beta.domains().isEmpty)
        }
        #expect(still.world.violations().isEmpty)
    }

    @Test func deadDaemonAtTheSourceEndsTheMoveAndKeepsTheGuest() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(1050))
            try still.world.perform(.daemonDown("alpha"))
            expect(await moving.value, failsWith: .connectionLost, number: 38)
            #expect(try await still.host("beta").domain(uuid(10)) == nil)
            try still.world.perform(.daemonUp("alpha"))
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
        }
        #expect(Array(still.story().suffix(2)) == ["alpha - daemonStarted", "alpha web resumed"])
    }

    @Test func powerLossAfterTheHandoverLosesNothing() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(1150))
            try still.world.perform(.hostDown("alpha"))
            expect(await moving.value, failsWith: .connectionLost, number: 38)
            #expect(try await still.host("beta").domain(uuid(10))?.state == .running)
            try still.world.perform(.hostUp("alpha"))
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .shutOff)
        }
        #expect(still.world.violations().isEmpty)
    }

    @Test func returningHostStartsItsGuestsWhateverRunsElsewhere() async throws {
        let still = try StillWorld([guest(10, "web", startsWithHost: true)])
        try still.world.perform(.hostDown("alpha"))
        try still.world.perform(.guestDefine(host: "beta", guest(10, "web")))
        #expect(still.world.violations().isEmpty)
        try still.world.perform(.hostUp("alpha"))
        #expect(Set(still.world.violations().map(\.kind)) == [.runsTwice, .activeTwice])
    }

    @Test func killedGuestEndsItsMoveOnBothSides() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            try still.world.perform(.guestStop(host: "alpha", guest: "web"))
            expect(await moving.value, failsWith: .domainNotRunning, number: 9)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .shutOff)
            #expect(try await still.host("beta").domain(uuid(10)) == nil)
        }
        #expect(
            still.story() == [
                "beta web started/migrated", "beta web stopped", "alpha web shutDown", "alpha web stopped",
            ])
    }

    @Test func killedEmulatorAtTheDestinationLeavesTheGuestAtTheSource() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            try still.world.perform(.guestCrash(host: "beta", guest: "web"))
            expect(await moving.value, failsWith: .internalError, number: 1)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
        }
    }

    @Test func abortAfterTheHandoverChangesNothing() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            still.clock.advance(by: .milliseconds(1150))
            try await still.host("alpha").abortJob(of: uuid(10))
            still.clock.advance(by: .milliseconds(200))
            try await moving.value.get()
        }
    }

    @Test func unreachableHostGoesOnUnseen() async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            let moving = try await still.beginMove(10)
            try still.world.perform(.unreachable("alpha"))
            expect(await moving.value, failsWith: .connectionLost)
            still.clock.advance(by: .seconds(5))
            #expect(try await still.host("beta").domain(uuid(10))?.state == .running)
            try still.world.perform(.reachable("alpha"))
            #expect(try await still.host("alpha").domain(uuid(10)) == nil)
        }
    }

    @Test func fullDiskPausesItsWriters() async throws {
        let still = try StillWorld([guest(10, "web"), guest(11, "other")])
        try still.world.perform(.diskFull(host: "alpha", path: "/srv/shared/web.qcow2", true))
        #expect(try await still.host("alpha").domain(uuid(10))?.pausedReason == .inputOutputError)
        #expect(try await still.host("alpha").domain(uuid(11))?.state == .running)
    }
}
