import HypervisorAPI
import Testing

extension ContractSuite {
    /// The ownership mark in a domain's metadata.
    @Suite("Marks", .serialized) struct Marks {
        private static let mark = OwnershipMark(
            owner: "c0000000-0000-4000-8000-00000000000c", generation: 4, job: "it's <job> \"7\" & more")
        private static let plans = [
            GuestPlan(), GuestPlan(state: .shutOff), GuestPlan(isPersistent: false),
        ]

        @Test(arguments: ContractFixtureKind.all)
        func markIsReadAsItWasSetAndReplaced(kind: ContractFixtureKind) async throws {
            for plan in Self.plans {
                try await kind.run { fixture in
                    let guest = try await fixture.makeGuest(plan)
                    let host = fixture.sourceHost
                    try await expectMark(nil, of: guest, on: host)
                    try await host.setMark(Self.mark, of: guest.uuid)
                    try await expectMark(Self.mark, of: guest, on: host)
                    let other = OwnershipMark(owner: "", generation: 0, job: "")
                    try await host.setMark(other, of: guest.uuid)
                    try await host.setMark(Self.mark.raised, of: guest.uuid)
                    try await expectMark(Self.mark.raised, of: guest, on: host)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func markIsInWhatRunsAndInWhatIsDefined(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.sourceHost.setMark(Self.mark, of: guest.uuid)
                for view in [DefinitionView.current, .persistent, .migratable] {
                    #expect(try await fixture.sourceHost.definition(of: guest.uuid, view).mark == Self.mark)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func absentDomainCannotBeMarked(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let host = fixture.sourceHost
                let nobody = try #require(DomainUUID("00000000-1111-4222-8333-444444444444"))
                expect(
                    await outcome { () async throws(HypervisorError) in
                        try await host.setMark(Self.mark, of: nobody)
                    }, failsWith: .noSuchDomain, number: 42)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func movedGuestCarriesTheMarkOfTheTransferInEveryDefinition(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.sourceHost.setMark(Self.mark, of: guest.uuid)
                try await fixture.move(guest, fixture.live(guest, mark: Self.mark.raised)).get()
                try await expectMark(Self.mark.raised, of: guest, on: fixture.destinationHost)
                for view in [DefinitionView.current, .persistent] {
                    let definition = try await fixture.destinationHost.definition(of: guest.uuid, view)
                    #expect(definition.mark == Self.mark.raised, "\(view)")
                }
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func movedTransientGuestCarriesTheMarkOfTheTransfer(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(isPersistent: false))
                try await fixture.sourceHost.setMark(Self.mark, of: guest.uuid)
                let transfer = fixture.live(guest, isPersistent: false, mark: Self.mark.raised)
                try await fixture.move(guest, transfer).get()
                try await expectMark(Self.mark.raised, of: guest, on: fixture.destinationHost)
                #expect(try await fixture.destinationHost.domain(guest.uuid)?.isPersistent == false)
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
            }
        }

        /// Whether or not it was marked before.
        @Test(arguments: ContractFixtureKind.all)
        func movedDefinitionCarriesTheMarkOfTheTransfer(kind: ContractFixtureKind) async throws {
            for before in [nil, Self.mark] {
                try await kind.run { fixture in
                    let guest = try await fixture.makeGuest(GuestPlan(state: .shutOff))
                    if let before { try await fixture.sourceHost.setMark(before, of: guest.uuid) }
                    try await fixture.move(guest, fixture.offline(mark: Self.mark.raised)).get()
                    try await expectMark(Self.mark.raised, of: guest, on: fixture.destinationHost)
                    #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func moveThatSaysNothingOfAMarkKeepsIt(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.sourceHost.setMark(Self.mark, of: guest.uuid)
                try await fixture.move(guest, fixture.live(guest)).get()
                try await expectMark(Self.mark, of: guest, on: fixture.destinationHost)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func markOutlivesTheDaemon(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(.killDestinationDaemon) else { return }
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.move(guest, fixture.live(guest, mark: Self.mark)).get()
                try await fixture.bringAbout(.destinationDaemonKilled)
                try await fixture.undo(.destinationDaemonKilled)
                try await expectMark(Self.mark, of: guest, on: fixture.destinationHost)
                let kept = try await fixture.destinationHost.definition(of: guest.uuid, .persistent)
                #expect(kept.mark == Self.mark)
            }
        }

        /// Half a minute, and nothing else of the host waits meanwhile.
        @Test(arguments: ContractFixtureKind.all)
        func migrationHoldsTheMark(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                let host = fixture.sourceHost
                try await host.setMark(Self.mark, of: guest.uuid)
                try await EventLog.open(fixture) { log in
                    async let moving = fixture.move(guest, fixture.live(guest, mark: Self.mark.raised))
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    async let marking = outcome { () async throws(HypervisorError) in
                        try await host.setMark(Self.mark.raised, of: guest.uuid)
                    }
                    try await expectMark(Self.mark, of: guest, on: host)
                    expect(await marking, failsWith: .operationTimeout, number: 68)
                    try await host.abortJob(of: guest.uuid)
                    expectAborted(await moving)
                    try await expectMark(Self.mark, of: guest, on: host)
                }
            }
        }

        private func expectMark(
            _ mark: OwnershipMark?, of guest: ContractGuest, on host: any HypervisorHost,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let listed = try await host.domains().first { $0.uuid == guest.uuid }
            let summaries = [listed, try await host.domain(guest.uuid), try await host.domain(named: guest.name)]
            for summary in summaries {
                #expect(try #require(summary).mark == mark, sourceLocation: sourceLocation)
            }
        }
    }
}
