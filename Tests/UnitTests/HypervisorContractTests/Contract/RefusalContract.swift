import HypervisorAPI
import Testing

extension ContractSuite {
    /// Moves that are refused; the guest is where and what it was.
    @Suite("Refusals", .serialized) struct Refusals {
        @Test(arguments: ContractFixtureKind.all)
        func nameTakenAtTheDestinationRefusesADefinition(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(state: .shutOff))
                try await fixture.takeNameAtDestination(of: guest)
                expect(await fixture.move(guest, fixture.offline()), failsWith: .domainExists, number: 9)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.isPersistent == true)
                #expect(try await fixture.destinationHost.domain(guest.uuid) == nil)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func nameTakenAtTheDestinationRefusesARunningGuest(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.takeNameAtDestination(of: guest)
                expect(await fixture.move(guest, fixture.live(guest)), failsWith: .domainExists, number: 9)
                try await stayed(guest, fixture)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func guestThatDoesNotRunCannotMoveLive(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(state: .shutOff))
                expect(await fixture.move(guest, fixture.live(guest)), failsWith: .domainNotRunning, number: 55)
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .shutOff)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func secondMoveOfAGuestIsRefused(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    async let moving = fixture.move(guest, fixture.live(guest))
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    expect(await fixture.move(guest, fixture.live(guest)), failsWith: .operationInvalid, number: 55)
                    try await fixture.sourceHost.abortJob(of: guest.uuid)
                    expectAborted(await moving)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func unsafeDisksWantPermission(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(disk: .unsafe))
                let transfer = fixture.live(guest, allowsUnsafeDisks: false)
                expect(await fixture.move(guest, transfer), failsWith: .migrationUnsafe, number: 81)
                try await stayed(guest, fixture)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func unreachableDestinationIsAConnectionThatFailed(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                let transfer = fixture.live(guest, to: fixture.unreachablePeerURI)
                expect(await fixture.move(guest, transfer), failsWith: .connectionFailed, number: 38)
                try await stayed(guest, fixture)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func sourceIsNoDestination(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                let transfer = fixture.live(guest, to: fixture.source.peerURI)
                expect(await fixture.move(guest, transfer), failsWith: .internalError, number: 1)
                try await stayed(guest, fixture)
            }
        }
    }

    /// The guest runs at the source, without a job, and is unknown at the destination.
    static func stayed(_ guest: ContractGuest, _ fixture: any ContractFixture) async throws {
        let summary = try await fixture.sourceHost.domain(guest.uuid)
        #expect(summary?.state == .running)
        #expect(try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive == false)
        #expect(try await fixture.destinationHost.domain(guest.uuid) == nil)
    }
}

private func stayed(_ guest: ContractGuest, _ fixture: any ContractFixture) async throws {
    try await ContractSuite.stayed(guest, fixture)
}
