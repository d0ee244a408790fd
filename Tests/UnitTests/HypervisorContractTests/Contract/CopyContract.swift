import HypervisorAPI
import Testing

extension ContractSuite {
    /// Moves of a guest whose disk only its host sees: the disk goes along.
    @Suite("Copies", .serialized) struct Copies {
        @Test(arguments: ContractFixtureKind.all, ["raw", "qcow2"])
        func guestMovesWithItsDisk(kind: ContractFixtureKind, format: String) async throws {
            try await run(kind, format: format) { guest, fixture in
                let order = try await fixture.copyOrder(for: guest)
                try await fixture.destinationHost.createVolume(order)
                try await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"])).get()
                #expect(try await fixture.destinationHost.domain(guest.uuid)?.state == .running)
                #expect(try await fixture.sourceHost.domain(guest.uuid) == nil)
                #expect(try await fixture.hasItsData(guest))
                let found = VolumeLookup.found(pool: order.pool, capacity: order.capacity, isEmpty: false)
                for host in [fixture.sourceHost, fixture.destinationHost] {
                    #expect(try await host.storageVolume(atPath: order.path) == found)
                    await expectRefusal(of: order, onlyIfEmpty: true, on: host, .volumeDiffers)
                }
                // The guest's disk is what the one is; nobody names the other any more.
                await expectRefusal(of: order, onlyIfEmpty: false, on: fixture.destinationHost, .volumeDiffers)
                #expect(try await fixture.destinationHost.storageVolume(atPath: order.path) == found)
                #expect(try await fixture.sourceHost.storageVolume(atPath: order.path) == found)
                try await fixture.sourceHost.deleteVolume(order, onlyIfEmpty: false)
                #expect(try await fixture.sourceHost.storageVolume(atPath: order.path) == .missing(pool: order.pool))
            }
        }

