import CIM
import HTTPTransport
import Testing
import WBEMServer

@Suite struct CIMXMLFaceNegotiationTests {
    private func response(_ fields: [(String, String)]) async throws -> HTTPClientResponse {
        var request = Sent.intrinsic("GetClass", Sent.className("VM_Guest"))
        for field in fields { request.headers.append(field.0, field.1) }
        return try await Face.make().wholeResponse(to: request)
    }

    @Test(arguments: [
        ("Accept", "*/*", "application/xml"), ("Accept", "text/xml, application/xml", "application/xml"),
        ("Accept", "application/*", "application/xml"), ("Accept", "text/xml", "text/xml"),
        ("Accept", "TEXT/XML ; q=0.5, application/xml;q=0", "text/xml"), ("Accept", "", "application/xml"),
        ("Accept", "text/html, */*;q=0.1", "application/xml"),
        ("Accept", "application/xml;charset=utf-8", "application/xml"),
        ("Accept-Charset", "utf-8", "application/xml"), ("Accept-Charset", "iso-8859-1, *;q=0.1", "application/xml"),
        ("Accept-Charset", "UTF-8;q=0.5", "application/xml"), ("Accept-Encoding", "", "application/xml"),
        ("Accept-Encoding", "gzip, deflate", "application/xml"),
        ("Accept-Encoding", "*;q=0, identity", "application/xml"),
        ("Accept-Language", "fr", "application/xml"), ("TE", "trailers", "application/xml"),
    ])
    func whatTheClientCanReadIsSent(field: String, value: String, type: String) async throws {
        let response = try await response([(field, value)])
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "\(type); charset=\"utf-8\"")
    }

    @Test(arguments: [
        ("Accept", "text/html"), ("Accept", "application/json, text/*;q=0"), ("Accept", "*/*;q=0"),
        ("Accept", "application/xml;q=0, text/xml;q=0.000, */*"), ("Accept-Charset", "iso-8859-1"),
        ("Accept-Charset", "utf-8;q=0, *"), ("Accept-Encoding", "gzip, identity;q=0"),
        ("Accept-Encoding", "gzip, *;q=0"),
        ("Accept-Ranges", "bytes"), ("Range", "bytes=0-99"),
    ])
    func whatIsNotToBeHadIsNotAcceptable(field: String, value: String) async throws {
        let response = try await response([(field, value)])
        #expect(response.status == 406)
        #expect(String(decoding: response.body, as: UTF8.self).contains(field))
    }

    // MARK: OPTIONS

    @Test(arguments: ["/cimom", "*"])
    func optionsTellsWhatCanBeAsked(path: String) async throws {
        let request = HTTPRequest(method: "OPTIONS", path: path, headers: ["Host": "h"], peer: HTTPPeer(connection: 1))
        let response = try await Face.make().wholeResponse(to: request)
        #expect(response.status == 200)
        #expect(response.body.isEmpty)
        #expect(response.headers["Allow"] == "OPTIONS, POST, M-POST")
        let extensionField = try #require(response.headers["Opt"])
        #expect(extensionField.hasPrefix("http://www.dmtf.org/cim/mapping/http/v1.0 ; ns="))
        let prefix = extensionField.suffix(2) + "-"
        #expect(response.headers[prefix + "CIMProtocolVersion"] == "1.0")
        #expect(response.headers[prefix + "CIMValidation"] == "validating")
        let groups = response.headers.list(prefix + "CIMSupportedFunctionalGroups")
        #expect(groups == FunctionalGroup.supported.map(\.rawValue))
        #expect(response.headers.list(prefix + "CIMSupportedQueryLanguages") == FunctionalGroup.queryLanguages)
    }

    /// What the operations need that change something; others are told from missing parameters what they are.
    private static let parameters: [CIMName: String] = [
        "CreateClass": #"<IPARAMVALUE NAME="NewClass"><CLASS NAME="X"/></IPARAMVALUE>"#,
        "ModifyClass": #"<IPARAMVALUE NAME="ModifiedClass"><CLASS NAME="W_Box"/></IPARAMVALUE>"#,
        "DeleteClass": Sent.className("W_Box"),
        "SetQualifier":
            #"<IPARAMVALUE NAME="QualifierDeclaration"><QUALIFIER.DECLARATION NAME="X" TYPE="string"/></IPARAMVALUE>"#,
        "DeleteQualifier": Sent.flag("QualifierName", "Key"),
    ]

    @Test(arguments: FunctionalGroup.allCases)
    func theGroupsThatAreToldAreThoseCarriedOut(_ group: FunctionalGroup) async throws {
        let face = try World().face
        var isCarriedOut = true
        for operation in group.operations {
            let request = Sent.intrinsic(operation.text, Self.parameters[operation] ?? "")
            if try await face.fault(request)?.code == .notSupported { isCarriedOut = false }
        }
        #expect(isCarriedOut == FunctionalGroup.supported.contains(group))
    }
}
