import CIM
import CIMXML
import HTTPTransport
import Testing
import WBEMServer
import XML

@Suite struct CIMXMLFaceEnvelopeTests {
    private let call = Sent.intrinsic("GetClass", Sent.className("VM_Guest"))

    private func changed(_ header: String, _ value: String?) -> HTTPRequest {
        var request = call
        request.headers.remove(header)
        if let value { request.headers.append(header, value) }
        return request
    }

    private func text(_ response: HTTPClientResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test(arguments: ["GET", "PUT", "HEAD", "DELETE", "TRACE", "CONNECT", "PATCH"])
    func otherMethodsAreNotAllowed(method: String) async throws {
        var request = call
        request.method = method
        let response = try await Face.make().wholeResponse(to: request)
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "OPTIONS, POST, M-POST")
    }

    @Test(arguments: ["post", "FETCH", "M-GET"])
    func methodsThatNobodyKnowsAreNotImplemented(method: String) async throws {
        var request = call
        request.method = method
        #expect(try await Face.make().wholeResponse(to: request).status == 501)
    }

    @Test(arguments: [
        nil, "text/html", "application/xml; charset=iso-8859-1", "text/xml;charset=\"utf-16\"", "application/json",
    ])
    func otherContentIsUnsupported(type: String?) async throws {
        let response = try await Face.make().wholeResponse(to: changed("Content-Type", type))
        #expect(response.status == 415)
        #expect(!response.body.isEmpty)
    }

    @Test(arguments: [
        "application/xml", "text/xml", "Application/XML;charset=UTF-8", "text/xml ; charset=\"utf-8\"",
        "application/xml; charset=utf-8; x=y",
    ])
    func xmlInUTF8IsAccepted(type: String) async throws {
        #expect(try await Face.make().wholeResponse(to: changed("Content-Type", type)).status == 200)
    }

    @Test func compressedBodiesAreUnsupported() async throws {
        #expect(try await Face.make().wholeResponse(to: changed("Content-Encoding", "gzip")).status == 415)
        #expect(try await Face.make().wholeResponse(to: changed("Content-Encoding", "identity")).status == 200)
    }

    @Test(
        arguments: [
            ("CIMOperation", nil, 400, "unsupported-operation"),
            ("CIMOperation", "Batch", 400, "unsupported-operation"),
            ("CIMMethod", nil, 400, "header-mismatch"), ("CIMMethod", "GetInstance", 400, "header-mismatch"),
            ("CIMObject", nil, 400, "header-mismatch"), ("CIMObject", "root/other", 400, "header-mismatch"),
            ("CIMObject", "root/virt:VM_Guest", 400, "header-mismatch"),
            ("CIMProtocolVersion", "1.4", 400, "header-mismatch"), ("CIMBatch", "", 400, "header-mismatch"),
            ("CIMProtocolVersion", "2.0", 501, "unsupported-protocol-version"),
        ] as [(String, String?, UInt16, String)])
    func headersMustAgreeWithTheMessage(
        header: String, value: String?, status: UInt16, cimError: String
    ) async throws {
        let response = try await Face.make().wholeResponse(to: changed(header, value))
        #expect(response.status == status)
        #expect(response.headers["CIMError"] == cimError)
        #expect(response.headers["CIMOperation"] == nil)
        #expect(response.headers["PGErrorDetail"].map { !$0.isEmpty } == true)
        #expect(!response.body.isEmpty)
    }

    @Test(arguments: [
        ("CIMObject", "root%2Fvirt"), ("CIMObject", "ROOT/VIRT"), ("CIMObject", "/root/virt"),
        ("CIMMethod", "getclass"),
        ("CIMMethod", "%47etClass"), ("CIMProtocolVersion", "1.0"), ("cimobject", "root/virt"),
    ])
    func headersAreComparedByMeaning(header: String, value: String) async throws {
        #expect(try await Face.make().wholeResponse(to: changed(header, value)).status == 200)
    }

