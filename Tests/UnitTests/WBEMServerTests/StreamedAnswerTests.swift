import CIM
import CIMXML
import HTTPTransport
import Testing
import WBEMServer

@Suite struct StreamedAnswerTests {
    private let request = Sent.intrinsic("EnumerateInstances", Sent.className("W_Many"))

    private func stream(_ response: HTTPResponse) throws -> HTTPBodyStream {
        guard case .stream(let stream) = response.body else { throw CIMError(.failed, "not streamed") }
        return stream
    }

    @Test func aLongAnswerIsMadeWhileItIsSent() async throws {
        let face = try World(many: 10_000).face
        let response = await face.respond(to: request)
        let pieces = Mutable<[Int]>([])
        let writer = HTTPBodyWriter(pieceBytes: 64 << 10) { (piece) async throws(HTTPTransportError) in
            pieces.value.append(piece.count)
        }
        #expect(try await stream(response).write(to: writer)["CIMStatusCode"] == nil)
        #expect(pieces.value.count > 20)
        #expect((pieces.value.max() ?? 0) < 140 << 10)
        let whole = try await face.items(request)
        #expect(whole.count == 10_000)
    }

    @Test func aShortAnswerGoesOutAsAWhole() async throws {
        guard case .bytes(let bytes) = await (try World().face).respond(to: request).body else {
            Issue.record("streamed")
            return
        }
        #expect(!bytes.isEmpty)
    }

    @Test func anEarlyErrorIsAnsweredAsOne() async throws {
        let fault = try await World(many: 10_000, failing: 20).face.fault(request)
        #expect(fault?.code == .failed)
        #expect(fault?.message.contains("(incident ") == true)
    }

    @Test func aLateErrorIsToldInATrailerOrBreaksTheAnswerOff() async throws {
        let face = try World(many: 10_000, failing: 9_000).face
        let writer = HTTPBodyWriter(pieceBytes: .max) { (_) async throws(HTTPTransportError) in }
        let plain = try stream(await face.respond(to: request))
        await #expect(throws: CIMError(.failed, "")) { try await plain.write(to: writer) }

        var telling = request
        telling.acceptsTrailers = true
        let told = try stream(await face.respond(to: telling))
        #expect(told.trailerNames == ["CIMStatusCode", "CIMStatusCodeDescription"])
        let whole = HTTPBodyWriter(pieceBytes: .max) { (_) async throws(HTTPTransportError) in }
        let trailers = try await told.write(to: whole)
        #expect(trailers["CIMStatusCode"] == "1")
        #expect(trailers["CIMStatusCodeDescription"]?.contains("incident") == true)
        #expect(try CIMXMLResponse(parsing: whole.takeRest()).messageID == "m7")
    }

    @Test func aClientThatIsGoneEndsTheWork() async throws {
        let response = await (try World(many: 10_000).face).respond(to: request)
        let writer = HTTPBodyWriter(pieceBytes: 64 << 10) { (_) async throws(HTTPTransportError) in
            throw HTTPTransportError(.connectionClosed, "gone")
        }
        let streamed = try stream(response)
        await #expect(throws: HTTPTransportError.self) { try await streamed.write(to: writer) }
    }
}
