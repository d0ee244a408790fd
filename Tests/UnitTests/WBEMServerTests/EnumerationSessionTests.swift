import CIM
import CIMXML
import Testing
import WBEMServer

@Suite struct EnumerationSessionTests {
    private let claim = EnumerationSessions.Claim(namespace: World.here, caller: Caller(userID: 1))

    private func open(
        _ world: World, _ claim: EnumerationSessions.Claim? = nil, timeout: Duration? = nil, count: Int = 0
    ) async throws -> EnumerationSessions.Portion {
        let results = try await world.manager.enumerateInstances(of: "W_Many", in: World.here)
        return try await world.sessions.open(
            results, .instancesWithPath, claim ?? self.claim, timeout: timeout, count: count)
    }

    @Test func aSequenceIsPulledToItsEnd() async throws {
        let world = try World(many: 5)
        let first = try await open(world, count: 2)
        #expect(first.objects.count == 2)
        let context = try #require(first.context)
        #expect(try world.sessions.remaining(context, claim) == 3)
        let second = try await world.sessions.pull(context, .instancesWithPath, claim, count: 0)
        #expect(second.objects.isEmpty && second.context == context)
        let third = try await world.sessions.pull(context, .instancesWithPath, claim, count: 3)
        #expect(third.objects.map { $0.instance["Number"] } == [.uint32(2), .uint32(3), .uint32(4)])
        #expect(third.context == nil)
        #expect(world.sessions.count == 0)
        await #expect(throws: CIMError(.invalidEnumerationContext, "")) {
            try await world.sessions.pull(context, .instancesWithPath, claim, count: 1)
        }
    }

    @Test func whatFitsTheOpenNeedsNoSession() async throws {
        let world = try World(many: 5)
        #expect(try await open(world, count: 5).context == nil)
        #expect(try await open(try World(many: 0)).context == nil)
        #expect(world.sessions.count == 0)
    }

    @Test func oneAnswerIsBounded() async throws {
        let world = try World(many: 50, limits: .init(objectsAtOnce: 10))
        #expect(try await open(world, count: 50).objects.count == 10)
    }

    @Test func aSessionExpiresWithoutARequestAndIsKeptByEach() async throws {
        let world = try World()
        let context = try #require(try await open(world, timeout: .seconds(10)).context)
        world.clock.value = .seconds(9)
        _ = try await world.sessions.pull(context, .instancesWithPath, claim, count: 0)
        world.clock.value = .seconds(18)
        world.sessions.sweep()
        #expect(world.sessions.count == 1)
        world.clock.value = .seconds(19)
        #expect(throws: CIMError(.invalidEnumerationContext, "")) { try world.sessions.close(context, claim) }
        _ = try await open(world, timeout: .seconds(10))
        world.clock.value = .seconds(29)
        world.sessions.sweep()
        #expect(world.sessions.count == 0)
    }

    @Test(arguments: [Duration.zero, .seconds(3601)])
    func timeoutsHaveTheirRange(timeout: Duration) async throws {
        let world = try World()
        await #expect(throws: CIMError(.invalidOperationTimeout, "")) { try await open(world, timeout: timeout) }
        #expect(world.sessions.count == 0)
    }

    @Test func aSessionAnswersItsOwnerInItsNamespaceByItsOwnPull() async throws {
        let world = try World()
        let context = try #require(try await open(world).context)
        for other in [
            EnumerationSessions.Claim(namespace: World.there, caller: Caller(userID: 1)),
            EnumerationSessions.Claim(namespace: World.here, caller: Caller(userID: 2)),
            EnumerationSessions.Claim(namespace: World.here, caller: Caller()),
        ] {
            await #expect(throws: CIMError(.invalidEnumerationContext, "")) {
                try await world.sessions.pull(context, .instancesWithPath, other, count: 1)
            }
            #expect(throws: CIMError(.invalidEnumerationContext, "")) { try world.sessions.close(context, other) }
        }
        await #expect(throws: CIMError(.invalidEnumerationContext, "")) {
            try await world.sessions.pull(context, .instancePaths, claim, count: 1)
        }
        #expect(try await world.sessions.pull(context, .instancesWithPath, claim, count: 1).objects.count == 1)
    }

    @Test func sessionsAreBoundedPerUserAndInAll() async throws {
        let world = try World(limits: .init(total: 3, perUser: 2))
        let other = EnumerationSessions.Claim(namespace: World.here, caller: Caller(userID: 2))
        let context = try #require(try await open(world).context)
        _ = try await open(world)
        await #expect(throws: CIMError(.serverLimitsExceeded, "")) { try await open(world) }
        _ = try await open(world, other)
        await #expect(throws: CIMError(.serverLimitsExceeded, "")) { try await open(world, other) }
        try world.sessions.close(context, claim)
        _ = try await open(world)
        world.clock.value = .seconds(4000)
        _ = try await open(world)
        #expect(world.sessions.count == 1)
    }

    @Test func anErrorEndsTheSession() async throws {
        let world = try World(many: 5, failing: 3)
        let context = try #require(try await open(world, count: 1).context)
        await #expect(throws: CIMError(.failed, "")) {
            try await world.sessions.pull(context, .instancesWithPath, claim, count: 4)
        }
        #expect(world.sessions.count == 0)
    }

    /// A provider that waits inside a Pull until it is told to go on.
    private struct Gate: InstanceProvider {
        let declaration = ProviderDeclaration(className: "W_Box", properties: [BoxProvider.name])
        let arrived = AsyncStream.makeStream(of: Void.self)
        let opened = AsyncStream.makeStream(of: Void.self)

        func instances() async throws(CIMError) -> InstanceList { [] }

        func instance(at path: CIMObjectPath) async throws(CIMError) -> CIMInstance? {
            arrived.continuation.yield()
            for await _ in opened.stream { break }
            return CIMInstance(className: "W_Box", properties: [CIMPropertyValue("Name", .string("a"))])
        }
    }

    @Test func aPullThatIsUnderWayIsTheOnlyOneAndMayBeAbandoned() async throws {
        let world = try World()
        let gate = Gate()
        let links = LinkProvider(
            "W_Link", [("Left", World.box("x")), ("Right", World.box("a"))],
            [("Left", World.box("x")), ("Right", World.box("b"))])
        let served = try ServedNamespace(
            name: World.here, repository: try WorldSchema.repository(), providers: [gate, links])
        let sessions = world.sessions
        let manager = ObjectManager(
            namespaces: [served], hostName: "h0", embedded: Face.embedded, enumerations: sessions,
            logger: .init(label: "quiet"))
        let results = try await manager.associators(of: World.box("x"), in: World.here, AssociationQuery())
        gate.opened.continuation.yield()
        let opened = try await sessions.open(results, .instancesWithPath, claim, timeout: nil, count: 0)
        let context = try #require(opened.context)
        // The first end is read ahead; the Pull that takes it waits for the second.
        var arrivals = gate.arrived.stream.makeAsyncIterator()
        _ = await arrivals.next()
        let pulling = Task { try await sessions.pull(context, .instancesWithPath, claim, count: 1) }
        _ = await arrivals.next()
        await #expect(throws: CIMError(.invalidEnumerationContext, "")) {
            try await sessions.pull(context, .instancesWithPath, claim, count: 1)
        }
        #expect(try sessions.remaining(context, claim) == nil)
        world.clock.value = .seconds(4000)
        sessions.sweep()
        try sessions.close(context, claim)
        gate.opened.continuation.yield()
        await #expect(throws: CIMError(.pullHasBeenAbandoned, "")) { try await pulling.value }
    }
}

