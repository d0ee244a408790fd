import CIM
import CIMXML
import HTTPTransport
import Testing
import WBEMServer

@Suite struct CIMXMLFaceOperationTests {
    @Test func theAnswerBearsTheRequestsIDAndName() async throws {
        let face = try Face.make()
        let response = try await face.wholeResponse(to: Sent.intrinsic("getCLASS", Sent.className("vm_guest")))
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == #"application/xml; charset="utf-8""#)
        #expect(response.headers["CIMOperation"] == "MethodResponse")
        let message = try CIMXMLResponse(parsing: response.body)
        #expect(message.messageID == "m7")
        #expect(message.name.text == "getCLASS")
        #expect(!String(decoding: response.body, as: UTF8.self).contains("/>"))
    }

    @Test func classesAreAnsweredWithTheOptionsOfTheStandard() async throws {
        let face = try Face.make()
        let name = Sent.className("VM_SpecialGuest")
        guard case .class(let local) = try await face.items(Sent.intrinsic("GetClass", name)).first,
            case .class(let whole) = try await face.items(
                Sent.intrinsic(
                    "GetClass",
                    name + Sent.flag("LocalOnly", "false") + Sent.flag("IncludeQualifiers", "FALSE")
                        + Sent.flag("IncludeClassOrigin", "TRUE"))
            ).first
        else {
            Issue.record("no class")
            return
        }
        #expect(local.properties.map(\.name) == ["Extra"])
        #expect(local.properties[0].classOrigin == nil)
        #expect(whole.properties.map(\.name) == ["Name", "Number", "State", "Tags", "Extra"])
        #expect(whole.properties[0].classOrigin == "VM_Guest")
        #expect(whole.properties[0].qualifiers.isEmpty)
        let list =
            #"<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY><VALUE>name</VALUE><VALUE>None</VALUE></VALUE.ARRAY>"#
            + "</IPARAMVALUE>"
        guard
            case .class(let listed) = try await face.items(
                Sent.intrinsic("GetClass", name + list + Sent.flag("LocalOnly", "FALSE"))
            ).first
        else {
            Issue.record("no class")
            return
        }
        #expect(listed.properties.map(\.name) == ["Name"])
        #expect(listed.properties[0].isKey)
    }

