import HypervisorAPI
import Testing

@testable import LibvirtHypervisor

struct LibvirtTablesTests {
    @Test func everyLibvirtErrorNumberHasItsCode() {
        for number in 1..<ErrorCodes.end where ErrorCodes.code(number: number) == nil {
            Issue.record("libvirt's error \(number) has no code")
        }
        #expect(ErrorCodes.code(number: 0, message: "") == .other)
        #expect(ErrorCodes.code(number: 9999, message: "") == .other)
        #expect(ErrorCodes.code(number: -1, message: "") == .other)
    }

    @Test(arguments: [
        (42, "Domain not found", HypervisorError.Code.noSuchDomain),
        (78, "operation aborted: job 'migration out' canceled by client", .operationAborted),
        (9, "operation failed: domain 'x' already exists with uuid 1", .domainExists),
        (55, "Requested operation is not valid: domain 'x' is already active", .domainExists),
        (55, "Requested operation is not valid: domain is not running", .domainNotRunning),
        (9, "operation failed: domain is not running", .domainNotRunning),
        (55, "Requested operation is not valid: no job is active on the domain", .operationInvalid),
        (9, "operation failed: guest CPU doesn't match specification: missing features: smap", .cpuIncompatible),
        (81, "Unsafe migration: Migration without shared storage is unsafe", .migrationUnsafe),
        (68, "Timed out during operation: cannot acquire state change lock", .operationTimeout),
        (38, "unable to connect to server at '10.0.0.1:16509': Connection refused", .connectionFailed),
        (38, "Unable to resolve address 'nowhere' service '16509': Name or service not known", .connectionFailed),
        (90, "storage volume 'x.img' exists already", .volumeExists),
        (55, "Requested operation is not valid: volume target path '/p/x.img' already exists", .volumeExists),
        (38, "Cannot access storage file '/x': No such file or directory", .operationFailed),
        (69, "Failed to save", .other),
    ])
    func messageRefinesTheNumber(number: Int32, message: String, code: HypervisorError.Code) {
        #expect(ErrorCodes.code(number: number, message: message) == code)
    }

    private func live(persistent: Bool, unsafe: Bool, copied: [String] = []) -> Transfer {
        .live(
            LiveTransfer(
                peerURI: "qemu+tcp://b/system", isPersistent: persistent, allowsUnsafeDisks: unsafe,
                copiedDisks: copied))
    }

