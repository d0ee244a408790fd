import Glibc
import HypervisorAPI
import LibvirtHypervisor
import Testing

/// What only libvirt can do wrong, on the lab's hosts.
@Suite(.serialized, .enabled(if: LibvirtLab.standing != nil, "NO LAB: see libvirtIsTestedOnTheLab"))
struct LibvirtLabTests {
    private let fixture: LibvirtContractFixture
    private let lab: LibvirtLab
    private var host: any HypervisorHost { fixture.hypervisor.host(fixture.source.uri) }

    init() throws {
        lab = try #require(LibvirtLab.standing)
        fixture = try LibvirtContractFixture(lab)
    }

    private func withGuest(_ plan: GuestPlan, _ body: (ContractGuest) async throws -> Void) async throws {
        do { try await body(try await fixture.makeGuest(plan)) } catch {
            do { try await fixture.tearDown() } catch { Issue.record("tearing down failed, too: \(error)") }
            throw error
        }
        try await fixture.tearDown()
    }

    /// libvirt gives them to whoever asks for this view.
    @Test func passwordIsInNoViewOfADefinition() async throws {
        try await withGuest(GuestPlan(state: .shutOff)) { guest in
            try await redefine(guest) { definition in
                definition.replacing(
                    "</devices>", with: "<graphics type='vnc' passwd='geheim' port='-1'/></devices>")
            }
            let witness = try await lab.run("virsh", "A", "dumpxml", "--migratable", guest.name)
            #expect(witness.contains("geheim"), "libvirt gives it away no longer: this test has no subject any more")
            for view in [DefinitionView.current, .persistent, .migratable] {
                let read = try await host.definition(of: guest.uuid, view)
                #expect(read.xml.contains("graphics"))
                #expect(!read.xml.contains("geheim"), "\(view)")
            }
        }
    }

    /// DEST_XML and PERSIST_XML replace the definitions whole: what is not in them is lost.
    @Test(arguments: [GuestPlan.State.running, .shutOff])
    func passwordMovesAlongWithAMark(state: GuestPlan.State) async throws {
        try await withGuest(GuestPlan(state: .shutOff)) { guest in
            try await redefine(guest) { definition in
                definition.replacing(
                    "</devices>", with: "<graphics type='vnc' passwd='geheim' port='-1'/></devices>")
            }
            if state == .running { try await lab.run("virsh", "A", "start", guest.name) }
            let mark = OwnershipMark(owner: "o", generation: 2, job: "j")
            let transfer = state == .running ? fixture.live(guest, mark: mark) : fixture.offline(mark: mark)
            try await fixture.move(guest, transfer).get()
            for view in state == .running ? [[], ["--inactive"]] : [["--inactive"]] {
                let moved = try await lab.run(["virsh", "B", "dumpxml", "--security-info"] + view + [guest.name])
                #expect(moved.contains("passwd='geheim'"), "\(view)")
                #expect(try DomainDefinition(xml: moved).mark == mark)
            }
        }
    }

