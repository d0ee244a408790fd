import HypervisorAPI
import Testing

extension ContractSuite {
    /// Acts on a domain of one host, each only on what was meant.
    @Suite("Acts", .serialized) struct Acts {
        private static let absent = DomainUUID("00000000-1111-4222-8333-444444444444")
        private static let mark = OwnershipMark(
            owner: "c0000000-0000-4000-8000-00000000000c", generation: 1, job: "7")

        // MARK: Starting with the host

        @Test(arguments: ContractFixtureKind.all)
        func startingWithTheHostIsSetReadAndTakenBack(kind: ContractFixtureKind) async throws {
            for state in [GuestPlan.State.running, .shutOff] {
                try await kind.run { fixture in
                    let guest = try await fixture.makeGuest(GuestPlan(state: state))
                    #expect(try await fixture.sourceHost.domain(guest.uuid)?.startsWithHost == false)
                    for starts in [true, false] {
                        try await fixture.sourceHost.setStartsWithHost(starts, of: guest.uuid)
                        let listed = try await fixture.sourceHost.domains().first { $0.uuid == guest.uuid }
                        #expect(listed?.startsWithHost == starts)
                        #expect(try await fixture.sourceHost.domain(guest.uuid)?.startsWithHost == starts)
                        #expect(try await fixture.sourceHost.domain(named: guest.name)?.startsWithHost == starts)
                    }
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func transientGuestCannotStartWithTheHost(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(isPersistent: false))
                await expectRefusal(.setStartsWithHost(true), of: guest, fixture, .operationInvalid, 55)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.startsWithHost == false)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func moveDropsStartingWithTheHost(kind: ContractFixtureKind) async throws {
            for state in [GuestPlan.State.running, .shutOff] {
                try await kind.run { fixture in
                    let guest = try await fixture.makeGuest(GuestPlan(state: state))
                    try await fixture.sourceHost.setStartsWithHost(true, of: guest.uuid)
                    let transfer = state == .running ? fixture.live(guest) : fixture.offline()
                    try await fixture.move(guest, transfer).get()
                    #expect(try await fixture.destinationHost.domain(guest.uuid)?.startsWithHost == false)
                    try await fixture.destinationHost.setStartsWithHost(true, of: guest.uuid)
                    #expect(try await fixture.destinationHost.domain(guest.uuid)?.startsWithHost == true)
                    #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
                }
            }
        }

        // MARK: Definitions

        @Test(arguments: ContractFixtureKind.all)
        func transientGuestIsGivenADefinitionAndRunsOn(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(isPersistent: false))
                let host = fixture.sourceHost
                try await host.setMark(Self.mark, of: guest.uuid)
                let before = try #require(try await host.domain(guest.uuid))
                // The second time there is nothing to do.
                for _ in 1...2 { try await host.makePersistent(guest.uuid) }
                let after = try #require(try await host.domain(guest.uuid))
                #expect(after.isPersistent && after.state == .running && after.id == before.id)
                #expect(try await host.definition(of: guest.uuid, .persistent).mark == Self.mark)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func leftDefinitionIsRemovedByItsMark(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.sourceHost.setMark(Self.mark, of: guest.uuid)
                // The copy at the destination is transient, and the source's definition stays.
                let transfer = fixture.live(guest, isPersistent: false, mark: Self.mark.raised)
                try await fixture.move(guest, transfer).get()
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .shutOff)
                let other = OwnershipMark(
                    owner: Self.mark.owner, generation: Self.mark.generation, job: "another")
                for wrong in [Self.mark.raised, other] {
                    await expectRefusal(.undefine(wrong), of: guest, fixture, .operationInvalid, 0)
                    #expect(try await fixture.sourceHost.domain(guest.uuid)?.mark == Self.mark)
                }
                try await fixture.sourceHost.undefine(guest.uuid, marked: Self.mark)
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
                #expect(try await fixture.destinationHost.domain(guest.uuid)?.state == .running)
                await expectRefusal(.undefine(Self.mark), of: guest, fixture, .noSuchDomain, 42)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func unmarkedDefinitionStays(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(state: .shutOff))
                await expectRefusal(.undefine(Self.mark), of: guest, fixture, .operationInvalid, 0)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.isPersistent == true)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func definitionOfARunningGuestStays(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.sourceHost.setMark(Self.mark, of: guest.uuid)
                await expectRefusal(.undefine(Self.mark), of: guest, fixture, .operationInvalid, 0)
                let summary = try await fixture.sourceHost.domain(guest.uuid)
                #expect(summary?.isPersistent == true && summary?.state == .running)
            }
        }

