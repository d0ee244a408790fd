import HypervisorAPI
import Testing

extension ContractSuite {
    /// Moves that succeed.
    @Suite("Moves", .serialized) struct Moves {
        @Test(arguments: ContractFixtureKind.all)
        func persistentGuestMovesWithItsDefinition(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.move(guest, fixture.live(guest)).get()
                let moved = try #require(try await fixture.destinationHost.domain(guest.uuid))
                #expect(moved.state == .running)
                #expect(moved.isPersistent)
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func transientGuestStaysTransient(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(isPersistent: false))
                try await fixture.move(guest, fixture.live(guest, isPersistent: false)).get()
                let moved = try #require(try await fixture.destinationHost.domain(guest.uuid))
                #expect(moved.state == .running)
                #expect(!moved.isPersistent)
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func bothHostsTellTheMoveInOrder(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await EventLog.open(fixture) { log in
                    try await fixture.move(guest, fixture.live(guest)).get()
                    try await log.wait(for: .jobCompleted, of: guest, on: .source)
                    try await log.wait(for: .resumed(migrated: true), of: guest, on: .destination)
                    #expect(
                        log.events(of: guest, on: .source)
                            == [.suspended(migrated: true), .stopped(migrated: true), .jobCompleted])
                    #expect(
                        log.events(of: guest, on: .destination)
                            == [.started(migrated: true), .defined, .resumed(migrated: true)])
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func shutOffGuestMovesAsADefinition(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(state: .shutOff))
                try await fixture.move(guest, fixture.offline()).get()
                let moved = try #require(try await fixture.destinationHost.domain(guest.uuid))
                #expect(moved.state == .shutOff && moved.isPersistent)
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func figuresAreThereWhileTheJobRuns(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(load: .hardDirtying))
                try await EventLog.open(fixture) { log in
                    async let moving = fixture.move(guest, fixture.live(guest))
                    try await log.wait(for: .started(migrated: true), of: guest, on: .destination)
                    try await eventually("figures of the running job") {
                        let figures = try await fixture.sourceHost.jobStatistics(of: guest.uuid)
                        return figures.isActive && (figures.memoryTotal ?? 0) > 0 && (figures.memoryProcessed ?? 0) > 0
                    }
                    try await fixture.sourceHost.abortJob(of: guest.uuid)
                    expectAborted(await moving)
                    #expect(try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive == false)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func guestComesBackTheSameWay(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                try await fixture.move(guest, fixture.live(guest)).get()
                let back = LiveTransfer(
                    peerURI: fixture.source.peerURI, migrationURI: fixture.source.migrationURI, isPersistent: true,
                    allowsUnsafeDisks: guest.needsUnsafe)
                try await fixture.destinationHost.migrate(guest.uuid, .live(back), deadline: .seconds(300))
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                #expect(try await fixture.destinationHost.domain(guest.uuid) == nil)
            }
        }
    }
}
