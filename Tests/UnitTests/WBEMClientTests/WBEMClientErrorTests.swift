import CIM
import CIMXML
import HTTPTransport
import Testing

@testable import WBEMClient

@Suite(.timeLimit(.minutes(1))) struct WBEMClientErrorTests {
    private static let path = CIMObjectPath(className: "X_Machine", keys: [CIMKeyBinding("Name", .string("a"))])

    private func error(_ call: () async throws -> some Any) async -> WBEMClientError? {
        do {
            _ = try await call()
            return nil
        } catch {
            return error as? WBEMClientError
        }
    }

    /// What GetInstance makes of a response.
    private func error(of response: @escaping @Sendable (HTTPRequest) -> HTTPResponse) async throws -> WBEMClientError?
    {
        try await withHTTPServer {
            response($0)
        } _: { connection in
            await error { try await connection.getInstance(Self.path) }
        }
    }

    @Test func aMissingServerIsTransportTrouble() async throws {
        let connection = WBEMConnection(socketPath: "/nonexistent/socket", namespace: .virt)
        let error = await error { try await connection.enumerateClassNames() }
        #expect(error?.code == .transport(HTTPTransportError(.noSuchSocket, "")))
        #expect(error?.description.hasPrefix("EnumerateClassNames at /nonexistent/socket: ") == true)
        #expect(error?.status == nil)
    }

    @Test func aSilentServerIsTransportTrouble() async throws {
        var options = WBEMConnection.Options()
        options.callTimeout = .milliseconds(30)
        try await withHTTPServer(options) { _ in
            // Longer than the call; cut short when the server is cancelled.
            await withTaskCancellationHandler {
                await Silence.shared.wait()
            } onCancel: {
                Silence.shared.end()
            }
            return HTTPResponse(status: 200)
        } _: { connection in
            let error = await error { try await connection.enumerateClassNames() }
            #expect(error?.code == .transport(HTTPTransportError(.deadlineExceeded, "")))
            Silence.shared.end()
        }
    }

    @Test func anHTTPRefusalTellsStatusAndCIMError() async throws {
        let error = try await error { _ in
            HTTPResponse(status: 400, headers: ["CIMError": "request-not-valid"], body: Array("no such element".utf8))
        }
        #expect(error?.code == .http(status: 400, cimError: "request-not-valid"))
        #expect(error?.message == "HTTP status 400; CIMError: request-not-valid; no such element")
        let other = try await self.error { _ in HTTPResponse(status: 503) }
        #expect(other?.code == .http(status: 503, cimError: nil))
        #expect(error != other)
    }

    @Test func aCIMStatusComesWithItsDetails() async throws {
        let details = [CIMInstance(className: "CIM_Error", properties: [CIMPropertyValue("MessageID", .string("X1"))])]
        let failure = CIMError(.notFound, "no machine <a>", details: details)
        let error = try await error { request in
            HTTPResponse(status: 200, body: answer(request, .intrinsic(.failure(failure))))
        }
        #expect(error?.code == .status(CIMError(.notFound, "")))
        #expect(error?.code != .status(CIMError(.failed, "")))
        #expect(error?.status?.message == "no machine <a>")
        #expect(error?.status?.details.first?["MessageID"] == .string("X1"))
        #expect(error?.message == "CIM_ERR_NOT_FOUND (6): no machine <a>")
    }

    @Test func aMethodsStatusIsAStatusToo() async throws {
        try await withWBEMServer { _ in
            .method(.failure(CIMError(.methodNotFound, "none")))
        } _: { connection in
            let error = await error { try await connection.invokeMethod("M", on: Self.path) }
            #expect(error?.code == .status(CIMError(.methodNotFound, "")))
            #expect(error?.operation == "M")
        }
    }

    @Test(arguments: ["", "hello", "<html></html>", "<CIM CIMVERSION=\"2.0\" DTDVERSION=\"2.0\">"])
    func whatIsNoCIMXMLIsMalformed(_ text: String) async throws {
        let error = try await error { _ in HTTPResponse(status: 200, body: Array(text.utf8)) }
        #expect(error?.code == .malformedResponse)
    }

    @Test func aResponseToAnotherCallIsMalformed() async throws {
        let instance = CIMInstance(className: "X_Machine")
        let good = CIMXMLReply.intrinsic(.success(IntrinsicResult([.instance(instance)])))
        let wrongID = try await error { _ in
            HTTPResponse(
                status: 200, body: CIMXMLResponse(messageID: "other", name: "GetInstance", reply: good).encoded())
        }
        #expect(wrongID?.code == .malformedResponse)
        #expect(wrongID?.message.contains("ID other") == true)
        let wrongName = try await error { _ in
            HTTPResponse(status: 200, body: CIMXMLResponse(messageID: "1", name: "GetClass", reply: good).encoded())
        }
        #expect(wrongName?.code == .malformedResponse)
        let wrongKind = try await error { request in
            HTTPResponse(status: 200, body: answer(request, .method(.success(MethodResult(nil)))))
        }
        #expect(wrongKind?.code == .malformedResponse)
    }

    @Test func aNameMayComeBackInAnotherCase() async throws {
        let reply = CIMXMLReply.intrinsic(.success(IntrinsicResult([.instance(CIMInstance(className: "X_Machine"))])))
        let error = try await error { _ in
            HTTPResponse(status: 200, body: CIMXMLResponse(messageID: "1", name: "GETINSTANCE", reply: reply).encoded())
        }
        #expect(error == nil)
    }

    @Test(
        arguments: [
            [], [.className("X_A")],
            [.instance(CIMInstance(className: "X_A")), .instance(CIMInstance(className: "X_A"))],
        ] as [[CIMXMLItem]])
    func aResultOfAnotherKindIsMalformed(_ items: [CIMXMLItem]) async throws {
        let error = try await error { request in
            HTTPResponse(status: 200, body: answer(request, .intrinsic(.success(IntrinsicResult(items)))))
        }
        #expect(error?.code == .malformedResponse)
    }

    @Test func aListWithSomethingElseInItIsMalformed() async throws {
        try await withWBEMServer { _ in
            .intrinsic(.success(IntrinsicResult([.className("X_A")])))
        } _: { connection in
            #expect(await error { try await connection.enumerateInstanceNames(of: "X_A") }?.code == .malformedResponse)
            #expect(await error { try await connection.enumerateInstances(of: "X_A") }?.code == .malformedResponse)
            #expect(await error { try await connection.enumerateClasses() }?.code == .malformedResponse)
            #expect(await error { try await connection.getClass("X_A") }?.code == .malformedResponse)
        }
    }

    @Test func aValueThatIsNotOfItsTypeIsMalformed() async throws {
        try await withWBEMServer { _ in
            .method(.success(MethodResult(CIMXMLTypedItem(type: .uint8, item: .value("256")))))
        } _: { connection in
            let error = await error { try await connection.invokeMethod("M", on: Self.path) }
            #expect(error?.code == .malformedResponse)
        }
    }

    @Test func aResponseBeyondTheLimitIsTransportTrouble() async throws {
        var options = WBEMConnection.Options()
        options.responseLimits.bytes = 1000
        try await withHTTPServer(options) { _ in
            HTTPResponse(status: 200, body: [UInt8](repeating: 0x20, count: 1001))
        } _: { connection in
            let error = await error { try await connection.enumerateClassNames() }
            #expect(error?.code == .transport(HTTPTransportError(.responseTooLarge, "")))
        }
    }
}
