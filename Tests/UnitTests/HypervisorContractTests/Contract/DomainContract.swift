import HypervisorAPI
import Testing

extension ContractSuite {
    /// What is told about domains.
    @Suite("Domains", .serialized) struct Domains {
        private static let absent = DomainUUID("00000000-1111-4222-8333-444444444444")

        @Test(arguments: ContractFixtureKind.all)
        func runningGuestIsListedWithItsNumber(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                let listed = try await fixture.sourceHost.domains().first { $0.uuid == guest.uuid }
                let summary = try #require(listed)
                #expect(summary.name == guest.name)
                #expect(summary.state == .running && summary.isActive)
                #expect(summary.id != nil)
                #expect(summary.isPersistent)
                #expect(summary.pausedReason == nil)
                #expect(summary.memoryKiB > 0 && summary.virtualCPUs > 0)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func shutOffGuestIsListedWithoutNumber(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(state: .shutOff))
                let listed = try await fixture.sourceHost.domains().first { $0.uuid == guest.uuid }
                let summary = try #require(listed)
                #expect(summary.state == .shutOff && !summary.isActive)
                #expect(summary.id == nil)
                #expect(summary.isPersistent)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func transientGuestIsNotPersistent(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan(isPersistent: false))
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.isPersistent == false)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func nameAndUUIDFindTheSameDomain(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                let byUUID = try await fixture.sourceHost.domain(guest.uuid)
                let byName = try await fixture.sourceHost.domain(named: guest.name)
                #expect(byUUID != nil)
                #expect(byUUID == byName)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func absentDomainIsAnAnswer(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let uuid = try #require(Self.absent)
                #expect(try await fixture.sourceHost.domain(uuid) == nil)
                #expect(try await fixture.sourceHost.domain(named: "nobody-has-this-name") == nil)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func everyViewOfADefinitionCarriesItsUUID(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                for view in [DefinitionView.current, .persistent, .migratable] {
                    let definition = try await fixture.sourceHost.definition(of: guest.uuid, view)
                    #expect(definition.uuid == guest.uuid)
                    #expect(definition.name == guest.name)
                    #expect(definition.architecture == "x86_64")
                    #expect(definition.disks.contains { $0.path != nil && !$0.target.isEmpty })
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func callsOnAnAbsentDomainSaySo(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let uuid = try #require(Self.absent)
                let host = fixture.sourceHost
                let nobody = ContractGuest(uuid: uuid, name: "nobody", needsUnsafe: true)
                expect(
                    await outcome { () async throws(HypervisorError) in try await host.definition(of: uuid, .current) },
                    failsWith: .noSuchDomain, number: 42)
                expect(
                    await outcome { () async throws(HypervisorError) in try await host.jobStatistics(of: uuid) },
                    failsWith: .noSuchDomain, number: 42)
                expect(
                    await outcome { () async throws(HypervisorError) in try await host.abortJob(of: uuid) },
                    failsWith: .noSuchDomain, number: 42)
                expect(await fixture.move(nobody, fixture.live(nobody)), failsWith: .noSuchDomain, number: 42)
                expect(await fixture.move(nobody, fixture.offline()), failsWith: .noSuchDomain, number: 42)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func domainWithoutJobHasNoFiguresAndNothingToAbort(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let guest = try await fixture.makeGuest(GuestPlan())
                #expect(try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive == false)
                let host = fixture.sourceHost
                expect(
                    await outcome { () async throws(HypervisorError) in try await host.abortJob(of: guest.uuid) },
                    failsWith: .operationInvalid, number: 55)
            }
        }
    }
}