    /// The numbers are libvirt's published ABI (`virDomainMigrateFlags`).
    @Test func transferHasExactlyTheFlagsOfItsKind() {
        let (live1, p2p, persist, undefine, copy, unsafe, offline, abort):
            (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) =
                (1, 2, 8, 16, 64, 512, 1024, 4096)
        #expect(TransferFlags.flags(for: live(persistent: false, unsafe: false)) == live1 | p2p | abort)
        #expect(
            TransferFlags.flags(for: live(persistent: true, unsafe: false)) == live1 | p2p | abort | persist | undefine)
        #expect(
            TransferFlags.flags(for: live(persistent: true, unsafe: true))
                == live1 | p2p | abort | persist | undefine | unsafe)
        #expect(
            TransferFlags.flags(for: live(persistent: false, unsafe: false, copied: ["vda"]))
                == live1 | p2p | abort | copy)
        #expect(
            TransferFlags.flags(for: live(persistent: true, unsafe: true, copied: ["vda", "vdb"]))
                == live1 | p2p | abort | persist | undefine | unsafe | copy)
        #expect(
            TransferFlags.flags(for: .offline(OfflineTransfer(peerURI: "qemu+tcp://b/system")))
                == offline | p2p | persist | undefine)
    }

    @Test(arguments: [[], ["vda"], ["vda", "sdb"]])
    func everyCopiedDiskIsAParameterOfItsOwn(disks: [String]) throws {
        // Before it is initialized libvirt keeps its errors under a thread-local key that is another library's.
        try EventLoop.retain()
        defer { EventLoop.release() }
        let transfer = live(persistent: true, unsafe: false, copied: disks)
        guard let list = TransferFlags.parameters(for: transfer, nil) else {
            Issue.record("no memory")
            return
        }
        let parameters = UnsafeBufferPointer(start: list.start, count: Int(list.count))
        #expect(parameters.count == disks.count)
        let names = parameters.map { parameter in
            withUnsafeBytes(of: parameter.field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        #expect(names == disks.map { _ in "migrate_disks" })
        #expect(parameters.map { String(cString: $0.value.s) } == disks)
        // Until here: what it points to is freed with the list, after the list's last use.
        #expect(list.count == Int32(disks.count))
    }

    @Test func definitionLosesItsPasswordsAndNothingElse() throws {
        let plain = "<domain><devices><graphics type='vnc' port='1'/></devices></domain>"
        #expect(try withoutSecrets(plain) == plain)
        let secret = "<domain>\n <a b=\"c\">t</a><graphics passwd=\"geheim\" port=\"1\"><x/></graphics></domain>"
        let cleared = "<domain>\n <a b=\"c\">t</a><graphics port=\"1\"><x></x></graphics></domain>"
        #expect(try withoutSecrets(secret) == cleared)
    }

    @Test(arguments: [
        ("<disk><source file='/p/x.img'/></disk>", true),
        ("<disk><source dev='/p//x.img'/></disk>", true),
        ("<disk><source pool='own' volume='x.img'/></disk>", true),
        ("<disk><source pool='other' volume='x.img'/></disk>", false),
        ("<disk><source file='/p/x.image'/></disk>", false),
        (
            """
            <disk><source file='/p/y'/><backingStore><source file='/p/z'/><backingStore><source file='/p/x.img'/>\
            </backingStore></backingStore></disk>
            """, true
        ),
        ("<disk><source file='/p/y'/><mirror type='file'><source file='/p/x.img'/></mirror></disk>", true),
        ("<disk><source file='/p/y'/><mirror file='/p/x.img'/></disk>", true),
        ("<serial><source path='/p/x.img'/></serial><disk/>", false),
    ])
    func domainNamesAVolumeAnywhereInItsDisks(devices: String, isNamed: Bool) throws {
        let order = VolumeOrder(pool: "own", path: "/p/x.img", capacity: 1, format: "raw")
        #expect(try VolumeUse.names(xml: "<domain><devices>\(devices)</devices></domain>", order) == isNamed)
    }

    @Test(
        arguments: [
            ("raw", nil, 0, true), ("raw", nil, 512, false), ("qcow2", nil, 0, true), ("qcow2", 65536, 262_144, true),
            ("qcow2", nil, 262_144, true), ("qcow2", 65536, 262_145, false), ("qcow2", 4096, 200_000, false),
            ("qcow2", 2 << 20, 262_144, false), ("vmdk", nil, 0, true), ("vmdk", nil, 1, false), (nil, nil, 1, false),
        ] as [(String?, Int?, UInt64, Bool)])
    func volumeIsEmptyWhenOnlyItsFormatTakesRoom(
        format: String?, clusterSize: Int?, allocation: UInt64, isEmpty: Bool
    ) throws {
        let form = format.map { "<format type='\($0)'/>" } ?? ""
        let cluster = clusterSize.map { "<clusterSize unit='B'>\($0)</clusterSize>" } ?? ""
        let document = try VolumeDocument(xml: "<volume><target>\(form)\(cluster)</target></volume>")
        #expect(document.isEmpty(allocation: allocation) == isEmpty)
    }

    @Test func slowConsumerIsToldThatEventsWereLost() async throws {
        let hub = EventHub()
        let uuid = try #require(DomainUUID("12345678-1234-1234-1234-123456789abc"))
        let stream = hub.listen(buffer: 4)
        for _ in 0..<20 { hub.publish(.domain(uuid, name: "x", .started(migrated: false))) }
        hub.publish(.domain(uuid, name: "x", .crashed))
        hub.finish()
        var events: [HostEvent] = []
        for await event in stream { events.append(event) }
        #expect(events.count == 4)
        #expect(events.last == .eventsLost)
        #expect(events.contains(.domain(uuid, name: "x", .crashed)))
    }

    @Test func everyListenerGetsEveryEventInOrderAndLateOnesAnEndedStream() async throws {
        let hub = EventHub()
        let uuid = try #require(DomainUUID("12345678-1234-1234-1234-123456789abc"))
        let streams = [hub.listen(buffer: 16), hub.listen(buffer: 16)]
        let sent: [DomainEvent] = [.defined, .started(migrated: true), .suspended(migrated: true), .jobCompleted]
        for event in sent { hub.publish(.domain(uuid, name: "x", event)) }
        hub.finish()
        for stream in streams {
            var events: [HostEvent] = []
            for await event in stream { events.append(event) }
            #expect(events == sent.map { .domain(uuid, name: "x", $0) })
        }
        for await event in hub.listen(buffer: 16) { Issue.record("an event after the end: \(event)") }
    }
}
