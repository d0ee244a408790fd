import CIM
import CIMXML
import Testing
import WBEMServer

@Suite struct AssociationTests {
    private func names(_ world: World, _ box: String, _ query: AssociationQuery = AssociationQuery()) async throws
        -> [String]
    {
        try await world.manager.associatorNames(of: World.box(box), in: World.here, query)
            .compactMap { $0["Name"]?.stringValue }.sorted()
    }

    private func links(_ world: World, _ box: String, _ query: AssociationQuery = AssociationQuery()) async throws
        -> [String]
    {
        try await world.manager.references(to: World.box(box), in: World.here, query).all()
            .map(\.instance.className.text).sorted()
    }

    @Test func associatorsAreTheOtherEndsEachOnce() async throws {
        let world = try World()
        #expect(try await names(world, "a") == ["b", "big", "far"])
        #expect(try await names(world, "b") == ["a"])
        #expect(try await names(world, "big") == ["a"])
    }

    @Test(
        arguments: [
            (AssociationQuery(associationClass: "W_SpecialLink"), ["b"]),
            (AssociationQuery(associationClass: "w_link"), ["b", "big"]),
            (AssociationQuery(resultClass: "W_BigBox"), ["big"]),
            (AssociationQuery(resultClass: "W_Element"), ["b", "big", "far"]),
            (AssociationQuery(role: "left"), ["b", "big"]), (AssociationQuery(role: "Right"), ["b"]),
            (AssociationQuery(resultRole: "RIGHT"), ["b", "big"]), (AssociationQuery(resultRole: "Left"), ["b"]),
            (AssociationQuery(role: "Left", resultRole: "Left"), []), (AssociationQuery(role: "Nothing"), []),
            (AssociationQuery(resultClass: "W_Many"), []),
        ] as [(AssociationQuery, [String])])
    func aQueryNarrowsAssociators(query: AssociationQuery, expected: [String]) async throws {
        #expect(try await names(try World(), "a", query) == expected)
    }

    @Test(
        arguments: [
            (AssociationQuery(), ["W_Across", "W_Link", "W_Link", "W_SpecialLink"]),
            (AssociationQuery(resultClass: "W_Link"), ["W_Link", "W_Link", "W_SpecialLink"]),
            (AssociationQuery(resultClass: "W_SpecialLink"), ["W_SpecialLink"]),
            (AssociationQuery(role: "Left"), ["W_Link", "W_Link"]),
            (AssociationQuery(resultClass: "W_Link", role: "Right"), ["W_SpecialLink"]),
        ] as [(AssociationQuery, [String])])
    func aQueryNarrowsReferences(query: AssociationQuery, expected: [String]) async throws {
        #expect(try await links(try World(), "a", query) == expected)
    }

    @Test func associationsLeadIntoOtherNamespaces() async throws {
        let world = try World()
        let found = try await world.manager.associators(
            of: World.box("a"), in: World.here, AssociationQuery(associationClass: "W_Across")
        ).all()
        #expect(found.map(\.path.namespace) == [World.there])
        #expect(found.first?.instance["Size"] == .uint32(4))
    }

    @Test func anEndThatIsGoneHasAPathAndNoInstance() async throws {
        let world = try World()
        try await world.manager.deleteInstance(World.box("b"), in: World.here, by: Caller())
        #expect(try await names(world, "a") == ["b", "big", "far"])
        let found = try await world.manager.associators(of: World.box("a"), in: World.here, AssociationQuery()).all()
        #expect(found.count == 2)
    }