        // MARK: Runs

        @Test(arguments: ContractFixtureKind.all)
        func guestIsResumedOnlyInTheRunThatWasMeant(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.pause(guest)
                let run = try #require(try await fixture.sourceHost.domain(guest.uuid)?.id)
                await expectRefusal(.resume(run: run + 1), of: guest, fixture, .operationInvalid, 0)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.pausedReason == .user)
                try await fixture.sourceHost.resume(guest.uuid, run: run)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                await expectRefusal(.resume(run: run), of: guest, fixture, .operationInvalid, 55)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func guestIsDestroyedOnlyInTheRunThatWasMeant(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                let run = try #require(try await fixture.sourceHost.domain(guest.uuid)?.id)
                await expectRefusal(
                    .destroy(run: run + 1, onlyIfPaused: false), of: guest, fixture, .operationInvalid, 0)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                try await fixture.sourceHost.destroy(guest.uuid, run: run, onlyIfPaused: false)
                let left = try await fixture.sourceHost.domain(guest.uuid)
                #expect(left?.state == .shutOff && left?.isPersistent == true)
                await expectRefusal(.destroy(run: run, onlyIfPaused: false), of: guest, fixture, .operationInvalid, 0)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func guestThatRunsIsNotDestroyedAsAPausedOne(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                let run = try #require(try await fixture.sourceHost.domain(guest.uuid)?.id)
                await expectRefusal(.destroy(run: run, onlyIfPaused: true), of: guest, fixture, .operationInvalid, 0)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                try await fixture.pause(guest)
                await expectRefusal(
                    .destroy(run: run + 1, onlyIfPaused: true), of: guest, fixture, .operationInvalid, 0)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .paused)
                try await fixture.sourceHost.destroy(guest.uuid, run: run, onlyIfPaused: true)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .shutOff)
            }
        }

        /// The guest's job does not hold this one up.
        @Test(arguments: ContractFixtureKind.all)
        func guestIsDestroyedUnderItsMigration(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    async let moving = fixture.move(guest, fixture.live(guest))
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    let run = try #require(try await fixture.sourceHost.domain(guest.uuid)?.id)
                    try await fixture.sourceHost.destroy(guest.uuid, run: run, onlyIfPaused: false)
                    // With which error depends on who notices first.
                    guard case .failure = await moving else {
                        Issue.record("the guest moved")
                        return
                    }
                    #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .shutOff)
                    try await eventually("the destination's clean-up") {
                        try await fixture.destinationHost.domain(guest.uuid) == nil
                    }
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func actsOnAnAbsentDomainSaySo(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let nobody = ContractGuest(uuid: try #require(Self.absent), name: "nobody", needsUnsafe: false)
                let acts: [DomainAct] = [
                    .mark(Self.mark), .setStartsWithHost(true), .makePersistent, .undefine(Self.mark), .resume(run: 1),
                    .destroy(run: 1, onlyIfPaused: true), .destroy(run: 1, onlyIfPaused: false),
                ]
                for act in acts { await expectRefusal(act, of: nobody, fixture, .noSuchDomain, 42) }
            }
        }

        private func expectRefusal(
            _ act: DomainAct, of guest: ContractGuest, _ fixture: any ContractFixture, _ code: HypervisorError.Code,
            _ number: Int32, sourceLocation: SourceLocation = #_sourceLocation
        ) async {
            let host = fixture.sourceHost
            let result = await outcome { () async throws(HypervisorError) in
                try await host.perform(act, on: guest.uuid)
            }
            expect(result, failsWith: code, number: number, sourceLocation: sourceLocation)
        }
    }
}