    @Test func classNamesAreEnumeratedFromTheTopOrBelowAClass() async throws {
        let face = try Face.make()
        let top = try await face.items(Sent.intrinsic("EnumerateClassNames", ""))
        #expect(top == [.className("VM_Guest"), .className("VM_Setting"), .className("VM_Service")])
        let null = try await face.items(Sent.intrinsic("EnumerateClassNames", #"<IPARAMVALUE NAME="ClassName"/>"#))
        #expect(null == top)
        let below = try await face.items(
            Sent.intrinsic("EnumerateClassNames", Sent.className("VM_Guest") + Sent.flag("DeepInheritance", "TRUE")))
        #expect(below == [.className("VM_SpecialGuest")])
        let all = try await face.items(Sent.intrinsic("EnumerateClasses", Sent.flag("DeepInheritance", "TRUE")))
        #expect(all.count == 4)
    }

    @Test func instancesBearTheirOwnClassAndPath() async throws {
        let face = try Face.make()
        let items = try await face.items(Sent.intrinsic("EnumerateInstances", Sent.className("VM_Guest")))
        guard items.count == 2, case .namedInstance(let path, let instance) = items[1] else {
            Issue.record("\(items)")
            return
        }
        #expect(path.text == #"VM_SpecialGuest.Name="vm2",Number=7"#)
        #expect(instance.className == "VM_SpecialGuest")
        #expect(instance.properties.map(\.name) == ["Name", "Number", "State", "Tags", "Extra"])
        #expect(instance["Tags"] == .strings(["a<b>", ""]))
        let shallow = try await face.items(
            Sent.intrinsic("EnumerateInstances", Sent.className("VM_Guest") + Sent.flag("DeepInheritance", "FALSE")))
        guard case .namedInstance(_, let narrow) = shallow.last else {
            Issue.record("\(shallow)")
            return
        }
        #expect(narrow.property("Extra") == nil)
        let names = try await face.items(Sent.intrinsic("EnumerateInstanceNames", Sent.className("VM_Guest")))
        #expect(names.count == 2)
        #expect(names[1] == .instanceName(path))
    }

    @Test func anInstanceIsFoundByItsUntypedPath() async throws {
        let face = try Face.make()
        let name = #"<IPARAMVALUE NAME="InstanceName">\#(Sent.instanceName("vm_guest", name: "vm1"))</IPARAMVALUE>"#
        let items = try await face.items(Sent.intrinsic("GetInstance", name + Sent.flag("LocalOnly", "TRUE")))
        guard case .instance(let instance) = items.first else {
            Issue.record("\(items)")
            return
        }
        #expect(instance["Number"] == .uint16(7))
        let list = #"<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY></VALUE.ARRAY></IPARAMVALUE>"#
        #expect(
            try await face.items(Sent.intrinsic("GetInstance", name + list))
                == [.instance(CIMInstance(className: "VM_Guest"))])
    }

    @Test(arguments: [
        ("GetClass", Sent.className("No_Such"), CIMStatusCode.notFound),
        ("GetClass", "", .invalidParameter),
        ("GetClass", #"<IPARAMVALUE NAME="ClassName"><VALUE>VM_Guest</VALUE></IPARAMVALUE>"#, .invalidParameter),
        ("GetClass", Sent.className("VM_Guest") + Sent.className("VM_Guest"), .invalidParameter),
        ("GetClass", Sent.className("VM_Guest") + Sent.flag("DeepInheritance", "TRUE"), .invalidParameter),
        ("GetClass", Sent.className("VM_Guest") + Sent.flag("LocalOnly", "yes"), .invalidParameter),
        ("GetClass", Sent.className("VM_Guest") + Sent.flag("PropertyList", "Name"), .invalidParameter),
        ("EnumerateClasses", Sent.className("No_Such"), .invalidClass),
        ("EnumerateClassNames", Sent.className("No_Such"), .invalidClass),
        ("EnumerateInstances", Sent.className("No_Such"), .invalidClass),
        ("EnumerateInstances", "", .invalidParameter),
        ("EnumerateInstanceNames", Sent.className("No_Such"), .invalidClass),
        ("EnumerateInstanceNames", Sent.className("VM_Guest") + Sent.flag("LocalOnly", "TRUE"), .invalidParameter),
        ("GetInstance", "", .invalidParameter),
        ("GetInstance", Sent.className("VM_Guest"), .invalidParameter),
        ("GetInstance", instanceParameter("No_Such", "vm1"), .invalidClass),
        ("GetInstance", instanceParameter("VM_Guest", "vm9"), .notFound),
        ("GetInstance", instanceParameter("VM_Guest", "vm1", number: nil), .notFound),
        ("CreateInstance", "", .invalidParameter),
        (
            "CreateInstance",
            #"<IPARAMVALUE NAME="NewInstance"><INSTANCE CLASSNAME="VM_Guest"/></IPARAMVALUE>"#, .notSupported
        ),
        ("ExecQuery", "", .invalidParameter),
        // No document type rules names and values.
        ("GetClass", Sent.className("VM-Guest"), .invalidParameter),
        ("GetClass", Sent.className(""), .invalidParameter),
        ("EnumerateInstances", Sent.className("1VM"), .invalidParameter),
        (
            "GetInstance",
            instanceParameter("VM_Guest", "vm1").replacing(">7<", with: ">seven<"), .invalidParameter
        ),
        ("NoSuchOperation", "", .notSupported),
    ])
    func eachFaultHasItsStatus(operation: String, parameters: String, status: CIMStatusCode) async throws {
        let fault = try await Face.make().fault(Sent.intrinsic(operation, parameters))
        #expect(fault?.code == status)
        #expect(fault?.message.isEmpty == false)
    }

    private static func instanceParameter(_ className: String, _ name: String, number: String? = "7") -> String {
        #"<IPARAMVALUE NAME="InstanceName">\#(Sent.instanceName(className, name: name, number: number))</IPARAMVALUE>"#
    }

    @Test func anUnknownNamespaceComesBeforeAWrongParameter() async throws {
        let face = try Face.make()
        for parameters in [Sent.className("VM_Guest"), "", Sent.flag("Odd", "1")] {
            let call =
                #"<IMETHODCALL NAME="GetClass"><LOCALNAMESPACEPATH><NAMESPACE NAME="nil"/></LOCALNAMESPACEPATH>"#
                + "\(parameters)</IMETHODCALL>"
            let request = Sent.request("GetClass", "nil", body: Sent.message("<SIMPLEREQ>\(call)</SIMPLEREQ>"))
            #expect(try await face.fault(request)?.code == .invalidNamespace)
        }
    }

    @Test func messagesSayWhatTheOperationTakes() async throws {
        let face = try Face.make()
        let surplus = try await face.fault(
            Sent.intrinsic("EnumerateInstanceNames", Sent.className("VM_Guest") + Sent.flag("Odd", "1")))
        #expect(surplus?.message == "EnumerateInstanceNames has no parameter Odd; it takes ClassName.")
        let mistyped = try await face.fault(
            Sent.intrinsic("GetClass", #"<IPARAMVALUE NAME="ClassName"><INSTANCENAME CLASSNAME="A"/></IPARAMVALUE>"#))
        #expect(mistyped?.message == "GetClass takes a CLASSNAME as ClassName, not a INSTANCENAME.")
    }
}
