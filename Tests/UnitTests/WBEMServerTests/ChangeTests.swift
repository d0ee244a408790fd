import CIM
import CIMXML
import Testing
import WBEMServer

@Suite struct ChangeTests {
    private let caller = Caller(userID: 1)

    private func box(_ properties: CIMPropertyValue...) -> CIMInstance {
        CIMInstance(className: "W_Box", properties: properties)
    }

    @Test func anInstanceIsCreatedWithTheDefaultsOfItsClass() async throws {
        let world = try World()
        let path = try await world.manager.createInstance(
            box(CIMPropertyValue("name", .string("new")), CIMPropertyValue("Note", .string("n"))), in: World.here,
            by: caller)
        #expect(path == World.box("new"))
        let made = try await world.manager.getInstance(path, in: World.here)
        #expect(made["Kind"] == .uint16(7))
        #expect(made["Note"] == .string("n"))
        await #expect(throws: CIMError(.alreadyExists, "")) {
            try await world.manager.createInstance(made, in: World.here, by: caller)
        }
    }

    @Test func creatingHasItsFaults() async throws {
        let world = try World()
        let cases: [(CIMInstance, CIMStatusCode)] = [
            (CIMInstance(className: "No_Such"), .invalidClass), (CIMInstance(className: "W_Element"), .notSupported),
            (CIMInstance(className: "W_Many"), .notSupported), (CIMInstance(className: "W_Link"), .notSupported),
            (box(CIMPropertyValue("Odd", .string("x"))), .invalidParameter),
            (box(CIMPropertyValue("Name", .uint32(1))), .invalidParameter),
            (box(CIMPropertyValue("Name", .string("x")), CIMPropertyValue("NAME", .string("y"))), .invalidParameter),
            (box(CIMPropertyValue("Setting", .string("rubbish"))), .invalidParameter),
        ]
        for (instance, status) in cases {
            await #expect(throws: CIMError(status, ""), "\(instance)") {
                try await world.manager.createInstance(instance, in: World.here, by: caller)
            }
        }
        await #expect(throws: CIMError(.invalidNamespace, "")) {
            try await world.manager.createInstance(box(), in: CIMNamespace("no")!, by: caller)
        }
    }

    @Test func embeddedInstancesComeInEitherForm() async throws {
        let world = try World()
        let forms: [CIMValue] = [
            .instance(CIMInstance(className: "W_Setting")), .string(#"<INSTANCE CLASSNAME="W_Setting"/>"#),
        ]
        for form in forms {
            try await world.manager.modifyInstance(
                World.box("a"), box(CIMPropertyValue("Setting", form)), propertyList: nil, in: World.here, by: caller)
            let value = try await world.manager.getProperty("Setting", of: World.box("a"), in: World.here)
            #expect(value?.instanceValue?.className == "W_Setting")
        }
    }

    @Test func whatIsListedIsModifiedAndNothingElse() async throws {
        let world = try World()
        let given = box(CIMPropertyValue("Note", .string("new")), CIMPropertyValue("Tags", .strings(["y"])))
        func modify(_ list: [String]?) async throws -> CIMInstance {
            try await world.manager.modifyInstance(
                World.box("a"), given, propertyList: list, in: World.here, by: caller)
            return try await world.manager.getInstance(World.box("a"), in: World.here)
        }
        #expect(try await modify([])["Note"] == nil)
        let noted = try await modify(["note", "NOTE"])
        #expect(noted["Note"] == .string("new") && noted["Tags"] == .strings(["x"]))
        #expect(try await modify(nil)["Tags"] == .strings(["y"]))
        #expect(try await modify(["Setting"])["Note"] == .string("new"))
    }

    @Test func whatWasReadMayBeSentBack() async throws {
        let world = try World()
        var read = try await world.manager.getInstance(World.box("a"), in: World.here)
        for index in read.properties.indices where read.properties[index].name == "Note" {
            read.properties[index].value = .string("mine")
        }
        try await world.manager.modifyInstance(World.box("a"), read, propertyList: nil, in: World.here, by: caller)
        #expect(try await world.manager.getProperty("Note", of: World.box("a"), in: World.here) == .string("mine"))
    }

    @Test func modifyingHasItsFaults() async throws {
        let world = try World()
        let note = CIMPropertyValue("Note", .string("n"))
        let cases: [(CIMObjectPath, CIMInstance, [String]?, CIMStatusCode)] = [
            (World.box("gone"), box(note), nil, .notFound), (World.box("big"), box(note), nil, .invalidParameter),
            (World.box("a"), box(CIMPropertyValue("Name", .string("z"))), nil, .invalidParameter),
            (World.box("a"), box(CIMPropertyValue("Size", .uint32(9))), nil, .invalidParameter),
            (World.box("a"), box(note), ["Odd"], .invalidParameter),
            (World.box("a"), box(note), ["Size"], .invalidParameter),
            (World.box("a"), box(CIMPropertyValue("Note", .uint16(1))), nil, .invalidParameter),
            (CIMObjectPath(className: "W_Box"), box(note), nil, .notFound),
            (CIMObjectPath(className: "No_Such"), CIMInstance(className: "No_Such"), nil, .invalidClass),
            (CIMObjectPath(className: "W_Many"), CIMInstance(className: "W_Many"), nil, .notSupported),
        ]
        for (path, instance, list, status) in cases {
            await #expect(throws: CIMError(status, ""), "\(path) \(instance)") {
                try await world.manager.modifyInstance(path, instance, propertyList: list, in: World.here, by: caller)
            }
        }
    }

    @Test func deletingHasItsFaults() async throws {
        let world = try World()
        try await world.manager.deleteInstance(World.box("a"), in: World.here, by: caller)
        await #expect(throws: CIMError(.notFound, "")) {
            try await world.manager.deleteInstance(World.box("a"), in: World.here, by: caller)
        }
        await #expect(throws: CIMError(.notSupported, "")) {
            try await world.manager.deleteInstance(CIMObjectPath(className: "W_Many"), in: World.here, by: caller)
        }
        await #expect(throws: CIMError(.invalidClass, "")) {
            try await world.manager.deleteInstance(CIMObjectPath(className: "No_Such"), in: World.here, by: caller)
        }
    }

    // MARK: On the wire

    private static let boxName =
        #"<INSTANCENAME CLASSNAME="W_Box"><KEYBINDING NAME="Name"><KEYVALUE>a</KEYVALUE></KEYBINDING></INSTANCENAME>"#
    private static let name = #"<IPARAMVALUE NAME="InstanceName">\#(boxName)</IPARAMVALUE>"#

    private func property(_ name: String, _ value: String? = nil) -> String {
        Self.name + Sent.flag("PropertyName", name)
            + (value.map { #"<IPARAMVALUE NAME="NewValue">\#($0)</IPARAMVALUE>"# } ?? "")
    }

    @Test func changesAnswerAsTheStandardSays() async throws {
        let face = try World().face
        let new =
            #"<INSTANCE CLASSNAME="W_Box"><PROPERTY NAME="Name" TYPE="string"><VALUE>n</VALUE></PROPERTY></INSTANCE>"#
        let created = try await face.items(
            Sent.intrinsic("CreateInstance", #"<IPARAMVALUE NAME="NewInstance">\#(new)</IPARAMVALUE>"#))
        #expect(created.map(\.elementName) == ["INSTANCENAME"])
        let change =
            #"<INSTANCE CLASSNAME="W_Box"><PROPERTY NAME="Note" TYPE="string"><VALUE>v</VALUE></PROPERTY></INSTANCE>"#
        let named = "<VALUE.NAMEDINSTANCE>\(Self.boxName)\(change)</VALUE.NAMEDINSTANCE>"
        for (operation, parameters) in [
            ("ModifyInstance", #"<IPARAMVALUE NAME="ModifiedInstance">\#(named)</IPARAMVALUE>"#),
            ("SetProperty", property("Tags", "<VALUE.ARRAY><VALUE>t</VALUE></VALUE.ARRAY>")),
            ("DeleteInstance", Self.name),
        ] {
            guard case .intrinsic(let result) = try await face.reply(to: Sent.intrinsic(operation, parameters)).reply
            else {
                Issue.record("\(operation)")
                continue
            }
            #expect(try result.get().returnValue == nil, "\(operation)")
        }
    }

    @Test func propertiesAreReadAndSet() async throws {
        let world = try World()
        let face = world.face
        #expect(try await face.items(Sent.intrinsic("GetProperty", property("size"))) == [.value("1")])
        #expect(try await face.items(Sent.intrinsic("GetProperty", property("Tags"))) == [.valueArray(["x"])])
        #expect(try await face.items(Sent.intrinsic("GetProperty", property("Note"))) == [])
        #expect(try await face.fault(Sent.intrinsic("SetProperty", property("Note", "<VALUE>v</VALUE>"))) == nil)
        #expect(try await face.items(Sent.intrinsic("GetProperty", property("Note"))) == [.value("v")])
        #expect(try await face.fault(Sent.intrinsic("SetProperty", property("Note"))) == nil)
        #expect(try await face.items(Sent.intrinsic("GetProperty", property("Note"))) == [])
        let cases: [(String, String, CIMStatusCode)] = [
            ("GetProperty", property("Odd"), .noSuchProperty), ("GetProperty", Self.name, .invalidParameter),
            ("SetProperty", property("Odd", "<VALUE>1</VALUE>"), .noSuchProperty),
            ("SetProperty", property("Size", "<VALUE>1</VALUE>"), .notSupported),
            ("SetProperty", property("Name", "<VALUE>1</VALUE>"), .notSupported),
            ("SetProperty", property("Tags", "<VALUE>1</VALUE>"), .typeMismatch),
            ("SetProperty", property("Note", "<VALUE.ARRAY><VALUE>1</VALUE></VALUE.ARRAY>"), .typeMismatch),
            ("GetProperty", property("Note").replacing(">a<", with: ">gone<"), .notFound),
        ]
        for (operation, parameters, status) in cases {
            #expect(
                try await face.fault(Sent.intrinsic(operation, parameters))?.code == status,
                "\(operation) \(parameters)")
        }
    }

    @Test(arguments: [
        ("CreateClass", #"<IPARAMVALUE NAME="NewClass"><CLASS NAME="X"/></IPARAMVALUE>"#, CIMStatusCode.notSupported),
        ("ModifyClass", #"<IPARAMVALUE NAME="ModifiedClass"><CLASS NAME="W_Box"/></IPARAMVALUE>"#, .notSupported),
        ("DeleteClass", Sent.className("W_Box"), .notSupported),
        ("DeleteClass", Sent.className("No_Such"), .notSupported),
        (
            "SetQualifier",
            #"<IPARAMVALUE NAME="QualifierDeclaration"><QUALIFIER.DECLARATION NAME="X" TYPE="string"/></IPARAMVALUE>"#,
            .notSupported
        ),
        ("DeleteQualifier", Sent.flag("QualifierName", "Key"), .notSupported), ("CreateClass", "", .invalidParameter),
        ("DeleteClass", Sent.flag("ClassName", "X"), .invalidParameter), ("SetQualifier", "", .invalidParameter),
        ("DeleteQualifier", Sent.flag("Odd", "x"), .invalidParameter),
        ("GetQualifier", Sent.flag("QualifierName", "Odd"), .notFound), ("GetQualifier", "", .invalidParameter),
        ("EnumerateQualifiers", Sent.flag("Odd", "x"), .invalidParameter),
    ])
    func theSchemaIsTheServers(operation: String, parameters: String, status: CIMStatusCode) async throws {
        #expect(try await World().face.fault(Sent.intrinsic(operation, parameters))?.code == status)
    }

    @Test func qualifiersAreRead() async throws {
        let face = try World().face
        #expect(try await face.items(Sent.intrinsic("EnumerateQualifiers", "")).count == 8)
        guard
            case .qualifierType(let type) = try await face.items(
                Sent.intrinsic("GetQualifier", Sent.flag("QualifierName", "association"))
            ).first
        else {
            Issue.record("no qualifier")
            return
        }
        #expect(type.scopes == [.association] && !type.flavor.overridable)
    }
}
