import HypervisorAPI
import Testing

extension ContractSuite {
    /// Moves that something ends before their time.
    @Suite("Interruptions", .serialized) struct Interruptions {
        @Test(arguments: ContractFixtureKind.all)
        func abortedMoveLeavesTheGuestAtTheSource(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    async let moving = fixture.move(guest, fixture.live(guest))
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    try await fixture.sourceHost.abortJob(of: guest.uuid)
                    expectAborted(await moving)
                    try await log.wait(for: .stopped(migrated: false), of: guest, on: .destination)
                    try await ContractSuite.stayed(guest, fixture)
                    #expect(!log.events(of: guest, on: .source).contains(.jobCompleted))
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func passedDeadlineLeavesTheOutcomeOpen(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    let result = await fixture.move(guest, fixture.live(guest), deadline: .seconds(2))
                    expect(result, failsWith: .unknownOutcome)
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    #expect(try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive)
                    try await fixture.sourceHost.abortJob(of: guest.uuid)
                    try await log.wait(for: .stopped(migrated: false), of: guest, on: .destination)
                    try await eventually("the job's end") {
                        try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive == false
                    }
                    try await ContractSuite.stayed(guest, fixture)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func cancelledCallerLeavesTheMoveGoingOn(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    try await withThrowingTaskGroup(of: Result<Void, HypervisorError>.self) { group in
                        group.addTask { await fixture.move(guest, fixture.live(guest)) }
                        try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                        group.cancelAll()
                        expect(try #require(await group.next()), failsWith: .unknownOutcome)
                    }
                    #expect(try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive)
                    try await fixture.sourceHost.abortJob(of: guest.uuid)
                    try await log.wait(for: .stopped(migrated: false), of: guest, on: .destination)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func deathOfTheDestinationsDaemonLeavesTheGuestAtTheSource(kind: ContractFixtureKind) async throws {
            try await interrupt(kind, by: .destinationDaemonKilled, code: .internalError, number: 1) { guest, fixture in
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                try await fixture.undo(.destinationDaemonKilled)
                try await eventually("the destination's clean-up") {
                    try await fixture.destinationHost.domain(guest.uuid) == nil
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func cutLinkLeavesTheGuestAtTheSource(kind: ContractFixtureKind) async throws {
            try await interrupt(kind, by: .linkCut, code: .internalError, number: 1) { guest, fixture in
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                try await fixture.undo(.linkCut)
                try await eventually("the destination's clean-up") {
                    try await fixture.destinationHost.domain(guest.uuid) == nil
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func lossOfTheSourceIsALostConnection(kind: ContractFixtureKind) async throws {
            try await interrupt(kind, by: .sourceHostLost, code: .connectionLost, number: nil) { guest, fixture in
                let host = fixture.sourceHost
                expect(
                    await outcome { () async throws(HypervisorError) in try await host.domains() },
                    failsWith: .connectionFailed, number: 38)
                try await eventually("the destination's clean-up") {
                    try await fixture.destinationHost.domain(guest.uuid) == nil
                }
                try await fixture.undo(.sourceHostLost)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .shutOff)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func eventsEndWithTheConnection(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(.loseSourceHost) else { return }
                try await EventLog.open(fixture) { log in
                    try await fixture.bringAbout(.sourceHostLost)
                    try await log.waitForEnd(of: .source)
                    #expect(!log.hasEnded(.destination))
                    try await fixture.undo(.sourceHostLost)
                    _ = try await fixture.sourceHost.events()
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func stoppedProcessMakesNoMoreCalls(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                _ = try await fixture.sourceHost.identity()
                await fixture.hypervisor.shutDown()
                let host = fixture.sourceHost
                expect(
                    await outcome { () async throws(HypervisorError) in try await host.identity() },
                    failsWith: .shutDown)
            }
        }

        /// A move under way, a failure, the error that comes back, and what holds after that.
        private func interrupt(
            _ kind: ContractFixtureKind, by failure: ContractFailure, code: HypervisorError.Code, number: Int32?,
            _ check: @Sendable (ContractGuest, any ContractFixture) async throws -> Void
        ) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(ContractInability(failure)) else { return }
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    async let moving = fixture.move(guest, fixture.live(guest))
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    try await fixture.bringAbout(failure)
                    expect(await moving, failsWith: code, number: number)
                    try await check(guest, fixture)
                }
            }
        }
    }
}
