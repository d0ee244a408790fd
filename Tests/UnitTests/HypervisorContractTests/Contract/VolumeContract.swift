import HypervisorAPI
import Testing

extension ContractSuite {
    /// Volumes that are made for copies of disks, and removed.
    @Suite("Volumes", .serialized) struct Volumes {
        @Test(arguments: ContractFixtureKind.all, ["raw", "qcow2"])
        func volumeIsMadeOnceAndRemovedOnce(kind: ContractFixtureKind, format: String) async throws {
            try await kind.run { fixture in
                let host = fixture.destinationHost
                let order = try await fixture.volumeOrder(capacity: 5 << 20, format: format)
                #expect(try await host.storageVolume(atPath: order.path) == .missing(pool: order.pool))
                try await host.createVolume(order)
                let found = VolumeLookup.found(pool: order.pool, capacity: order.capacity, isEmpty: true)
                #expect(try await host.storageVolume(atPath: order.path) == found)
                await expectRefusal(.createVolume(order), fixture, .volumeExists, 90)
                #expect(try await host.storageVolume(atPath: order.path) == found)
                try await host.deleteVolume(order, onlyIfEmpty: true)
                #expect(try await host.storageVolume(atPath: order.path) == .missing(pool: order.pool))
                for onlyIfEmpty in [true, false] {
                    await expectRefusal(
                        .deleteVolume(order, onlyIfEmpty: onlyIfEmpty), fixture, .noSuchStorageVolume, 50)
                }
            }
        }

        @Test(arguments: ContractFixtureKind.all, ["raw", "qcow2"])
        func volumeThatWasNotOrderedSoStays(kind: ContractFixtureKind, format: String) async throws {
            try await kind.run { fixture in
                let host = fixture.destinationHost
                let order = try await fixture.volumeOrder(capacity: 5 << 20, format: format)
                try await host.createVolume(order)
                var bigger = order
                bigger.capacity += 1 << 20
                var other = order
                other.format = format == "raw" ? "qcow2" : "raw"
                for wrong in [bigger, other] {
                    for onlyIfEmpty in [true, false] {
                        await expectRefusal(
                            .deleteVolume(wrong, onlyIfEmpty: onlyIfEmpty), fixture, .volumeDiffers, 0)
                    }
                    #expect(
                        try await host.storageVolume(atPath: order.path)
                            == .found(pool: order.pool, capacity: order.capacity, isEmpty: true))
                }
                try await host.deleteVolume(order, onlyIfEmpty: false)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func volumeIsMadeOnlyWhereItsPoolIs(kind: ContractFixtureKind) async throws {
            try await kind.run { fixture in
                let order = try await fixture.volumeOrder(capacity: 1 << 20, format: "raw")
                var nowhere = order
                nowhere.pool = "nowhere"
                await expectRefusal(.createVolume(nowhere), fixture, .other, 49)
                var elsewhere = order
                elsewhere.path = "/elsewhere/\(order.name)"
                await expectRefusal(.createVolume(elsewhere), fixture, .operationInvalid, 0)
                await expectRefusal(.deleteVolume(elsewhere, onlyIfEmpty: false), fixture, .operationFailed, 0)
                #expect(
                    try await fixture.destinationHost.storageVolume(atPath: order.path) == .missing(pool: order.pool))
            }
        }

        private func expectRefusal(
            _ act: DomainAct, _ fixture: any ContractFixture, _ code: HypervisorError.Code, _ number: Int32,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async {
            let host = fixture.destinationHost
            guard let nobody = DomainUUID("00000000-1111-4222-8333-444444444444") else { return }
            let result = await outcome { () async throws(HypervisorError) in try await host.perform(act, on: nobody) }
            expect(result, failsWith: code, number: number, sourceLocation: sourceLocation)
        }
    }
}
