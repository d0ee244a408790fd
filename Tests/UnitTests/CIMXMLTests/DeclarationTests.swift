import CIM
import CIMXML
import Testing

@Suite struct DeclarationTests {
    private func classes(_ text: String) throws -> [CIMClass] {
        guard case .intrinsic(.success(let result)) = try decodedResponse(text).reply else { return [] }
        return (result.returnValue ?? []).compactMap { if case .class(let object) = $0 { object } else { nil } }
    }

    @Test func aClassIsReadWithAllItsParts() throws {
        let object = try #require(try classes(Fixture.pegasusClass).first)
        #expect(object.name == "VM_Service")
        #expect(object.superclass == "CIM_Service")
        #expect(object.qualifiers["Version"]?.flavor == CIMFlavor(toSubclass: false, translatable: true))
        #expect(object.keys.map(\.name) == ["Name"])
        #expect(object.property("Name")?.classOrigin == "CIM_Service")
        #expect(object.property("Name")?.propagated == true)
        let states = try #require(object.property("States"))
        #expect(states.isArray && states.arraySize == 4 && states.type == .uint16)
        #expect(states.defaultValue == .array(.uint16, [.uint16(2), nil]))
        #expect(states.qualifiers["ValueMap"]?.value == .strings(["2", "3.."]))
        #expect(object.property("Home")?.referenceClass == "CIM_System")
        let method = try #require(object.method("Move"))
        #expect(method.returnType == .uint32)
        #expect(method.parameters.map(\.type) == [.string, .reference, .uint8, .reference])
        #expect(method.parameters.map(\.isArray) == [false, false, true, true])
        #expect(method.parameter("Flags")?.arraySize == 3)
        #expect(method.parameter("Peers")?.referenceClass == "VM_Guest")
    }

    @Test func aClassIsWrittenAsItWasRead() throws {
        let response = try decodedResponse(Fixture.pegasusClass)
        #expect(try CIMXMLResponse(parsing: response.encoded()) == response)
    }

    @Test func embeddingQualifiersAreShownAsAttributes() throws {
        let qualifier = CIMQualifier(name: "EmbeddedInstance", type: .string, value: .string("VM_Setting"))
        let object = CIMClass(
            name: "A", properties: [CIMProperty(name: "P", type: .string, qualifiers: [qualifier])])
        #expect(
            EmbeddedObject.encode(object).contains(#"<PROPERTY NAME="P" TYPE="string" EmbeddedObject="instance">"#))
        #expect(try EmbeddedObject.decode(EmbeddedObject.encode(object)) == .classObject(object))
    }

    @Test func aMethodWithoutTypeIsRefused() {
        let text = Fixture.intrinsicCall(
            "CreateClass", #"<IPARAMVALUE NAME="NewClass"><CLASS NAME="A"><METHOD NAME="M"/></CLASS></IPARAMVALUE>"#
        )
        #expect(refusal(text)?.message == "METHOD M has no TYPE; CIM methods return a value")
    }

    @Test func aQualifierWithoutScopeMayStandAnywhere() throws {
        let text = Fixture.intrinsicCall(
            "SetQualifier",
            #"<IPARAMVALUE NAME="Q"><QUALIFIER.DECLARATION NAME="Q" TYPE="boolean" TOINSTANCE="true"/></IPARAMVALUE>"#
        )
        guard case .intrinsic(let call) = try decodedRequest(text).call,
            case .qualifierType(let type) = call.parameters[0].item
        else {
            Issue.record("not a qualifier type")
            return
        }
        #expect(type.scopes == Set(CIMScope.allCases))
        #expect(type.flavor == CIMFlavor())
    }
}

@Suite struct EmbeddedObjectTests {
    @Test func instancesAndClassesAreRead() throws {
        #expect(try EmbeddedObject.decode(#" \#n<INSTANCE CLASSNAME="A"/>"#) == .instance(CIMInstance(className: "A")))
        #expect(try EmbeddedObject.decode(#"<CLASS NAME="A"/>"#) == .classObject(CIMClass(name: "A")))
    }

    @Test func mofIsReadByWhoeverKnowsIt() throws {
        let value = try EmbeddedObject.decode("instance of A {};") { (text) throws(CIMError) in
            #expect(text == "instance of A {};")
            return CIMInstance(className: "A")
        }
        #expect(value == .instance(CIMInstance(className: "A")))
    }

    @Test(arguments: ["", "x", "instance of A {};", "<VALUE/>", "<INSTANCE>", #"<INSTANCE CLASSNAME="A" X="1"/>"#])
    func whatIsNoObjectIsTheCallersError(text: String) {
        #expect(throws: CIMError(.invalidParameter, "")) { try EmbeddedObject.decode(text) }
    }

    @Test func objectsInObjectsEndSomewhere() throws {
        var instance = CIMInstance(className: "Innermost")
        for _ in 0..<20 {
            instance = CIMInstance(className: "A", properties: [CIMPropertyValue("P", .instance(instance))])
        }
        var value: CIMValue? = try EmbeddedObject.decode(EmbeddedObject.encode(instance))
        var depth = 0
        while let inner = value?.instanceValue {
            value = inner["P"]
            depth += 1
        }
        #expect(depth == 8)
        #expect(value?.stringValue?.hasPrefix("<INSTANCE") == true)
    }
}