@Suite struct PullOnTheWireTests {
    private func number(_ name: String, _ value: String) -> String { Sent.flag(name, value) }

    private func result(_ face: CIMXMLFace, _ operation: String, _ parameters: String) async throws -> IntrinsicResult {
        guard case .intrinsic(let result) = try await face.reply(to: Sent.intrinsic(operation, parameters)).reply else {
            throw CIMError(.failed, "no intrinsic answer")
        }
        return try result.get()
    }

    private func output(_ result: IntrinsicResult, _ name: CIMName) throws -> CIMValue? {
        try result.outParameters.first { $0.name == name }?.content.value()
    }

    private static let box =
        #"<IPARAMVALUE NAME="InstanceName"><INSTANCENAME CLASSNAME="W_Box"><KEYBINDING NAME="Name"><KEYVALUE>a</KEYVALUE>"#
        + "</KEYBINDING></INSTANCENAME></IPARAMVALUE>"

    @Test(arguments: [
        ("OpenEnumerateInstances", Sent.className("W_Many"), "PullInstancesWithPath", "VALUE.INSTANCEWITHPATH", 5),
        ("OpenEnumerateInstancePaths", Sent.className("W_Many"), "PullInstancePaths", "INSTANCEPATH", 5),
        ("OpenReferenceInstances", box, "PullInstancesWithPath", "VALUE.INSTANCEWITHPATH", 4),
        ("OpenReferenceInstancePaths", box, "PullInstancePaths", "INSTANCEPATH", 4),
        ("OpenAssociatorInstances", box, "PullInstancesWithPath", "VALUE.INSTANCEWITHPATH", 3),
        ("OpenAssociatorInstancePaths", box, "PullInstancePaths", "INSTANCEPATH", 3),
        (
            "OpenQueryInstances",
            Sent.flag("FilterQueryLanguage", "WQL") + Sent.flag("FilterQuery", "SELECT * FROM W_Many"), "PullInstances",
            "INSTANCE", 5
        ),
    ])
    func everyOpenIsPulledAsTheStandardSays(
        open: String, parameters: String, pull: String, element: String, count: Int
    ) async throws {
        let face = try World().face
        let opened = try await result(face, open, parameters + number("MaxObjectCount", "1"))
        #expect(opened.returnValue?.count == 1)
        #expect(try output(opened, "EndOfSequence") == .boolean(false))
        let context = try #require(try output(opened, "EnumerationContext")?.stringValue)
        let names = Sent.flag("EnumerationContext", context)
        let rest = try await result(face, pull, names + number("MaxObjectCount", "100"))
        #expect(rest.returnValue?.count == count - 1)
        for item in (opened.returnValue ?? []) + (rest.returnValue ?? []) { #expect(item.elementName == element) }
        #expect(try output(rest, "EndOfSequence") == .boolean(true))
        #expect(rest.outParameters.count == 1)
    }

    @Test(
        arguments: [
            (number0, .invalidOperationTimeout),
            (Sent.flag("ContinueOnError", "TRUE"), .continuationOnErrorNotSupported),
            (Sent.flag("MaxObjectCount", "-1"), .invalidParameter),
            (Sent.flag("MaxObjectCount", "x"), .invalidParameter),
            (Sent.flag("FilterQuery", "Number = 1"), .invalidParameter),
            (Sent.flag("FilterQueryLanguage", "DMTF:FQL"), .invalidParameter),
            (filter("X", "Number = 1"), .queryLanguageNotSupported), (filter("DMTF:FQL", "Number ="), .invalidQuery),
            (filter("DMTF:FQL", "Nothing = 1"), .invalidQuery),
            (filter("DMTF:FQL", "ANY Tags = 1"), .queryFeatureNotSupported), (Sent.flag("Odd", "1"), .invalidParameter),
        ] as [(String, CIMStatusCode)])
    func eachFaultOfAnOpenHasItsStatus(parameters: String, status: CIMStatusCode) async throws {
        let fault = try await World().face.fault(
            Sent.intrinsic("OpenEnumerateInstances", Sent.className("W_Many") + parameters))
        #expect(fault?.code == status, "\(parameters): \(String(describing: fault))")
    }

    private static let number0 = Sent.flag("OperationTimeout", "0")
    private static func filter(_ language: String, _ query: String) -> String {
        Sent.flag("FilterQueryLanguage", language) + Sent.flag("FilterQuery", query)
    }

    @Test func otherFaultsHaveTheirStatus() async throws {
        let face = try World().face
        let cases: [(String, String, CIMStatusCode)] = [
            ("OpenEnumerateInstances", Sent.className("No_Such"), .invalidClass),
            ("OpenEnumerateInstances", "", .invalidParameter),
            (
                "OpenReferenceInstances", Self.box.replacing(">a<", with: ">gone<"), .notFound
            ),
            (
                "OpenAssociatorInstances", Self.box + Self.filter("DMTF:FQL", "Name = 'x'"),
                .filteredEnumerationNotSupported
            ),
            ("PullInstancesWithPath", Sent.flag("MaxObjectCount", "1"), .invalidParameter),
            ("PullInstancesWithPath", Sent.flag("EnumerationContext", "x"), .invalidParameter),
            (
                "PullInstances", Sent.flag("EnumerationContext", "x") + Sent.flag("MaxObjectCount", "1"),
                .invalidEnumerationContext
            ),
            ("CloseEnumeration", Sent.flag("EnumerationContext", "x"), .invalidEnumerationContext),
            ("CloseEnumeration", "", .invalidParameter),
            ("EnumerationCount", Sent.flag("EnumerationContext", "x"), .invalidEnumerationContext),
            ("OpenQueryInstances", Sent.flag("FilterQueryLanguage", "WQL"), .invalidParameter),
            ("OpenQueryInstances", Self.filter("DMTF:FQL", "x"), .queryLanguageNotSupported),
        ]
        for (operation, parameters, status) in cases {
            let fault = try await face.fault(Sent.intrinsic(operation, parameters))
            #expect(fault?.code == status, "\(operation) \(String(describing: fault))")
        }
    }

    @Test func filtersAreHeldAgainstWholeInstances() async throws {
        let face = try World(many: 20).face
        let parameters =
            Sent.className("W_Many") + Self.filter("DMTF:FQL", "Number >= 15 AND NOT Number = 17")
            + number("MaxObjectCount", "100")
            + #"<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY><VALUE>Text</VALUE></VALUE.ARRAY></IPARAMVALUE>"#
        let found = try await result(face, "OpenEnumerateInstances", parameters)
        #expect(found.returnValue?.count == 4)
    }

    @Test func aQueryAnswersTheClassOfItsResults() async throws {
        let found = try await result(
            try World().face, "OpenQueryInstances",
            Self.filter("WQL", "SELECT Text FROM W_Many WHERE 2 &gt; Number")
                + Sent.flag("ReturnQueryResultClass", "TRUE")
                + number("MaxObjectCount", "9"))
        #expect(found.returnValue?.count == 2)
        guard
            case .class(let answered) = found.outParameters.first(where: { $0.name == "QueryResultClass" })?.content
                .item
        else {
            Issue.record("\(found.outParameters)")
            return
        }
        #expect(answered.properties.map(\.name) == ["Text"])
    }

    @Test func closingEndsTheSequence() async throws {
        let face = try World().face
        let opened = try await result(face, "OpenEnumerateInstances", Sent.className("W_Many"))
        let context = Sent.flag(
            "EnumerationContext", try #require(try output(opened, "EnumerationContext")?.stringValue))
        #expect(try await result(face, "EnumerationCount", context).returnValue == [.value("5")])
        #expect(try await result(face, "CloseEnumeration", context).returnValue == nil)
        #expect(try await face.fault(Sent.intrinsic("CloseEnumeration", context))?.code == .invalidEnumerationContext)
    }
}
