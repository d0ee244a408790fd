import CIM
import CIMXML
import Testing

@Suite struct RequestTests {
    private func methodCall(_ text: String) throws -> MethodCall {
        guard case .method(let call) = try decodedRequest(text).call else {
            throw CIMError(.failed, "not a method call")
        }
        return call
    }

    private func intrinsicCall(_ text: String) throws -> IntrinsicCall {
        guard case .intrinsic(let call) = try decodedRequest(text).call else {
            throw CIMError(.failed, "not an intrinsic call")
        }
        return call
    }

    @Test func typedArgumentsOfPywbemAreRead() throws {
        let call = try methodCall(Fixture.pywbemCall)
        #expect(call.name == "Move")
        #expect(call.target.text == #"root/virt:VM_Service.Name="mover""#)
        #expect(call.arguments.map(\.name.text) == ["Guest", "Host", "Setting", "Nothing"])
        #expect(try call.arguments[0].content.value()?.referenceValue?.text == #"root/virt:VM_Guest.Name="vm1""#)
        #expect(try call.arguments[1].content.value() == .string("h2.example.com"))
        let setting = try call.arguments[2].content.value()?.instanceValue
        #expect(setting?.className == "VM_Setting")
        #expect(setting?["Kind"] == .uint16(2))
        #expect(setting?["Note"] == .string(#"a "b" <c> é"#))
        #expect(try call.arguments[3].content.value() == nil)
        #expect(call.arguments[3].content.type == .string)
    }

    @Test func untypedArgumentsOfWbemcliStayText() throws {
        let request = try decodedRequest(Fixture.wbemcliCall)
        #expect(request.messageID == "4711")
        let call = try methodCall(Fixture.wbemcliCall)
        #expect(call.arguments == [CIMXMLArgument("Host", CIMXMLTypedItem(type: nil, item: .value("h2")))])
        #expect(call.target["Name"] == .string("mover"))
    }

