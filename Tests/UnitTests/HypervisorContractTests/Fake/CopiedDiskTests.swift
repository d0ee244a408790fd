import FakeHypervisor
import HypervisorAPI
import Testing

/// Disks that go along with a simulated move, on a clock that stands still.
@Suite("Copied disks", .timeLimit(.minutes(2))) struct CopiedDiskTests {
    private static let path = "/srv/own/web.qcow2"
    private static let order = VolumeOrder(pool: "own", path: path, capacity: 2000 << 20, format: "qcow2")

    /// Its disk has 2000 MiB, its memory 1000; the link carries 1000 MiB/s.
    private func world(_ change: (inout Hardware) -> Void = { _ in }) throws -> StillWorld {
        try StillWorld([
            guest(10, "web", dirty: 100) { hardware in
                hardware.disks = [DiskDescription(target: "vda", path: Self.path, sizeMiB: 2000)]
                change(&hardware)
            }
        ])
    }

    private func move(_ still: StillWorld) async throws -> Result<Void, HypervisorError> {
        let alpha = try still.host("alpha")
        let transfer = Transfer.live(
            LiveTransfer(
                peerURI: "fake+tcp://beta/system", isPersistent: true, allowsUnsafeDisks: false, copiedDisks: ["vda"]))
        let uuid = try uuid(10)
        return await outcome { () async throws(HypervisorError) in
            try await alpha.migrate(uuid, transfer, deadline: .seconds(3600))
        }
    }

    @Test func diskTakesItsTimeBeforeTheMemory() async throws {
        let still = try world()
        try await still.run {
            try await still.host("beta").createVolume(Self.order)
            let moving = try await still.beginMove(10, copiedDisks: ["vda"])
            still.clock.advance(by: .milliseconds(1500))
            let first = try await still.host("alpha").jobStatistics(of: uuid(10))
            #expect(first.diskTotal == 2000 << 20 && first.diskProcessed == 1500 << 20)
            #expect(first.memoryTotal == 0 && first.elapsedMilliseconds == 1500)
            still.clock.advance(by: .seconds(1))
            let second = try await still.host("alpha").jobStatistics(of: uuid(10))
            #expect(second.diskTotal == 2000 << 20 && second.diskProcessed == 2000 << 20)
            #expect(second.memoryTotal == 1000 << 20 && second.memoryProcessed == 500 << 20)
            #expect(!still.world.dump().contains(Self.volume(filled: true, host: "beta")))
            still.clock.advance(by: .seconds(1))
            try await moving.value.get()
            #expect(still.world.dump().contains(Self.volume(filled: true, host: "beta")))
        }
        #expect(still.world.violations().isEmpty)
    }

    @Test func onePathOnTwoHostsIsTwoFiles() async throws {
        let still = try world()
        let (alpha, beta) = (try still.host("alpha"), try still.host("beta"))
        #expect(
            try await alpha.storageVolume(atPath: Self.path)
                == .found(pool: "own", capacity: 2000 << 20, isEmpty: false))
        #expect(try await beta.storageVolume(atPath: Self.path) == .missing(pool: "own"))
        try await beta.createVolume(Self.order)
        try await beta.deleteVolume(Self.order, onlyIfEmpty: true)
        #expect(
            try await alpha.storageVolume(atPath: Self.path)
                == .found(pool: "own", capacity: 2000 << 20, isEmpty: false))
        #expect(still.world.violations().isEmpty)
    }

    @Test func diskIsNotCopiedWhereItCannotBe() async throws {
        let shared = try world { $0.disks[0].path = "/srv/shared/web.qcow2" }
        expect(try await move(shared), failsWith: .internalError, number: 1)
        let nowhere = try world { $0.disks[0].path = "/var/tmp/web.qcow2" }
        expect(try await move(nowhere), failsWith: .other, number: 49)
        let hidden = try world()
        try hidden.world.perform(.diskMissing(host: "beta", path: Self.path, true))
        expect(try await move(hidden), failsWith: .operationFailed, number: 38)
        let otherFormat = try world()
        var raw = Self.order
        raw.format = "raw"
        try await otherFormat.host("beta").createVolume(raw)
        expect(try await move(otherFormat), failsWith: .internalError, number: 1)
        for still in [shared, nowhere, hidden, otherFormat] {
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
            #expect(still.story().filter { $0.contains("migrated") }.isEmpty)
        }
    }

    /// The host that is asked knows its own domains.
    @Test func guestOfAnotherHostThatRunsFromADeletedVolumeIsNoticed() async throws {
        let still = try world { $0.disks[0].path = "/srv/shared/web.qcow2" }
        let order = VolumeOrder(
            pool: "shared", path: "/srv/shared/web.qcow2", capacity: 2000 << 20, format: "qcow2")
        let alpha = try still.host("alpha")
        let result = await outcome { () async throws(HypervisorError) in
            try await alpha.deleteVolume(order, onlyIfEmpty: false)
        }
        expect(result, failsWith: .volumeDiffers, number: 0)
        #expect(still.world.violations().isEmpty)
        try await still.host("beta").deleteVolume(order, onlyIfEmpty: false)
        #expect(still.world.violations().map(\.kind) == [.diskDeleted])
    }

    @Test func guestThatRunsWithAnEmptyDiskIsNoticed() async throws {
        let still = try world()
        try await still.host("beta").createVolume(Self.order)
        let copy = GuestDescription(
            name: "copy", uuid: try uuid(11),
            hardware: Hardware(disks: [DiskDescription(target: "vda", path: Self.path, sizeMiB: 2000)]))
        try still.world.perform(.guestDefine(host: "beta", copy))
        #expect(still.world.violations().map(\.kind) == [.diskEmpty])
    }

    /// Seen on real hosts: neither the keepalives nor an abort end it at the source.
    @Test(arguments: [true, false]) func cutLinkHoldsTheSource(comesBack: Bool) async throws {
        let still = try world()
        try await still.run {
            try await still.host("beta").createVolume(Self.order)
            let moving = try await still.beginMove(10, copiedDisks: ["vda"])
            still.clock.advance(by: .seconds(1))
            try still.world.perform(.linkCut("alpha", "beta"))
            still.clock.advance(by: .seconds(9))
            #expect(try await still.host("beta").domain(uuid(10)) == nil)
            try await still.host("alpha").abortJob(of: uuid(10))
            still.clock.advance(by: .seconds(900))
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).isActive)
            if comesBack {
                try still.world.perform(.linkRestore("alpha", "beta"))
            } else {
                still.clock.advance(by: .seconds(20))
            }
            expect(await moving.value, failsWith: .internalError, number: 1)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .running)
            #expect(try await still.host("alpha").jobStatistics(of: uuid(10)).isActive == false)
        }
        #expect(still.world.violations().isEmpty)
    }

    @Test(arguments: [HostCall.createVolume, .deleteVolume]) func callsCanBeMadeToFail(call: HostCall) async throws {
        let still = try world()
        _ = try still.world.add(Fault(.fail(number: 38, message: "no room", code: nil), call: call, host: "beta"))
        let beta = try still.host("beta")
        let result = await outcome { () async throws(HypervisorError) in
            try await beta.createVolume(Self.order)
            try await beta.deleteVolume(Self.order, onlyIfEmpty: true)
        }
        expect(result, failsWith: .operationFailed, number: 38)
        let lookup = try await beta.storageVolume(atPath: Self.path)
        #expect(lookup == (call == .createVolume ? .missing(pool: "own") : Self.created))
    }

    private static let created = VolumeLookup.found(pool: "own", capacity: 2000 << 20, isEmpty: true)

    private static func volume(filled: Bool, host: String) -> String {
        #"{"pool":"own","path":"/srv/own","hosts":[""# + host
            + #""],"volumes":[{"name":"web.qcow2","capacity":2097152000,"format":"qcow2","filled":\#(filled)}]}"#
    }
}