    @Test func anObjectThatIsNotThereHasNoAssociationsOrIsNotFound() async throws {
        let world = try World()
        let gone = World.box("gone")
        #expect(try await world.manager.associators(of: gone, in: World.here, AssociationQuery()).all().isEmpty)
        await #expect(throws: CIMError(.notFound, "")) {
            try await world.manager.references(to: gone, in: World.here, AssociationQuery(), missing: .isNotFound)
        }
    }

    @Test func unknownClassesAreInvalidParameters() async throws {
        let world = try World()
        var stranger = World.box("a")
        stranger.className = "No_Such"
        for (object, query) in [
            (World.box("a"), AssociationQuery(associationClass: "No_Such")),
            (World.box("a"), AssociationQuery(resultClass: "No_Such")), (stranger, AssociationQuery()),
        ] {
            await #expect(throws: CIMError(.invalidParameter, "")) {
                try await world.manager.associatorNames(of: object, in: World.here, query)
            }
        }
        #expect(throws: CIMError(.invalidParameter, "")) {
            try world.manager.classReferences(to: "No_Such", in: World.here, AssociationQuery())
        }
    }

    @Test func classesAreAssociatedAsTheSchemaDeclares() throws {
        let manager = try World().manager
        func references(_ name: CIMName, _ query: AssociationQuery = AssociationQuery()) throws -> [CIMName] {
            try manager.classReferences(to: name, in: World.here, query).map(\.name)
        }
        func associators(_ name: CIMName, _ query: AssociationQuery = AssociationQuery()) throws -> [CIMName] {
            try manager.classAssociators(of: name, in: World.here, query).map(\.name)
        }
        #expect(try references("W_BigBox") == ["W_Link", "W_SpecialLink", "W_Across"])
        #expect(try references("W_Element", AssociationQuery(role: "Right")) == [])
        #expect(try references("W_Box", AssociationQuery(resultClass: "W_SpecialLink")) == ["W_SpecialLink"])
        #expect(try references("W_Many") == [])
        #expect(try associators("W_BigBox") == ["W_Element", "W_Box"])
        #expect(try associators("W_Element") == ["W_Box"])
        #expect(try associators("W_Box", AssociationQuery(resultClass: "W_Box")) == ["W_Box"])
        #expect(
            try associators("W_Box", AssociationQuery(associationClass: "W_Across", resultRole: "Here")) == [
                "W_Element"
            ])
    }

    // MARK: On the wire

    private func objectName(_ element: String) -> String {
        #"<IPARAMVALUE NAME="ObjectName">\#(element)</IPARAMVALUE>"#
    }
    private let boxA =
        #"<INSTANCENAME CLASSNAME="w_box"><KEYBINDING NAME="name"><KEYVALUE>a</KEYVALUE></KEYBINDING></INSTANCENAME>"#

    @Test func answersHoldObjectsWithFullPaths() async throws {
        let face = try World().face
        for item in try await face.items(Sent.intrinsic("Associators", objectName(boxA))) {
            guard case .objectWithPath(let path, .instance(let instance)) = item else {
                Issue.record("\(item)")
                continue
            }
            #expect(path.host == "h0")
            #expect(path.namespace != nil)
            #expect(instance.className == path.className)
        }
        let names = try await face.items(Sent.intrinsic("ReferenceNames", objectName(boxA)))
        #expect(names.count == 4)
        guard case .objectPath(let path) = names.first else {
            Issue.record("\(names)")
            return
        }
        #expect(path["Left"]?.referenceValue?["Name"] == .string("a"))
    }

    @Test func classesAreAnsweredWithTheirPaths() async throws {
        let face = try World().face
        let source = objectName(#"<CLASSNAME NAME="W_Box"/>"#)
        let plain = try await face.items(Sent.intrinsic("References", source))
        guard case .objectWithPath(let path, .class(let found)) = plain.first else {
            Issue.record("\(plain)")
            return
        }
        #expect(path.isClassPath && path.host == "h0" && path.namespace == World.here)
        #expect(found.qualifiers.isEmpty && found.properties.count == 3)
        let list = #"<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY><VALUE>Rank</VALUE></VALUE.ARRAY></IPARAMVALUE>"#
        let full = try await face.items(
            Sent.intrinsic("References", source + Sent.flag("IncludeQualifiers", "TRUE") + list))
        guard case .objectWithPath(_, .class(let whole)) = full.first else {
            Issue.record("\(full)")
            return
        }
        #expect(whole.isAssociation && whole.properties.map(\.name) == ["Rank"])
        #expect(try await face.items(Sent.intrinsic("AssociatorNames", source)).count == 2)
    }

    @Test(arguments: [
        ("Associators", ""), ("Associators", #"<IPARAMVALUE NAME="ObjectName"><VALUE>x</VALUE></IPARAMVALUE>"#),
        ("References", #"<IPARAMVALUE NAME="AssocClass"><CLASSNAME NAME="W_Link"/></IPARAMVALUE>"#),
        ("ReferenceNames", #"<IPARAMVALUE NAME="Role"><VALUE>not a name</VALUE></IPARAMVALUE>"#),
        ("AssociatorNames", Sent.flag("IncludeQualifiers", "TRUE")),
    ])
    func parametersThatAreNoneAreRefused(operation: String, parameters: String) async throws {
        let face = try World().face
        let source = parameters.contains("ObjectName") || parameters.isEmpty ? "" : objectName(boxA)
        #expect(try await face.fault(Sent.intrinsic(operation, source + parameters))?.code == .invalidParameter)
    }
}
