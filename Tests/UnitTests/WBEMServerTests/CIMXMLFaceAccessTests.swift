import CIM
import HTTPTransport
import Testing

@testable import WBEMServer

/// What each level gets through the face, and what is written down of it.
@Suite struct CIMXMLFaceAccessTests {
    private static let move = Sent.method("Move", Sent.guest + Sent.host)
    private static let read = Sent.intrinsic("EnumerateInstances", Sent.className("VM_Guest"))

    private func codes(_ level: AccessLevel?, _ requests: [HTTPRequest]) async throws -> [CIMStatusCode?] {
        let face = try Face.make(access: .level(level))
        var codes: [CIMStatusCode?] = []
        for request in requests { codes.append(try await face.fault(request)?.code) }
        return codes
    }

    @Test func whoHasNoLevelLearnsNothing() async throws {
        let requests = [
            Self.read, Self.move, Sent.intrinsic("EnumerateInstances", Sent.className("No_Such")),
            Sent.intrinsic("GetClass", ""), Sent.intrinsic("NoSuchOperation", ""), Sent.method("NoSuchMethod", ""),
            Sent.method("Ping", ""), Sent.intrinsic("DeleteClass", Sent.className("VM_Guest")),
        ]
        let face = try Face.make(access: .level(nil))
        var messages: Set<String> = []
        for request in requests {
            let fault = try #require(try await face.fault(request))
            #expect(fault.code == .accessDenied)
            messages.insert(fault.message)
        }
        #expect(messages.count == 1)
    }