    @Test(arguments: [#"EmbeddedObject="instance""#, #"EMBEDDEDOBJECT="instance""#, #"EmbeddedObject="object""#])
    func embeddedObjectIsReadInEitherSpelling(attribute: String) throws {
        let call = try methodCall(
            Fixture.methodCall(
                #"<PARAMVALUE NAME="S" PARAMTYPE="string" \#(attribute)><VALUE>&lt;INSTANCE CLASSNAME='A'/></VALUE>"#
                    + "</PARAMVALUE>"))
        #expect(try call.arguments[0].content.value() == .instance(CIMInstance(className: "A")))
    }

    @Test func embeddedTextThatIsNoObjectIsLeftToTheSchema() throws {
        let call = try methodCall(
            Fixture.methodCall(
                #"<PARAMVALUE NAME="S" PARAMTYPE="string" EmbeddedObject="instance"><VALUE>instance of A {};</VALUE>"#
                    + "</PARAMVALUE>"))
        #expect(call.arguments[0].content.embedding == .instance)
        #expect(try call.arguments[0].content.value() == .string("instance of A {};"))
    }

    @Test func arraysOfEveryKindAreRead() throws {
        let call = try methodCall(
            Fixture.methodCall(
                #"<PARAMVALUE NAME="A" PARAMTYPE="uint8"><VALUE.ARRAY><VALUE>0</VALUE><VALUE.NULL/><VALUE>255</VALUE>"#
                    + #"</VALUE.ARRAY></PARAMVALUE><PARAMVALUE NAME="B" PARAMTYPE="reference"><VALUE.REFARRAY>"#
                    + #"<VALUE.REFERENCE><CLASSNAME NAME="C"/></VALUE.REFERENCE><VALUE.NULL/></VALUE.REFARRAY>"#
                    + "</PARAMVALUE>"
                    + #"<PARAMVALUE NAME="D" PARAMTYPE="string" EmbeddedObject="instance"><VALUE.ARRAY>"#
                    + "<VALUE>&lt;INSTANCE CLASSNAME='E'/></VALUE></VALUE.ARRAY></PARAMVALUE>"))
        #expect(try call.arguments[0].content.value() == .array(.uint8, [.uint8(0), nil, .uint8(255)]))
        let target = CIMObjectPath(className: "C", isClassPath: true)
        #expect(try call.arguments[1].content.value() == .array(.reference, [.reference(target), nil]))
        #expect(try call.arguments[2].content.value() == .instances([CIMInstance(className: "E")]))
    }

    @Test func aTextThatIsNotOfItsTypeIsTheCallersError() throws {
        let call = try methodCall(
            Fixture.methodCall(#"<PARAMVALUE NAME="A" PARAMTYPE="uint8"><VALUE>256</VALUE></PARAMVALUE>"#))
        #expect(throws: CIMError(.invalidParameter, "")) { try call.arguments[0].content.value() }
    }

    @Test func everyItemOfAnIntrinsicParameterIsRead() throws {
        let instance =
            #"<INSTANCE CLASSNAME="A"><PROPERTY NAME="P" TYPE="boolean"><VALUE>true</VALUE></PROPERTY></INSTANCE>"#
        let items: [(String, CIMXMLItem?)] = [
            ("", nil),
            ("<VALUE>TRUE</VALUE>", .value("TRUE")),
            ("<VALUE></VALUE>", .value("")),
            ("<VALUE.ARRAY><VALUE>x</VALUE><VALUE></VALUE></VALUE.ARRAY>", .valueArray(["x", ""])),
            ("<VALUE.ARRAY/>", .valueArray([])),
            (#"<CLASSNAME NAME="A"/>"#, .className("A")),
            (#"<INSTANCENAME CLASSNAME="A"/>"#, .instanceName(CIMObjectPath(className: "A"))),
            (
                "<VALUE.REFERENCE><CLASSPATH><NAMESPACEPATH><HOST>h</HOST>\(Fixture.namespace)</NAMESPACEPATH>"
                    + #"<CLASSNAME NAME="A"/></CLASSPATH></VALUE.REFERENCE>"#,
                .reference(
                    CIMObjectPath(
                        host: "h", namespace: CIMNamespace("root/virt"), className: "A", isClassPath: true))
            ),
            (instance, .instance(CIMInstance(className: "A", properties: [CIMPropertyValue("P", .boolean(true))]))),
            (#"<CLASS NAME="A"/>"#, .class(CIMClass(name: "A"))),
            (
                #"<VALUE.NAMEDINSTANCE><INSTANCENAME CLASSNAME="A"/>\#(instance)</VALUE.NAMEDINSTANCE>"#,
                .namedInstance(
                    CIMObjectPath(className: "A"),
                    CIMInstance(className: "A", properties: [CIMPropertyValue("P", .boolean(true))]))
            ),
            (
                #"<QUALIFIER.DECLARATION NAME="Q" TYPE="string" ISARRAY="true" TOSUBCLASS="false"><SCOPE CLASS="true" "#
                    + #"METHOD="false"/><VALUE.ARRAY><VALUE>d</VALUE></VALUE.ARRAY></QUALIFIER.DECLARATION>"#,
                .qualifierType(
                    CIMQualifierType(
                        name: "Q", type: .string, isArray: true, defaultValue: .strings(["d"]), scopes: [.classes],
                        flavor: CIMFlavor(toSubclass: false)))
            ),
        ]
        for (text, item) in items {
            let call = try intrinsicCall(Fixture.intrinsicCall("Any", #"<IPARAMVALUE NAME="X">\#(text)</IPARAMVALUE>"#))
            #expect(call.parameters == [IntrinsicParameter("X", item)])
        }
    }

    @Test func keysKeepTheTypeTheyCameWith() throws {
        let keys = [
            (#"VALUETYPE="string" TYPE="string""#, "1", CIMValue.string("1")),
            (#"VALUETYPE="string""#, "1", .string("1")),
            ("", "x", .string("x")),
            (#"VALUETYPE="numeric" TYPE="uint8""#, "1", .uint8(1)),
            (#"VALUETYPE="numeric""#, "1", .uint64(1)),
            (#"VALUETYPE="numeric""#, "-1", .sint64(-1)),
            (#"VALUETYPE="numeric""#, "0x1F", .uint64(31)),
            (#"VALUETYPE="numeric""#, "1.5", .real64(1.5)),
            (#"VALUETYPE="boolean" TYPE="boolean""#, "TRUE", .boolean(true)),
            (#"VALUETYPE="boolean""#, "false", .boolean(false)),
            (#"TYPE="char16""#, "é", .char16(233)),
        ]
        for (attributes, text, value) in keys {
            let call = try intrinsicCall(
                Fixture.intrinsicCall(
                    "GetInstance",
                    #"<IPARAMVALUE NAME="InstanceName"><INSTANCENAME CLASSNAME="A"><KEYBINDING NAME="K"><KEYVALUE "#
                        + "\(attributes)>\(text)</KEYVALUE></KEYBINDING></INSTANCENAME></IPARAMVALUE>"))
            #expect(
                call.parameters[0].item
                    == .instanceName(CIMObjectPath(className: "A", keys: [CIMKeyBinding("K", value)])))
        }
    }

    @Test func exportsAreRead() throws {
        guard case .export(let call) = try decodedRequest(Fixture.pegasusExport).call else {
            Issue.record("not an export")
            return
        }
        #expect(call.name == "ExportIndication")
        #expect(call.parameters[0].instance?["SequenceNumber"] == .sint64(0))
        #expect(call.parameters[0].instance?["Related"] == .array(.string, []))
    }

    @Test func correlatorsAreAcceptedAndIgnored() throws {
        let correlator = #"<CORRELATOR NAME="c" TYPE="string"><VALUE>7</VALUE></CORRELATOR>"#
        let call = #"<IMETHODCALL NAME="A">\#(Fixture.namespace)</IMETHODCALL>"#
        #expect(try decodedRequest(Fixture.request(correlator + call)) == decodedRequest(Fixture.request(call)))
    }

    @Test(arguments: [Fixture.pywbemCall, Fixture.wbemcliCall, Fixture.pegasusExport])
    func whatIsReadIsWrittenAlike(text: String) throws {
        let request = try decodedRequest(text)
        #expect(try CIMXMLRequest(parsing: request.encoded()) == request)
    }

    @Test func headersNameTheCall() throws {
        let method = try decodedRequest(Fixture.pywbemCall).operationHeaders
        #expect(method.map(\.name) == ["CIMOperation", "CIMMethod", "CIMObject"])
        #expect(method.map(\.value) == ["MethodCall", "Move", #"root/virt:VM_Service.Name="mover""#])
        let intrinsic = try decodedRequest(Fixture.intrinsicCall("GetClass", "")).operationHeaders
        #expect(intrinsic.map(\.value) == ["MethodCall", "GetClass", "root/virt"])
        let export = try decodedRequest(Fixture.pegasusExport).operationHeaders
        #expect(export.map(\.name) == ["CIMExport", "CIMExportMethod"])
        #expect(export.map(\.value) == ["MethodRequest", "ExportIndication"])
    }

    @Test func headerTextIsEscapedAndReadBack() {
        #expect(OperationHeaderText.encode(#"root/virt:A.K="é%\#n""#) == #"root/virt:A.K="%C3%A9%25%0A""#)
        #expect(OperationHeaderText.readings("root%2Fvirt%3AA") == ["root/virt:A", "root%2Fvirt%3AA"])
        #expect(OperationHeaderText.readings("%C3%A9") == ["é", "%C3%A9"])
        #expect(OperationHeaderText.readings("%E9") == ["é", "%E9"])
        #expect(OperationHeaderText.readings("100%") == ["100%"])
        #expect(OperationHeaderText.readings("plain") == ["plain"])
    }
}
