import FakeHypervisor
import HypervisorAPI
import Testing

@Suite("Acts and what they leave", .timeLimit(.minutes(2))) struct ActTests {
    private static let mark = OwnershipMark(owner: "10000000-0000-4000-8000-000000000001", generation: 1, job: "5")

    private func marked(_ guest: GuestDescription) -> GuestDescription {
        var guest = guest
        guest.mark = Self.mark
        return guest
    }

    /// Begins a live move of guest 10 that raises its mark, and lets it go on until `what` has happened.
    private func move(
        _ still: StillWorld, until what: String
    ) async throws -> Task<Result<Void, HypervisorError>, Never> {
        let moving = try await still.beginMove(10, mark: Self.mark.raised)
        while !still.story().contains(what) { try still.step() }
        return moving
    }

    private func summary(_ still: StillWorld, _ host: String) async throws -> DomainSummary? {
        try await still.host(host).domain(uuid(10))
    }

    // MARK: Definitions that are left over

    @Test func sourceDaemonThatDiesAfterTheGuestsEndLeavesItsDefinition() async throws {
        let still = try StillWorld([marked(guest(10, "web", startsWithHost: true))])
        try await still.run {
            let moving = try await move(still, until: "alpha web stopped/migrated")
            try still.world.perform(.daemonDown("alpha"))
            expect(await moving.value, failsWith: .connectionLost, number: 38)
            try still.world.perform(.daemonUp("alpha"))
            let left = try await summary(still, "alpha")
            #expect(left?.state == .shutOff && left?.startsWithHost == true && left?.mark == Self.mark)
            let moved = try await summary(still, "beta")
            #expect(moved?.state == .running && moved?.startsWithHost == false && moved?.mark == Self.mark.raised)
            try await still.host("alpha").undefine(uuid(10), marked: Self.mark)
            #expect(try await summary(still, "alpha") == nil)
        }
        #expect(still.story().last == "alpha web undefined")
        #expect(still.world.violations().isEmpty)
    }

    @Test func undecidedSourceIsDestroyedAndItsDefinitionStays() async throws {
        let still = try StillWorld([marked(guest(10, "web"))])
        try await still.run {
            let moving = try await move(still, until: "beta web resumed/migrated")
            try still.world.perform(.daemonDown("alpha"))
            expect(await moving.value, failsWith: .connectionLost, number: 38)
            try still.world.perform(.daemonUp("alpha"))
            let paused = try #require(try await summary(still, "alpha"))
            #expect(paused.state == .paused && paused.pausedReason == .migration)
            try await still.host("alpha").destroy(uuid(10), run: #require(paused.id), onlyIfPaused: true)
            #expect(try await summary(still, "alpha")?.state == .shutOff)
            #expect(try await summary(still, "alpha")?.mark == Self.mark)
        }
        #expect(still.world.violations().isEmpty)
    }

    @Test func resumedSourceOfAnUndecidedMoveRunsTwice() async throws {
        let still = try StillWorld([marked(guest(10, "web"))])
        try await still.run {
            _ = try await move(still, until: "beta web resumed/migrated")
            try still.world.perform(.daemonDown("alpha"))
            try still.world.perform(.daemonUp("alpha"))
            let run = try #require(try await summary(still, "alpha")?.id)
            try await still.host("alpha").resume(uuid(10), run: run)
        }
        #expect(still.world.violations().map(\.kind).contains(.runsTwice))
    }

    @Test func guestThatACallerDestroysForGoodIsMissed() async throws {
        let still = try StillWorld([guest(10, "web", isPersistent: false)])
        let run = try #require(try await summary(still, "alpha")?.id)
        try await still.host("alpha").destroy(uuid(10), run: run, onlyIfPaused: false)
        #expect(still.world.violations().map(\.kind) == [.lost])
    }

    // MARK: Offline

    /// What breaks an offline move before and after the destination has the definition, and what its caller hears.
    @Test(arguments: [
        (WorldCommand.daemonDown("alpha"), HypervisorError.Code.connectionLost), (.daemonDown("beta"), .internalError),
        (.linkCut("alpha", "beta"), .internalError), (.hostDown("beta"), .internalError),
        (.hostDown("alpha"), .connectionLost),
    ])
    func brokenOfflineMoveLeavesWhatItHadDone(failure: WorldCommand, code: HypervisorError.Code) async throws {
        for isDefined in [false, true] {
            let still = try StillWorld([marked(guest(10, "web", state: .shutOff))])
            try await still.run {
                let moving = try await still.beginOfflineMove(10, mark: Self.mark.raised)
                if isDefined { try still.step() }
                #expect(still.story().contains("beta web defined") == isDefined)
                try still.world.perform(failure)
                still.clock.advance(by: .seconds(10))
                expect(await moving.value, failsWith: code)
                for host in ["alpha", "beta"] {
                    try still.world.perform(.hostUp(host))
                    try still.world.perform(.daemonUp(host))
                }
                #expect(try await summary(still, "alpha")?.mark == Self.mark)
                #expect(try await summary(still, "beta")?.mark == (isDefined ? Self.mark.raised : nil))
                // Nothing holds what is left.
                try await still.host("alpha").undefine(uuid(10), marked: Self.mark)
            }
        }
    }

    @Test func cutThatMendsInTimeOnlyDelaysAnOfflineMove() async throws {
        let still = try StillWorld([guest(10, "web", state: .shutOff)])
        try await still.run {
            let moving = try await still.beginOfflineMove(10)
            try still.step()
            try still.world.perform(.linkCut("alpha", "beta"))
            still.clock.advance(by: .seconds(5))
            try still.world.perform(.linkRestore("alpha", "beta"))
            still.clock.advance(by: .seconds(1))
            try await moving.value.get()
            #expect(try await summary(still, "alpha") == nil)
        }
        #expect(still.world.nextChange == nil)
    }

    @Test func movedDefinitionNoLongerStartsWithTheHostItLeft() async throws {
        let still = try StillWorld([guest(10, "web", state: .shutOff, startsWithHost: true)])
        try await still.run {
            let moving = try await still.beginOfflineMove(10)
            still.clock.advance(by: .seconds(1))
            try await moving.value.get()
            for host in ["alpha", "beta"] {
                try still.world.perform(.hostDown(host))
                try still.world.perform(.hostUp(host))
            }
            #expect(try await summary(still, "beta")?.state == .shutOff)
        }
        #expect(still.world.violations().isEmpty)
    }

    // MARK: The job lock

    @Test func markIsWrittenWhenTheMoveEndsInTime() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 100)])
        try await still.run {
            let moving = try await still.beginMove(10)
            let alpha = try still.host("alpha")
            let uuid = try uuid(10)
            async let marking: Void = alpha.setMark(Self.mark, of: uuid)
            try await eventually("the call") { still.world.pendingCalls == 2 }
            #expect(try await summary(still, "alpha")?.mark == nil)
            try await alpha.abortJob(of: uuid)
            try await marking
            #expect(try await summary(still, "alpha")?.mark == Self.mark)
            expect(await moving.value, failsWith: .operationAborted)
        }
    }

    @Test func callersWaitForTheMoveHalfAMinute() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 5000)])
        try await still.run {
            let moving = try await still.beginMove(10)
            let run = try #require(try await summary(still, "alpha")?.id)
            let alpha = try still.host("alpha")
            let uuid = try uuid(10)
            await withTaskGroup(of: Result<Void, HypervisorError>.self) { group in
                for act in [DomainAct.mark(Self.mark), .setStartsWithHost(true), .resume(run: run)] {
                    group.addTask {
                        await outcome { () async throws(HypervisorError) in try await alpha.perform(act, on: uuid) }
                    }
                }
                do {
                    try await eventually("the calls") { still.world.pendingCalls == 4 }
                    still.clock.advance(by: .milliseconds(29_999))
                    #expect(still.world.pendingCalls == 4)
                    still.clock.advance(by: .milliseconds(1))
                } catch { Issue.record(error) }
                for await result in group { expect(result, failsWith: .operationTimeout, number: 68) }
            }
            try await alpha.abortJob(of: uuid)
            expect(await moving.value, failsWith: .operationAborted)
            #expect(try await summary(still, "alpha")?.mark == nil)
        }
    }

    @Test func deadDaemonForgetsWhoWaited() async throws {
        let still = try StillWorld([guest(10, "web", dirty: 5000)])
        try await still.run {
            let moving = try await still.beginMove(10)
            let alpha = try still.host("alpha")
            let uuid = try uuid(10)
            async let marking = outcome { () async throws(HypervisorError) in
                try await alpha.setMark(Self.mark, of: uuid)
            }
            try await eventually("the call") { still.world.pendingCalls == 2 }
            try still.world.perform(.daemonDown("alpha"))
            expect(await marking, failsWith: .connectionLost)
            expect(await moving.value, failsWith: .connectionLost)
            try still.world.perform(.daemonUp("alpha"))
            #expect(try await summary(still, "alpha")?.mark == nil)
        }
        #expect(still.world.nextChange == nil)
    }

    // MARK: Faults

    @Test func faultsStrikeActs() async throws {
        let still = try StillWorld([guest(10, "web")])
        let alpha = try still.host("alpha")
        let uuid = try uuid(10)
        for (effect, hasActed) in [
            (Fault.Effect.loseReply, true), (.fail(number: 55, message: "no", code: nil), false),
        ] {
            let before = try await summary(still, "alpha")?.mark
            let next = OwnershipMark(owner: "o", generation: (before?.generation ?? 0) + 1, job: "j")
            _ = try still.world.add(Fault(effect, call: .setMark, host: "alpha"))
            let result = await outcome { () async throws(HypervisorError) in try await alpha.setMark(next, of: uuid) }
            expect(result, failsWith: hasActed ? .connectionLost : .operationInvalid)
            #expect(try await summary(still, "alpha")?.mark == (hasActed ? next : before))
        }
    }

    @Test func dumpShowsMarksAndWhatStartsWithItsHost() async throws {
        let still = try StillWorld([marked(guest(10, "web", startsWithHost: true))])
        let mark = #"{"owner":"10000000-0000-4000-8000-000000000001","generation":"1","job":"5"}"#
        #expect(still.world.dump().contains(#""startsWithHost":true,"mark":\#(mark),"persistentMark":\#(mark)"#))
    }
}