    @Test func anObserverReadsAndIsToldWhatIsNotThere() async throws {
        let found = try await codes(
            .observer,
            [
                Self.read, Sent.intrinsic("EnumerateInstances", Sent.className("No_Such")), Sent.method("Ping", ""),
                Sent.method("NoSuchMethod", ""), Sent.method("Declared", ""), Self.move,
                Sent.intrinsic("DeleteInstance", ""), Sent.intrinsic("NoSuchOperation", ""),
            ])
        #expect(
            found == [
                nil, .invalidClass, nil, .methodNotFound, .methodNotAvailable, .accessDenied, .accessDenied,
                .notSupported,
            ])
    }

    @Test(arguments: AccessLevel.allCases)
    func aMethodNeedsWhatItsProviderDeclares(_ level: AccessLevel) async throws {
        #expect(try await codes(level, [Self.move]) == [level >= .operator ? nil : .accessDenied])
    }

    /// A class says what its instances' changes need; where it has subclasses, the highest of them all counts.
    @Test(arguments: [
        ("VM_SpecialGuest", AccessLevel.operator), ("VM_Guest", .admin), ("VM_Setting", .admin), ("No_Such", .admin),
    ])
    func aChangeNeedsWhatTheClassDeclares(_ className: String, _ needed: AccessLevel) async throws {
        let path = "<IPARAMVALUE NAME=\"InstanceName\">\(Sent.instanceName(className, name: "vm2"))</IPARAMVALUE>"
        let request = Sent.intrinsic("DeleteInstance", path)
        for level in AccessLevel.allCases {
            let code = try await Face.make(access: .level(level)).fault(request)?.code
            #expect((code == .accessDenied) == (level < needed))
        }
    }

    @Test func supplementaryGroupsCount() async throws {
        let audit = KeptAudit()
        let access = AccessControl(
            policy: AccessPolicy(grants: [.operator: AccessPolicy.Grant(groups: [27])], ownUser: 7),
            checks: CheckLimits(perMinute: 1, atOnce: 1), log: audit, clocks: AccessControl.Clocks(wallClock: { 0 }))
        let face = try Face.make(access: access)
        var request = Self.move
        #expect(try await face.fault(request)?.code == .accessDenied)
        request.peer.supplementaryGroupIDs = [5, 27, 100]
        #expect(try await face.fault(request) == nil)
        #expect(audit.records.map(\.caller.groupIDs) == [[100], [100, 5, 27]])
    }

    @Test func rolesChangeBetweenTwoRequestsOfAConnection() async throws {
        let access = AccessControl.level(.observer)
        let face = try Face.make(access: access)
        #expect(try await face.fault(Self.move)?.code == .accessDenied)
        access.change(
            policy: AccessPolicy(grants: [.operator: AccessPolicy.Grant(users: [1000])], ownUser: 7),
            checks: CheckLimits(perMinute: 1, atOnce: 1))
        #expect(try await face.fault(Self.move) == nil)
        access.change(policy: AccessPolicy(ownUser: 7), checks: CheckLimits(perMinute: 1, atOnce: 1))
        #expect(try await face.fault(Self.read)?.code == .accessDenied)
    }

    // MARK: Checks

    private static let check = Sent.method("Probe", "")

    @Test func aCheckersChecksAreCounted() async throws {
        let clock = SetClock()
        let face = try Face.make(access: .level(.checker, clock: clock))
        #expect(try await face.fault(Self.check) == nil)
        #expect(try await face.fault(Self.check) == nil)
        #expect(try await face.fault(Self.check)?.code == .serverLimitsExceeded)
        #expect(try await face.fault(Self.read) == nil)
        clock.advance(by: .seconds(31))
        #expect(try await face.fault(Self.check) == nil)
        // Those under way are counted down again.
        let single = try Face.make(access: .level(.checker, checks: CheckLimits(perMinute: 100, atOnce: 1)))
        for _ in 0..<3 { #expect(try await single.fault(Self.check) == nil) }
    }

    @Test(arguments: [AccessLevel.operator, .admin])
    func othersChecksAreNot(_ level: AccessLevel) async throws {
        let face = try Face.make(access: .level(level))
        for _ in 0..<5 { #expect(try await face.fault(Self.check) == nil) }
    }

    // MARK: The audit log

    @Test func methodsChangesAndRefusalsAreWrittenDown() async throws {
        let audit = KeptAudit()
        let face = try Face.make(access: .level(.operator, audit: audit))
        _ = try await face.fault(Self.read)
        #expect(audit.records.isEmpty)
        _ = try await face.fault(Self.move)
        _ = try await face.fault(Sent.method("NoSuchMethod", ""))
        _ = try await face.fault(Sent.intrinsic("DeleteInstance", ""))
        let records = audit.records
        #expect(records.map(\.operation) == ["Move", "NoSuchMethod", "DeleteInstance"])
        #expect(records[0].object == Sent.serviceName)
        #expect(records[0].namespace == "root/virt")
        #expect(records[0].messageID == "m7")
        #expect(records[0].level == .operator)
        #expect(records[0].caller == Caller(userID: 1000, groupIDs: [100], processID: 42))
        #expect(records[0].parameters.map(\.name) == ["Guest", "Host"])
        #expect(records[0].parameters[1].text == "h2")
        guard case .done("4096", .some(let job)) = records[0].outcome else {
            Issue.record("\(records[0].outcome)")
            return
        }
        #expect(job.hasSuffix(#"VM_Guest.Name="vm1",Number=7"#))
        guard case .failed(.methodNotFound, _) = records[1].outcome,
            case .refused(.accessDenied, _) = records[2].outcome
        else {
            Issue.record("\(records)")
            return
        }
    }

    @Test func whatIsNoCallIsWrittenDownToo() async throws {
        let audit = KeptAudit()
        let face = try Face.make(access: .level(.observer, audit: audit))
        let mismatch = Sent.intrinsic(
            "EnumerateInstances", Sent.className("VM_Guest"), replacing: ["CIMMethod": "GetClass\u{1B}"])
        #expect(await face.respond(to: mismatch).status == 400)
        #expect(await face.respond(to: HTTPRequest(method: "GET", path: "/", peer: Sent.peer)).status == 405)
        #expect(audit.records.map(\.operation) == ["GetClass\u{1B}", "GET"])
        guard case .unreadable(400, "header-mismatch", _) = audit.records[0].outcome,
            case .unreadable(405, nil, _) = audit.records[1].outcome
        else {
            Issue.record("\(audit.records)")
            return
        }
    }

    @Test func aStrangersLargeRequestIsNotRead() async throws {
        var large = Self.read
        large.body += [UInt8](repeating: UInt8(ascii: " "), count: 33 << 10)
        #expect(try await Face.make(access: .level(nil)).respond(to: large).status == 403)
        #expect(try await Face.make(access: .level(.observer)).respond(to: large).status == 200)
    }

    @Test func strangersCannotFillTheDisk() async throws {
        let audit = KeptAudit()
        let face = try Face.make(access: .level(nil, audit: audit))
        for _ in 0..<70 { _ = try await face.fault(Self.read) }
        #expect(audit.records.count == 60)
        #expect(audit.omitted == 10)
        let known = KeptAudit()
        let other = try Face.make(access: .level(.observer, audit: known))
        for _ in 0..<70 { _ = try await other.fault(Self.move) }
        #expect(known.records.count == 60)
        let trusted = KeptAudit()
        let third = try Face.make(access: .level(.operator, audit: trusted))
        for _ in 0..<70 { _ = try await third.fault(Sent.intrinsic("DeleteClass", Sent.className("VM_Guest"))) }
        #expect(trusted.records.count == 70)
    }
}