        @Test(arguments: ContractFixtureKind.all, [GuestPlan.State.running, .shutOff])
        func volumeThatADomainNamesStays(kind: ContractFixtureKind, state: GuestPlan.State) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(.storagePools) else { return }
                let guest = try await fixture.makeGuest(GuestPlan(state: state, disk: .ownPool(format: "raw")))
                let order = try await fixture.copyOrder(for: guest)
                let host = fixture.sourceHost
                await expectRefusal(of: order, onlyIfEmpty: false, on: host, .volumeDiffers)
                #expect(
                    try await host.storageVolume(atPath: order.path)
                        == .found(pool: order.pool, capacity: order.capacity, isEmpty: false))
                #expect(try await host.domain(guest.uuid)?.state == (state == .running ? .running : .shutOff))
            }
        }

        private func expectRefusal(
            of order: VolumeOrder, onlyIfEmpty: Bool, on host: any HypervisorHost, _ code: HypervisorError.Code,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async {
            let result = await outcome { () async throws(HypervisorError) in
                try await host.deleteVolume(order, onlyIfEmpty: onlyIfEmpty)
            }
            expect(result, failsWith: code, number: 0, sourceLocation: sourceLocation)
            guard case .failure(let error) = result else { return }
            #expect(error.message.hasPrefix("not sent:"), sourceLocation: sourceLocation)
        }

        @Test(arguments: ContractFixtureKind.all)
        func diskThatIsNotCopiedWantsPermission(kind: ContractFixtureKind) async throws {
            try await run(kind) { guest, fixture in
                expect(await fixture.move(guest, fixture.live(guest)), failsWith: .migrationUnsafe, number: 81)
                try await ContractSuite.stayed(guest, fixture)
            }
        }

        /// The hypervisor makes one where a pool covers the path: nobody has ordered it.
        @Test(arguments: ContractFixtureKind.all)
        func volumeThatIsMissingIsMadeByTheHypervisor(kind: ContractFixtureKind) async throws {
            try await run(kind) { guest, fixture in
                let order = try await fixture.copyOrder(for: guest)
                try await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"])).get()
                #expect(try await fixture.hasItsData(guest))
                #expect(
                    try await fixture.destinationHost.storageVolume(atPath: order.path)
                        == .found(pool: order.pool, capacity: order.capacity, isEmpty: false))
            }
        }

        @Test(arguments: ContractFixtureKind.all, [-1, 1] as [Int64])
        func volumeOfAnotherSizeIsRefused(kind: ContractFixtureKind, mebibytes: Int64) async throws {
            try await run(kind) { guest, fixture in
                var order = try await fixture.copyOrder(for: guest)
                order.capacity = order.capacity.advanced(by: Int(mebibytes << 20))
                try await fixture.destinationHost.createVolume(order)
                let result = await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"]))
                expect(result, failsWith: .operationFailed, number: 9)
                if case .failure(let error) = result {
                    let words = "migration of disk vda failed: Source and target image have different sizes"
                    #expect(error.message.hasSuffix(words))
                }
                try await left(order, guest, fixture)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func figuresTellOfTheDiskAndAnAbortLeavesTheVolume(kind: ContractFixtureKind) async throws {
            try await copying(kind) { guest, order, fixture, moving in
                let figures = try await fixture.sourceHost.jobStatistics(of: guest.uuid)
                #expect((figures.diskTotal ?? 0) >= order.capacity)
                #expect((figures.diskProcessed ?? .max) < figures.diskTotal ?? 0)
                // Nothing is known of the memory before the disks are there.
                #expect(figures.memoryTotal == 0)
                try await fixture.sourceHost.abortJob(of: guest.uuid)
                expectAborted(await moving.value)
                try await left(order, guest, fixture)
            }
        }

        @Test(arguments: ContractFixtureKind.all)
        func deathOfTheDestinationsDaemonEndsTheCopy(kind: ContractFixtureKind) async throws {
            try await copying(kind) { guest, order, fixture, moving in
                guard !fixture.inabilities.contains(.killDestinationDaemon) else { return }
                try await fixture.bringAbout(.destinationDaemonKilled)
                expect(await moving.value, failsWith: .internalError, number: 1)
                try await fixture.undo(.destinationDaemonKilled)
                try await left(order, guest, fixture)
            }
        }

        /// The source waits for as long as the kernel keeps the disks' connection: no test waits for its end.
        @Test(arguments: ContractFixtureKind.all)
        func cutLinkHoldsTheCopyUntilItIsBack(kind: ContractFixtureKind) async throws {
            try await copying(kind) { guest, order, fixture, moving in
                guard !fixture.inabilities.contains(.cutLink) else { return }
                try await fixture.bringAbout(.linkCut)
                try await eventually("the end of the copy at the destination") {
                    try await fixture.destinationHost.domain(guest.uuid) == nil
                }
                #expect(try await fixture.sourceHost.domain(guest.uuid)?.state == .running)
                #expect(try await fixture.sourceHost.jobStatistics(of: guest.uuid).isActive)
                try await fixture.undo(.linkCut)
                expect(await moving.value, failsWith: .internalError, number: 1)
                try await left(order, guest, fixture)
            }
        }

        /// The guest runs at the source alone, and the volume waits to be removed.
        private func left(_ order: VolumeOrder, _ guest: ContractGuest, _ fixture: any ContractFixture) async throws {
            let host = fixture.destinationHost
            try await eventually("the destination's clean-up") { try await host.domain(guest.uuid) == nil }
            try await ContractSuite.stayed(guest, fixture)
            try await host.deleteVolume(order, onlyIfEmpty: false)
            #expect(try await host.storageVolume(atPath: order.path) == .missing(pool: order.pool))
        }

        private func run(
            _ kind: ContractFixtureKind, format: String = "raw",
            _ body: @Sendable (ContractGuest, any ContractFixture) async throws -> Void
        ) async throws {
            try await kind.run { fixture in
                guard !fixture.inabilities.contains(.storagePools) else { return }
                try await body(try await fixture.makeGuest(GuestPlan(disk: .ownPool(format: format))), fixture)
            }
        }

        /// A copy under way, a part of which has arrived.
        private func copying(
            _ kind: ContractFixtureKind,
            _ body:
                @Sendable (
                    ContractGuest, VolumeOrder, any ContractFixture, Task<Result<Void, HypervisorError>, Never>
                ) async throws -> Void
        ) async throws {
            try await run(kind) { guest, fixture in
                let order = try await fixture.copyOrder(for: guest)
                try await fixture.destinationHost.createVolume(order)
                let transfer = fixture.live(guest, copiedDisks: ["vda"], slowly: true)
                let moving = Task { await fixture.move(guest, transfer) }
                try await eventually("a part of the disk") {
                    try await fixture.sourceHost.jobStatistics(of: guest.uuid).diskProcessed ?? 0 > 0
                }
                try await body(guest, order, fixture, moving)
            }
        }
    }
}
