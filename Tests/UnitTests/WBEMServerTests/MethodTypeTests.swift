import CIM
import CIMXML
import HTTPTransport
import Testing
import WBEMServer

/// Values of every type go in and come out of a method, alone and in arrays, with PARAMTYPE and without.
@Suite struct MethodTypeTests {
    private static let samples: [(CIMType, [String])] = [
        (.boolean, ["TRUE", "FALSE"]), (.string, ["", " a&lt;b&gt; \u{1F600} ü "]), (.char16, ["x", "ü"]),
        (.datetime, ["20260102030405.000006+060", "00000001020304.000005:000", "20260102030405.******+000"]),
        (.uint8, ["0", "255"]), (.uint16, ["0", "65535"]), (.uint32, ["0", "4294967295"]),
        (.uint64, ["0", "18446744073709551615"]), (.sint8, ["-128", "127"]), (.sint16, ["-32768", "32767"]),
        (.sint32, ["-2147483648", "2147483647"]), (.sint64, ["-9223372036854775808", "9223372036854775807"]),
        (.real32, ["1.5", "-3.4e+38"]), (.real64, ["0.1", "-1.7976931348623157e+308", "5e-324"]),
    ]

    private func call(_ method: String, _ arguments: String) -> HTTPRequest {
        let target =
            "<LOCALINSTANCEPATH>\(Sent.localNamespace)<INSTANCENAME CLASSNAME=\"W_Types\"><KEYBINDING NAME=\"Name\">"
            + "<KEYVALUE>types</KEYVALUE></KEYBINDING></INSTANCENAME></LOCALINSTANCEPATH>"
        let body = Sent.message(
            #"<SIMPLEREQ><METHODCALL NAME="\#(method)">\#(target)\#(arguments)</METHODCALL></SIMPLEREQ>"#)
        return Sent.request(method, #"root/virt:W_Types.Name="types""#, body: body)
    }

    private func argument(_ name: String, _ type: String?, _ content: String, embedded: String? = nil) -> String {
        let attributes =
            (type.map { #" PARAMTYPE="\#($0)""# } ?? "") + (embedded.map { #" EmbeddedObject="\#($0)""# } ?? "")
        return #"<PARAMVALUE NAME="\#(name)"\#(attributes)>\#(content)</PARAMVALUE>"#
    }

    @Test(arguments: samples.map(\.0), [true, false])
    func everyValueComesBackAsItWent(type: CIMType, typed: Bool) async throws {
        let face = try World().face
        let texts = Self.samples.first { $0.0 == type }?.1 ?? []
        let written = typed ? type.rawValue : nil
        let array = "<VALUE.ARRAY>" + texts.map { "<VALUE>\($0)</VALUE>" }.joined() + "<VALUE.NULL/></VALUE.ARRAY>"
        for text in texts {
            let outcome = try await face.outcome(
                call(
                    "Echo_\(type.rawValue)",
                    argument("Value", written, "<VALUE>\(text)</VALUE>") + argument("Values", written, array)))
            let plain = text.replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            let expected = try #require(CIMValue(text: plain, type: type))
            #expect(outcome["Result"]?.type == type)
            #expect(try outcome["Result"]?.value() == expected)
            #expect(try outcome["Results"]?.value()?.elements?.count == texts.count + 1)
            #expect(try outcome["Results"]?.value()?.elements?.last == .some(nil))
        }
    }

    private static let box =
        #"<INSTANCENAME CLASSNAME="W_Box"><KEYBINDING NAME="Name"><KEYVALUE>a</KEYVALUE></KEYBINDING></INSTANCENAME>"#

    @Test(arguments: [
        "<VALUE.REFERENCE>\(box)</VALUE.REFERENCE>",
        "<VALUE.REFERENCE><LOCALINSTANCEPATH>\(Sent.localNamespace)\(box)</LOCALINSTANCEPATH></VALUE.REFERENCE>",
        "<VALUE.REFERENCE><INSTANCEPATH><NAMESPACEPATH><HOST>h0</HOST>\(Sent.localNamespace)</NAMESPACEPATH>\(box)"
            + "</INSTANCEPATH></VALUE.REFERENCE>", box, "<VALUE>root/virt:W_Box.Name=&quot;a&quot;</VALUE>",
    ])
    func referencesComeInInAnyForm(form: String) async throws {
        let type = form.hasPrefix("<VALUE>") ? nil : "reference"
        let outcome = try await World().face.outcome(call("Echo_reference", argument("Value", type, form)))
        let path = try outcome["Result"]?.value()?.referenceValue
        #expect(path?["Name"] == .string("a"))
        #expect(path?.namespace == World.here)
    }

    @Test func referencesComeInArrays() async throws {
        let array = "<VALUE.REFARRAY><VALUE.REFERENCE>\(Self.box)</VALUE.REFERENCE><VALUE.NULL/></VALUE.REFARRAY>"
        let outcome = try await World().face.outcome(call("Echo_reference", argument("Values", "reference", array)))
        #expect(outcome["Results"]?.item?.elementName == "VALUE.REFARRAY")
        #expect(try outcome["Results"]?.value()?.elements?.count == 2)
    }

    private static let xml =
        "<VALUE>&lt;INSTANCE CLASSNAME=\"W_Setting\">&lt;PROPERTY NAME=\"Note\" TYPE=\"string\">&lt;VALUE>&amp;lt;n&amp;gt;"
        + "&lt;/VALUE>&lt;/PROPERTY>&lt;/INSTANCE></VALUE>"
    private static let mof = "<VALUE>instance of VM_Setting {};</VALUE>"

    @Test func embeddedObjectsComeBackAsCIMXML() async throws {
        let face = try World().face
        for (method, type, embedded) in [
            ("Echo_instance", "string", "instance"), ("Echo_instance", "string", nil), ("Echo_instance", nil, nil),
            ("Echo_instance", "instance", nil), ("Echo_object", "object", nil), ("Echo_object", "string", "object"),
        ] as [(String, String?, String?)] {
            let array = "<VALUE.ARRAY>\(Self.xml)<VALUE.NULL/></VALUE.ARRAY>"
            let outcome = try await face.outcome(
                call(
                    method,
                    argument("Value", type, Self.xml, embedded: embedded)
                        + argument("Values", type, array, embedded: embedded)))
            let result = try #require(outcome["Result"])
            #expect(result.type == .string && result.embedding == .instance)
            #expect(try result.value()?.instanceValue?["Note"] == .string("<n>"))
            #expect(try outcome["Results"]?.value()?.elements?.first??.instanceValue?.className == "W_Setting")
        }
        let object = "<VALUE>&lt;CLASS NAME=\"W_New\">&lt;/CLASS></VALUE>"
        let outcome = try await face.outcome(
            call("Echo_object", argument("Value", "string", object, embedded: "object")))
        #expect(outcome["Result"]?.embedding == .object)
    }

    @Test func nullIsLeftOutOfTheAnswer() async throws {
        let face = try World().face
        for arguments in ["", argument("Value", "uint8", ""), argument("Value", nil, "")] {
            #expect(try await face.outcome(call("Echo_uint8", arguments)).outParameters.isEmpty)
        }
        let empty = try await face.outcome(call("Echo_uint8", argument("Values", "uint8", "<VALUE.ARRAY/>")))
        #expect(try empty["Results"]?.value() == .array(.uint8, []))
    }

    @Test(
        arguments: [
            ("Echo_uint8", "Value", "uint16", "<VALUE>1</VALUE>"),
            ("Echo_uint8", "Value", "string", "<VALUE>1</VALUE>"),
            ("Echo_uint8", "Value", "uint8", "<VALUE>256</VALUE>"), ("Echo_uint8", "Value", nil, "<VALUE>-1</VALUE>"),
            ("Echo_uint8", "Value", nil, "<VALUE></VALUE>"), ("Echo_uint8", "Value", "uint8", "<VALUE.ARRAY/>"),
            ("Echo_uint8", "Values", "uint8", "<VALUE>1</VALUE>"), ("Echo_boolean", "Value", nil, "<VALUE>yes</VALUE>"),
            ("Echo_char16", "Value", "char16", "<VALUE>xy</VALUE>"),
            ("Echo_datetime", "Value", nil, "<VALUE>now</VALUE>"),
            ("Echo_real32", "Value", "real32", "<VALUE>1,5</VALUE>"),
            ("Echo_reference", "Value", "reference", "<VALUE>x</VALUE>"),
            ("Echo_instance", "Value", "string", "<VALUE>rubbish</VALUE>"),
            ("Echo_instance", "Value", nil, "<VALUE></VALUE>"),
            ("Echo_instance", "Value", "string", "<VALUE>&lt;INSTANCE CLASSNAME=\"W_Box\"/></VALUE>"),
            ("Echo_instance", "Value", "string", "<VALUE>&lt;INSTANCE CLASSNAME=\"No_Such\"/></VALUE>"),
            ("Echo_uint8", "Result", "uint8", "<VALUE>1</VALUE>"), ("Echo_uint8", "Odd", "uint8", "<VALUE>1</VALUE>"),
        ] as [(String, String, String?, String)])
    func whatDoesNotFitIsAnInvalidParameter(method: String, name: String, type: String?, content: String) async throws {
        let fault = try await World().face.fault(call(method, argument(name, type, content)))
        #expect(fault?.code == .invalidParameter)
        #expect(fault?.message.contains(name) == true)
    }

    @Test func aTargetThatIsNotThereComesFirst() async throws {
        let face = try World().face
        func request(_ method: String, name: String, _ arguments: String = "") -> HTTPRequest {
            var request = call(method, arguments)
            request.body = Array(
                String(decoding: request.body, as: UTF8.self).replacing(">types<", with: ">\(name)<").utf8)
            request.headers.remove("CIMObject")
            request.headers.append("CIMObject", #"root/virt:W_Types.Name="\#(name)""#)
            return request
        }
        let bad = argument("Value", nil, "<VALUE>x</VALUE>")
        #expect(try await face.fault(request("Echo_uint8", name: "gone", bad))?.code == .notFound)
        #expect(try await face.fault(request("Echo_uint8", name: "types", bad))?.code == .invalidParameter)
        #expect(try await face.fault(request("NoSuch", name: "gone"))?.code == .notFound)
        #expect(try await face.fault(request("Declared", name: "gone"))?.code == .notFound)
        #expect(try await face.fault(request("NoSuch", name: "types", bad))?.code == .methodNotFound)
        #expect(try await face.fault(request("Declared", name: "types"))?.code == .methodNotAvailable)
    }
}