    @Test func whatIsInTheDefinitionBesideTheMarkMovesAlong() async throws {
        try await withGuest(GuestPlan(state: .shutOff)) { guest in
            try await redefine(guest) { definition in
                definition.replacing(
                    "<devices>", with: "<metadata><x:y xmlns:x='urn:x'><x:z>&amp;</x:z></x:y></metadata><devices>"
                ).replacing(
                    "<domain type='qemu'>",
                    with: "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
                ).replacing(
                    "</domain>",
                    with: "<qemu:commandline><qemu:arg value='-name'/><qemu:arg value='x'/></qemu:commandline></domain>"
                )
            }
            try await lab.run("virsh", "A", "start", guest.name)
            let before = try await lab.run("virsh", "A", "dumpxml", "--inactive", guest.name)
            try #require(before.contains("qemu:arg") && before.contains("<x:z>&amp;</x:z>"))
            let mark = OwnershipMark(owner: "o", generation: 2, job: "j")
            try await fixture.move(guest, fixture.live(guest, mark: mark)).get()
            let after = try await lab.run("virsh", "B", "dumpxml", "--inactive", guest.name)
            // libvirt writes the mark on a line of its own, and indents others' metadata anew with every move.
            func lines(_ text: String) -> [Substring] {
                text.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }
            }
            #expect(lines(after).filter { !$0.contains("migrationd:ownership") } == lines(before))
        }
    }

    @Test func undefinedGuestLeavesItsFirmwaresVariables() async throws {
        try await withGuest(GuestPlan(state: .shutOff)) { guest in
            let (code, variables) = (lab.sharedPath("code.fd"), lab.sharedPath("\(guest.name).fd"))
            for path in [code, variables] { try fixture.write("", to: path) }
            defer { for path in [code, variables] { unlink(path) } }
            try await redefine(guest) { definition in
                definition.replacing(
                    "</type>",
                    with: "</type><loader readonly='yes' type='pflash'>\(code)</loader><nvram>\(variables)</nvram>")
            }
            #expect(try await host.definition(of: guest.uuid, .persistent).nvram == variables)
            let mark = OwnershipMark(owner: "o", generation: 2, job: "j")
            try await host.setMark(mark, of: guest.uuid)
            try await host.undefine(guest.uuid, marked: mark)
            #expect(try await host.domain(guest.uuid) == nil)
            #expect(access(variables, F_OK) == 0)
        }
    }

    /// Nobody looked into the pool's directory since the file came there.
    @Test func fileThatThePoolDoesNotKnowYetIsNotOverwritten() async throws {
        let order = try await fixture.volumeOrder(capacity: 1 << 20, format: "raw")
        let file = lab.privateFile(order.name, of: .b)
        try fixture.write("somebody's", to: file)
        let destination = fixture.hypervisor.host(fixture.destination.uri)
        let result = await outcome { () async throws(HypervisorError) in try await destination.createVolume(order) }
        expect(result, failsWith: .volumeExists, number: 90)
        #expect(try await lab.run("exec", "B", "cat", order.path) == "somebody's")
        try await fixture.tearDown()
    }

    /// One sector, at the end.
    @Test(arguments: ["raw", "qcow2"]) func volumeThatWasWrittenToIsNotEmpty(format: String) async throws {
        let order = try await fixture.volumeOrder(capacity: 1 << 30, format: format)
        let destination = fixture.hypervisor.host(fixture.destination.uri)
        try await destination.createVolume(order)
        try await lab.run("exec", "B", "qemu-io", "-f", format, "-c", "write -P 0xab 1023M 512", order.path)
        #expect(
            try await destination.storageVolume(atPath: order.path)
                == .found(pool: order.pool, capacity: order.capacity, isEmpty: false))
        let result = await outcome { () async throws(HypervisorError) in
            try await destination.deleteVolume(order, onlyIfEmpty: true)
        }
        expect(result, failsWith: .volumeDiffers, number: 0)
        try await destination.deleteVolume(order, onlyIfEmpty: false)
        try await fixture.tearDown()
    }

    @Test func volumeOfAPoolThatDoesNotRunIsNotCalledMissing() async throws {
        let order = try await fixture.volumeOrder(capacity: 1 << 20, format: "raw")
        let destination = fixture.hypervisor.host(fixture.destination.uri)
        try await destination.createVolume(order)
        try await lab.run("virsh", "B", "pool-destroy", "private")
        let result = await outcome { () async throws(HypervisorError) in
            try await destination.deleteVolume(order, onlyIfEmpty: true)
        }
        try await lab.run("virsh", "B", "pool-start", "private")
        expect(result, failsWith: .operationFailed, number: 0)
        try await destination.deleteVolume(order, onlyIfEmpty: true)
        try await fixture.tearDown()
    }

    @Test func diskIsNotCopiedWhereNoRunningPoolCoversItsPath() async throws {
        try await withGuest(GuestPlan(disk: .ownPool(format: "raw"))) { guest in
            try await lab.run("virsh", "B", "pool-destroy", "private")
            let result = await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"]))
            try await lab.run("virsh", "B", "pool-start", "private")
            expect(result, failsWith: .other, number: 49)
            try await ContractSuite.stayed(guest, fixture)
        }
    }

    /// QEMU at the destination looks for the header, and does not start.
    @Test func volumeOfAnotherFormatIsRefused() async throws {
        try await withGuest(GuestPlan(disk: .ownPool(format: "qcow2"))) { guest in
            var order = try await fixture.copyOrder(for: guest)
            order.format = "raw"
            let destination = fixture.hypervisor.host(fixture.destination.uri)
            try await destination.createVolume(order)
            let result = await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"]))
            expect(result, failsWith: .internalError, number: 1)
            try await ContractSuite.stayed(guest, fixture)
            try await destination.deleteVolume(order, onlyIfEmpty: false)
        }
    }

    /// The guest goes on, the copy does not, and what arrived lies where it was made. Then it moves onto that.
    @Test func deathOfTheSourcesDaemonEndsTheCopy() async throws {
        try await withGuest(GuestPlan(disk: .ownPool(format: "raw"))) { guest in
            let order = try await fixture.copyOrder(for: guest)
            let destination = fixture.hypervisor.host(fixture.destination.uri)
            try await destination.createVolume(order)
            let moving = Task { await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"], slowly: true)) }
            try await eventually("a part of the disk") {
                try await host.jobStatistics(of: guest.uuid).diskProcessed ?? 0 > 0
            }
            try await lab.run("stop-libvirtd", "A", "KILL")
            expect(await moving.value, failsWith: .connectionLost)
            try await lab.run("start-libvirtd", "A")
            try await eventually("the destination's clean-up") { try await destination.domain(guest.uuid) == nil }
            try await ContractSuite.stayed(guest, fixture)
            #expect(
                try await destination.storageVolume(atPath: order.path)
                    == .found(pool: order.pool, capacity: order.capacity, isEmpty: false))
            try await fixture.move(guest, fixture.live(guest, copiedDisks: ["vda"])).get()
            #expect(try await fixture.hasItsData(guest))
        }
    }

    /// Defines the guest at A as `change` makes it.
    private func redefine(_ guest: ContractGuest, _ change: (String) -> String) async throws {
        let definition = change(try await lab.run("virsh", "A", "dumpxml", "--inactive", guest.name))
        let file = lab.sharedPath("\(guest.name).xml")
        try fixture.write(definition, to: file)
        defer { unlink(file) }
        try await lab.run("virsh", "A", "define", file)
    }

    @Test func guestWhoseQEMUHangsHoldsUpNoListAndNoLookup() async throws {
        try await withGuest(GuestPlan()) { guest in
            try await host.setMark(OwnershipMark(owner: "o", generation: 3, job: "j"), of: guest.uuid)
            try await host.setStartsWithHost(true, of: guest.uuid)
            let process = try await lab.run("exec", "A", "pgrep", "-f", "guest=\(guest.name),")
            let number = process.filter(\.isNumber)
            try await lab.run("exec", "A", "kill", "-STOP", number)
            let listed = try await host.domains().first { $0.uuid == guest.uuid }
            #expect(listed?.state == .running)
            #expect(listed?.mark?.generation == 3 && listed?.startsWithHost == true)
            #expect(try await host.domain(guest.uuid)?.memoryKiB == 128 << 10)
            try await lab.run("exec", "A", "kill", "-CONT", number)
        }
    }

    /// libvirt 9 does it, and defines a second copy.
    @Test func offlineTransferOfARunningGuestIsNotSent() async throws {
        try await withGuest(GuestPlan()) { guest in
            let transfer = Transfer.offline(OfflineTransfer(peerURI: fixture.destination.peerURI))
            let result = await outcome { () async throws(HypervisorError) in
                try await host.migrate(guest.uuid, transfer, deadline: .seconds(30))
            }
            expect(result, failsWith: .operationInvalid, number: 0)
            let destination = fixture.hypervisor.host(fixture.destination.uri)
            let copy = try await destination.domain(guest.uuid)
            #expect(copy == nil)
        }
    }

    @Test func volumeThatWasDeletedBehindItsPoolIsMissing() async throws {
        try await withGuest(GuestPlan(state: .shutOff)) { _ in
            let path = try #require(try await fixture.volumeExamples().first).path
            #expect(
                try await host.storageVolume(atPath: path) == .found(pool: "shared", capacity: 3 << 20, isEmpty: false))
            #expect(unlink(path) == 0)
            #expect(try await host.storageVolume(atPath: path) == .missing(pool: "shared"))
        }
    }

    /// Stock libvirtd stops reading a connection that has five calls under way: an abort that waited behind them would
    /// end with its deadline.
    @Test func abortGetsThroughBesideManyMigrations() async throws {
        let count = 5
        var guests: [ContractGuest] = []
        for _ in 0..<count { guests.append(try await fixture.makeGuest(GuestPlan(load: .hardDirtying))) }
        let peer = fixture.destination.peerURI
        let source = host
        await withTaskGroup(of: HypervisorError?.self) { group in
            for guest in guests {
                group.addTask {
                    let live = LiveTransfer(peerURI: peer, isPersistent: true, allowsUnsafeDisks: true)
                    do throws(HypervisorError) {
                        try await source.migrate(guest.uuid, .live(live), deadline: .seconds(300))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for guest in guests {
                do {
                    try await eventually("the migration of \(guest.name)") {
                        try await source.jobStatistics(of: guest.uuid).memoryProcessed ?? 0 > 0
                    }
                    try await source.abortJob(of: guest.uuid)
                } catch { Issue.record(error) }
            }
            // Not always 78: when the destination's QEMU notices first, it is 1, with that QEMU's last words (seen).
            for await error in group { #expect(error != nil, "an aborted migration succeeded") }
        }
        for guest in guests {
            let state = try await source.domain(guest.uuid)?.state
            #expect(state == .running)
        }
        try await fixture.tearDown()
    }

    @Test func restartedDaemonIsConnectedToAgain() async throws {
        try await withGuest(GuestPlan()) { guest in
            let events = try await host.events()
            try await lab.run("stop-libvirtd", "A", "TERM")
            for await event in events where event == .eventsLost { Issue.record("nothing was lost") }
            await #expect(throws: HypervisorError.self) { try await host.domain(guest.uuid) }
            try await lab.run("start-libvirtd", "A")
            #expect(try await host.domain(guest.uuid)?.state == .running)
        }
    }

    /// Only keepalive tells a daemon that has nothing to say from one that can no longer say anything.
    @Test func frozenDaemonIsGivenUpByKeepalive() async throws {
        var options = Libvirt.Options()
        options.keepaliveIntervalSeconds = 1
        options.keepaliveCount = 2
        let libvirt = try Libvirt(options: options)
        let host = libvirt.host(fixture.source.uri)
        let events = try await host.events()
        let daemon = try await lab.run("exec", "A", "pgrep", "-x", "libvirtd").filter(\.isNumber)
        try await lab.run("exec", "A", "kill", "-STOP", daemon)
        // A call that only its own deadline ended would say so.
        let result = await outcome { () async throws(HypervisorError) in try await host.domains() }
        try await lab.run("exec", "A", "kill", "-CONT", daemon)
        expect(result, failsWith: .connectionLost)
        for await event in events { Issue.record("nothing happened, yet: \(event)") }
        let answer = try await host.domains()
        #expect(!answer.isEmpty)
        await libvirt.shutDown()
        try await fixture.tearDown()
    }

    @Test func lostConnectionsLeaveNoDescriptorsBehind() async throws {
        func descriptors() throws -> Int {
            let directory = try #require(opendir("/proc/self/fd"))
            defer { closedir(directory) }
            var count = 0
            while readdir(directory) != nil { count += 1 }
            return count
        }
        /// A hypervisor's life.
        func live(restarts: Int) async throws {
            let libvirt = try Libvirt()
            let host = libvirt.host(fixture.source.uri)
            _ = try await host.identity()
            for _ in 0..<restarts {
                try await lab.run("stop-libvirtd", "A", "KILL")
                try await lab.run("start-libvirtd", "A")
                try await eventually("an answer") { await outcome(host.identity).isSuccess }
            }
            await libvirt.shutDown()
        }
        try await live(restarts: 0)
        let before = try descriptors()
        try await live(restarts: 3)
        // What this test itself has open, its programs' pipes, is closed by others, a little later.
        try await eventually("no more descriptors than before") { try descriptors() <= before }
        try await fixture.tearDown()
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