    @Test(arguments: [
        (#"root/virt:VM_Service.Name="mover \"é%""#, true),
        (#"root%2Fvirt%3AVM_Service.Name="mover \"%C3%A9%25""#, true),
        (#"root%2Fvirt%3AVM_Service.Name="mover \"%E9%25""#, true),
        (#"//h1/root/virt:vm_service.name="mover \"é%""#, true),
        (#"root/virt:VM_Service.Name="Mover \"é%""#, false),
        (#"root/virt:VM_Guest.Name="mover \"é%""#, false),
        (#"VM_Service.Name="mover \"é%""#, false),
        (#"root/virt:VM_Service"#, false),
        (#"root/virt:VM_Service.Name="mover \"é%",Number=1"#, false),
        ("rubbish", false),
    ])
    func thePathOfAMethodIsComparedByMeaning(object: String, agrees: Bool) async throws {
        let response = try await Face.make().wholeResponse(
            to: Sent.method("Move", Sent.guest + Sent.host, object: object))
        #expect(response.status == (agrees ? 200 : 400))
        #expect(response.headers["CIMError"] == (agrees ? nil : "header-mismatch"))
    }

    @Test func keysOfEveryTypeAreComparedByMeaning() async throws {
        let keys = [
            (#"N="7""#, "numeric", "7", true), ("N=7", "numeric", "7", true), ("N=0x7", "numeric", "7", true),
            ("N=8", "numeric", "7", false), ("N=-7", "numeric", "-7", true), ("B=true", "boolean", "TRUE", true),
            ("B=FALSE", "boolean", "TRUE", false), ("R=1.50", "numeric", "1.5", true),
        ]
        for (header, kind, value, agrees) in keys {
            let key = header.prefix { $0 != "=" }
            let target =
                #"<LOCALINSTANCEPATH>\#(Sent.localNamespace)<INSTANCENAME CLASSNAME="A"><KEYBINDING NAME="\#(key)">"#
                + #"<KEYVALUE VALUETYPE="\#(kind)">\#(value)</KEYVALUE></KEYBINDING></INSTANCENAME>"#
                + "</LOCALINSTANCEPATH>"
            let body = Sent.message(#"<SIMPLEREQ><METHODCALL NAME="M">\#(target)</METHODCALL></SIMPLEREQ>"#)
            let response = try await Face.make().wholeResponse(
                to: Sent.request("M", "root/virt:A.\(header)", body: body))
            #expect(response.status == (agrees ? 200 : 400), "\(header)")
        }
    }

    @Test func aReferenceKeyIsItsQuotedPathInTheHeader() async throws {
        let inner =
            #"<INSTANCENAME CLASSNAME="B"><KEYBINDING NAME="K"><KEYVALUE>x</KEYVALUE></KEYBINDING></INSTANCENAME>"#
        let target =
            #"<LOCALINSTANCEPATH>\#(Sent.localNamespace)<INSTANCENAME CLASSNAME="A"><KEYBINDING NAME="R">"#
            + "<VALUE.REFERENCE>\(inner)</VALUE.REFERENCE></KEYBINDING></INSTANCENAME></LOCALINSTANCEPATH>"
        let body = Sent.message(#"<SIMPLEREQ><METHODCALL NAME="M">\#(target)</METHODCALL></SIMPLEREQ>"#)
        for (value, status) in [(##"B.K=\"x\""##, 200), (##"B.K=\"y\""##, 400), ("nonsense.", 400)]
            as [(String, UInt16)]
        {
            let request = Sent.request("M", #"root/virt:A.R="\#(value)""#, body: body)
            #expect(try await Face.make().wholeResponse(to: request).status == status, "\(value)")
        }
    }

    @Test(
        arguments: [
            ("<CIM", 400, "request-not-well-formed"), ("", 400, "request-not-well-formed"),
            ("<!DOCTYPE CIM><CIM/>", 400, "request-not-well-formed"), ("<XML/>", 400, "request-not-valid"),
            (Sent.message("<MULTIREQ/>"), 501, "multiple-requests-unsupported"),
            (Sent.message("<SIMPLERSP/>"), 400, "request-not-valid"),
            (#"<CIM CIMVERSION="3.0" DTDVERSION="2.0"/>"#, 501, "unsupported-cim-version"),
            (#"<CIM CIMVERSION="2.0" DTDVERSION="1.0"/>"#, 501, "unsupported-dtd-version"),
            (
                Sent.message("").replacing(#"PROTOCOLVERSION="1.0""#, with: #"PROTOCOLVERSION="2.0""#), 501,
                "unsupported-protocol-version"
            ),
            (
                Sent.message(#"<SIMPLEEXPREQ><EXPMETHODCALL NAME="ExportIndication"/></SIMPLEEXPREQ>"#), 400,
                "unsupported-operation"
            ),
        ] as [(String, UInt16, String)])
    func aMessageThatIsNoneHasItsCIMError(body: String, status: UInt16, cimError: String) async throws {
        var request = call
        request.body = Array(body.utf8)
        let response = try await Face.make().wholeResponse(to: request)
        #expect(response.status == status)
        #expect(response.headers["CIMError"] == cimError)
    }

    @Test func theBodySaysWhereTheFaultIs() async throws {
        var request = call
        request.body = Array(Sent.message("\n<SIMPLEREQ X=\"1\"/>").utf8)
        let response = try await Face.make().wholeResponse(to: request)
        #expect(text(response) == "line 2, column 1: <SIMPLEREQ> has no attribute X\n")
        #expect(response.headers["Content-Type"] == #"text/plain; charset="utf-8""#)
    }

    @Test func mandatoryPostIsAnsweredInKind() async throws {
        var request = call
        request.method = "M-POST"
        request.headers = HTTPHeaderFields([
            ("Content-Type", "application/xml"), ("Man", "http://www.dmtf.org/cim/mapping/http/v1.0 ; ns=73"),
            ("73-CIMOperation", "MethodCall"), ("73-CIMMethod", "GetClass"), ("73-CIMObject", "root/virt"),
        ])
        let face = try Face.make()
        let response = try await face.wholeResponse(to: request)
        #expect(response.status == 200)
        #expect(response.headers["Man"] == "http://www.dmtf.org/cim/mapping/http/v1.0 ; ns=73")
        #expect(response.headers["Ext"]?.isEmpty == true)
        #expect(response.headers["73-CIMOperation"] == "MethodResponse")
        request.headers.replace("73-CIMObject", with: "root/other")
        let refused = try await face.wholeResponse(to: request)
        #expect(refused.status == 400)
        #expect(refused.headers["73-CIMError"] == "header-mismatch")
    }

    @Test(
        arguments: [
            (nil, 510), ("http://example.com/other ; ns=01", 510), ("http://www.dmtf.org/cim/mapping/http/v1.0", 400),
            ("http://www.dmtf.org/cim/mapping/http/v1.0; ns=abc", 400),
            ("\"http://www.dmtf.org/cim/mapping/http/v1.0\"; ns=12", 400),
        ] as [(String?, UInt16)])
    func mandatoryPostNeedsItsExtension(man: String?, status: UInt16) async throws {
        var request = changed("Man", man)
        request.method = "M-POST"
        #expect(try await Face.make().wholeResponse(to: request).status == status)
    }

    @Test(arguments: ["CIMOperation", "CIMMethod", "CIMObject", "CIMProtocolVersion"])
    func aHeaderThatStandsTwiceHasNoMeaning(header: String) async throws {
        var request = changed("CIMProtocolVersion", "1.0")
        request.headers.append(header, request.headers[header] ?? "")
        let response = try await Face.make().wholeResponse(to: request)
        #expect(response.status == 400)
        #expect(response.headers["CIMError"] == "header-mismatch")
    }
}
