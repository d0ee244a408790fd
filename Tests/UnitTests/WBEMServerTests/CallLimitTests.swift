import CIM
import CIMXML
import HTTPTransport
import Logging
import Testing
import WBEMServer

@Suite struct CallLimitTests {
    private let limits = CallLimits(arrayElements: 2)

    private func fault(_ request: HTTPRequest) async throws -> CIMStatusCode? {
        try await Face.make(callLimits: limits).fault(request)?.code
    }

    private func values(_ count: Int, in element: String = "VALUE.ARRAY") -> String {
        "<\(element)>\(String(repeating: "<VALUE>x</VALUE>", count: count))</\(element)>"
    }

    @Test(arguments: [(2, nil), (3, CIMStatusCode.serverLimitsExceeded)] as [(Int, CIMStatusCode?)])
    func anArrayOfAnOperationIsBounded(count: Int, code: CIMStatusCode?) async throws {
        let list = #"<IPARAMVALUE NAME="PropertyList">\#(values(count))</IPARAMVALUE>"#
        let request = Sent.intrinsic("EnumerateInstances", Sent.className("VM_Guest") + list)
        #expect(try await fault(request) == code)
    }

    @Test func anArrayOfAMethodIsBounded() async throws {
        let list = #"<PARAMVALUE NAME="Host" PARAMTYPE="string">\#(values(3))</PARAMVALUE>"#
        #expect(try await fault(Sent.method("Move", Sent.guest + list)) == .serverLimitsExceeded)
    }

    @Test func arraysOfReferencesAreBounded() async throws {
        let one = #"<VALUE.REFERENCE><CLASSNAME NAME="A"/></VALUE.REFERENCE>"#
        let list =
            #"<PARAMVALUE NAME="Host" PARAMTYPE="reference"><VALUE.REFARRAY>\#(one)\#(one)\#(one)</VALUE.REFARRAY>"#
            + "</PARAMVALUE>"
        #expect(try await fault(Sent.method("Move", Sent.guest + list)) == .serverLimitsExceeded)
    }

    @Test func anArrayInAnObjectIsBounded() async throws {
        let property = #"<PROPERTY.ARRAY NAME="P" TYPE="string">\#(values(3))</PROPERTY.ARRAY>"#
        for object in [#"<INSTANCE CLASSNAME="A">\#(property)</INSTANCE>"#, #"<CLASS NAME="A">\#(property)</CLASS>"#] {
            let request = Sent.intrinsic("Whatever", #"<IPARAMVALUE NAME="New">\#(object)</IPARAMVALUE>"#)
            #expect(try await fault(request) == .serverLimitsExceeded)
        }
    }

    @Test func theAnswerNamesTheLimit() async throws {
        let list = #"<IPARAMVALUE NAME="PropertyList">\#(values(3))</IPARAMVALUE>"#
        let error = try await Face.make(callLimits: limits).fault(Sent.intrinsic("GetInstance", list))
        #expect(error?.message.contains("PropertyList has 3 elements") == true)
        #expect(error?.message.contains("limits.arrayElements") == true)
    }
}
