import CIM
import CIMXML
import Testing

@Suite struct ResponseTests {
    private let path = CIMObjectPath(
        host: "h1", namespace: CIMNamespace("root/virt"), className: "A",
        keys: [
            CIMKeyBinding("S", .string(#"a<"&'>\#r\#n é"#)), CIMKeyBinding("N", .sint16(-3)),
            CIMKeyBinding("B", .boolean(false)),
            CIMKeyBinding("R", .reference(CIMObjectPath(className: "X", keys: [CIMKeyBinding("I", .uint64(.max))]))),
        ])

    private var bare: CIMObjectPath {
        CIMObjectPath(className: path.className, keys: path.keys)
    }

    private let instance = CIMInstance(
        className: "A",
        properties: [
            CIMPropertyValue("S", .string("x ")),
            CIMPropertyValue(name: "Null", type: .datetime, value: nil, classOrigin: "Base", propagated: true),
            CIMPropertyValue(name: "NoArray", type: .uint16, isArray: true, value: nil),
            CIMPropertyValue("Numbers", .array(.real32, [.real32(1.5), nil, .real32(-.infinity)])),
            CIMPropertyValue("Ref", .reference(CIMObjectPath(namespace: CIMNamespace("n"), className: "C"))),
            CIMPropertyValue(
                "Inner",
                .instance(
                    CIMInstance(
                        className: "In",
                        properties: [CIMPropertyValue("Deep", .instance(CIMInstance(className: "Deeper")))]))),
            CIMPropertyValue("Many", .array(.string, [.instance(CIMInstance(className: "One")), nil])),
            CIMPropertyValue("Class", .classObject(CIMClass(name: "K"))),
            CIMPropertyValue("Char", .char16(0x20AC)),
        ])

    private func roundTripped(_ reply: CIMXMLReply) throws -> CIMXMLReply {
        let response = CIMXMLResponse(messageID: "x<1>", name: "GetInstance", reply: reply)
        let read = try CIMXMLResponse(parsing: response.encoded())
        #expect(read.messageID == "x<1>")
        #expect(read.name.text == "GetInstance")
        return read.reply
    }

    @Test func everyItemOfAReturnValueSurvives() throws {
        let local = CIMObjectPath(namespace: path.namespace, className: "A", keys: path.keys)
        let classPath = CIMObjectPath(host: "h", namespace: CIMNamespace("n"), className: "K", isClassPath: true)
        let type = CIMQualifierType(
            name: "Q", type: .uint32, defaultValue: .uint32(1), scopes: [.property, .reference],
            flavor: CIMFlavor(overridable: false, translatable: true))
        let items: [CIMXMLItem] = [
            .className("A"), .instanceName(bare), .value("TRUE"), .valueArray(["a", nil]), .reference(path),
            .reference(bare), .reference(local), .reference(classPath), .objectPath(path), .objectPath(classPath),
            .instancePath(path), .class(CIMClass(name: "K", superclass: "S")), .instance(instance),
            .qualifierType(type), .namedInstance(bare, instance), .instanceWithPath(path, instance),
            .object(.instance(instance)), .object(.class(CIMClass(name: "K"))),
            .objectWithPath(path, .instance(instance)), .objectWithPath(classPath, .class(CIMClass(name: "K"))),
            .objectWithLocalPath(local, .instance(instance)),
        ]
        for item in items {
            let reply = CIMXMLReply.intrinsic(.success(IntrinsicResult([item, item])))
            #expect(try roundTripped(reply) == reply)
        }
    }

    @Test func aReturnValueIsOfOneKind() {
        let text = Fixture.response(
            #"<IMETHODRESPONSE NAME="X"><IRETURNVALUE><CLASSNAME NAME="A"/><VALUE>x</VALUE></IRETURNVALUE>"#
                + "</IMETHODRESPONSE>"
        )
        #expect(throws: CIMXMLError(.notValid, "")) { try decodedResponse(text) }
    }

    @Test func aVoidOperationHasNoReturnValue() throws {
        let reply = CIMXMLReply.intrinsic(.success(IntrinsicResult(nil)))
        let bytes = CIMXMLResponse(messageID: "1", name: "DeleteInstance", reply: reply).encoded()
        #expect(
            String(decoding: bytes, as: UTF8.self).hasSuffix(
                #"<SIMPLERSP><IMETHODRESPONSE NAME="DeleteInstance"></IMETHODRESPONSE></SIMPLERSP></MESSAGE></CIM>"#))
        #expect(try roundTripped(reply) == reply)
        let empty = CIMXMLReply.intrinsic(.success(IntrinsicResult([])))
        #expect(try roundTripped(empty) == empty)
        #expect(try roundTripped(empty) != reply)
    }

    @Test func pullResultsCarryTheirOutParameters() throws {
        let reply = CIMXMLReply.intrinsic(
            .success(
                IntrinsicResult(
                    [.instanceWithPath(path, instance)],
                    outParameters: [
                        CIMXMLArgument("EndOfSequence", .boolean(false), type: .boolean),
                        CIMXMLArgument("EnumerationContext", .string("7"), type: .string),
                    ])))
        #expect(try roundTripped(reply) == reply)
    }

    @Test func booleansAreWords() {
        let reply = CIMXMLReply.method(
            .success(
                MethodResult(
                    CIMXMLTypedItem(.uint32(0), type: .uint32),
                    outParameters: [CIMXMLArgument("IsMigratable", .boolean(true), type: .boolean)])))
        let text = String(
            decoding: CIMXMLResponse(messageID: "1", name: "Check", reply: reply).encoded(), as: UTF8.self)
        #expect(
            text
                == Fixture.message(
                    #"<SIMPLERSP><METHODRESPONSE NAME="Check"><RETURNVALUE PARAMTYPE="uint32"><VALUE>0</VALUE>"#
                        + "</RETURNVALUE>"
                        + #"<PARAMVALUE NAME="IsMigratable" PARAMTYPE="boolean"><VALUE>TRUE</VALUE></PARAMVALUE>"#
                        + "</METHODRESPONSE>"
                        + "</SIMPLERSP>", id: "1"))
    }

    @Test(arguments: [
        CIMValue.string(""), .string(" x "), .boolean(false), .uint8(255), .sint64(.min), .uint64(.max), .real64(1e300),
        .real32(0.1), .char16(0x41), .strings(["a", ""]), .uint16s([]), .array(.boolean, [nil]),
        .reference(CIMObjectPath(className: "A")),
        .array(.reference, [.reference(CIMObjectPath(className: "A")), nil]),
        .instance(CIMInstance(className: "A")), .instances([CIMInstance(className: "A")]),
        .classObject(CIMClass(name: "A")),
    ])
    func everyValueOfAnArgumentSurvives(value: CIMValue) throws {
        let reply = CIMXMLReply.method(
            .success(MethodResult(nil, outParameters: [CIMXMLArgument("P", value, type: value.type)])))
        guard case .method(.success(let result)) = try roundTripped(reply) else {
            Issue.record("not a method's result")
            return
        }
        #expect(try result["p"]?.value() == value)
        #expect(result["p"]?.type == value.type)
        #expect(result["q"] == nil)
    }

    @Test func errorsKeepCodeTextAndDetails() throws {
        let error = CIMError(.notFound, #"no such <thing> "x""#, details: [CIMInstance(className: "CIM_Error")])
        for reply in [CIMXMLReply.intrinsic(.failure(error)), .method(.failure(error)), .export(error)] {
            let found: CIMError? =
                switch try roundTripped(reply) {
                case .intrinsic(.failure(let error)), .method(.failure(let error)): error
                case .export(let error): error
                case .intrinsic(.success), .method(.success): nil
                }
            #expect(found?.code == .notFound)
            #expect(found?.message == error.message)
            #expect(found?.details == error.details)
        }
    }

    @Test func anUnknownStatusIsAFailureThatNamesIt() throws {
        let text = Fixture.response(
            #"<IMETHODRESPONSE NAME="X"><ERROR CODE="99" DESCRIPTION="odd"/></IMETHODRESPONSE>"#)
        guard case .intrinsic(.failure(let error)) = try decodedResponse(text).reply else {
            Issue.record("not an error")
            return
        }
        #expect(error.code == .failed)
        #expect(error.message == "status 99: odd")
    }

    @Test func aSuccessfulExportIsEmpty() throws {
        #expect(try roundTripped(.export(nil)) == .export(nil))
    }

    @Test func noElementIsSelfClosed() {
        let items: [CIMXMLItem] = [.instance(instance), .className("A"), .valueArray([nil]), .instanceName(bare)]
        for item in items {
            let reply = CIMXMLReply.intrinsic(.success(IntrinsicResult([item])))
            let text = String(
                decoding: CIMXMLResponse(messageID: "1", name: "X", reply: reply).encoded(), as: UTF8.self)
            #expect(!text.contains("/>"))
        }
    }
}
