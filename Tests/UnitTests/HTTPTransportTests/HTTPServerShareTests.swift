import Glibc
import Testing

@testable import HTTPTransport

/// What clients that are gone still hold, and what one user may hold.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerShareTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    private let gate = Gate()
    private let started = History<String>()

    /// Notes what it is asked, and answers when the gate is open.
    private var handler: HTTPServer.Handler {
        { [gate, started] request in
            started.add(request.path)
            await gate.pass()
            return await echo(request)
        }
    }

    /// The user of these tests is one like others, who may hold half.
    private func sharing(_ adjust: (inout HTTPServer.Options) -> Void) -> HTTPServer.Options {
        options {
            $0.privilegedUsers = []
            adjust(&$0)
        }
    }

    // MARK: Clients that are gone

    @Test func aRequestThatWaitsIsDroppedWithItsConnection() async throws {
        try await withServer(options { $0.concurrentRequests = 1 }, handler: handler) { fixture in
            let first = try fixture.client()
            try await first.send(post("12345", path: "/first"))
            try await started.wait { _ in true }
            var second: RawClient? = try fixture.client()
            let third = try fixture.client()
            try await second?.send(post("1234567", path: "/second"))
            try await fixture.until { $0.waitingRequests == 1 && $0.bufferedBytes == 12 }
            try await third.send(post("1", path: "/third"))
            try await fixture.until { $0.waitingRequests == 2 && $0.bufferedBytes == 13 }
            second = nil
            try await fixture.closed(1)
            try await fixture.until { $0.waitingRequests == 1 && $0.bufferedBytes == 6 }
            #expect(fixture.history.events.contains { if case .requestDropped = $0 { true } else { false } })
            gate.open()
            for client in [first, third] { #expect(try await client.response().status == 200) }
            #expect(started.events == ["/first", "/third"])
        }
    }

    @Test func aRequestWithItsHandlerIsHeldUntilItIsDone() async throws {
        try await withServer(options { $0.bufferedBytes = 100_000 }, handler: handler) { fixture in
            for count in 1...2 {
                let client = try fixture.client()
                try await client.send(post(String(repeating: "x", count: 50_000)))
                try await fixture.until { $0.runningRequests == count }
            }
            try await fixture.closed(2)
            #expect(
                await fixture.server.statistics()
                    == HTTPServerStatistics(
                        connections: 0, runningRequests: 2, waitingRequests: 0, bufferedBytes: 100_000))
            let late = try fixture.client()
            try await late.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1234")
            #expect(try await late.response().status == 503)
            gate.open()
            try await fixture.history.wait(for: 2) { if case .responseDropped = $0 { true } else { false } }
            try await fixture.until { $0.runningRequests == 0 && $0.bufferedBytes == 0 }
            #expect(try await fixture.client().request(post("123456789")).status == 200)
        }
    }

    @Test func aRequestWhoseAnswerIsStreamedIsHeldUntilItIsDone() async throws {
        let small = options { $0.streamPieceBytes = 4 }
        try await withServer(small) { [gate] _ in
            let stream = HTTPBodyStream { writer in
                try await writer.write(Array("1234".utf8))
                await gate.pass()
                return [:]
            }
            return HTTPResponse(status: 200, stream: stream)
        } _: { fixture in
            let client = try fixture.client()
            try await client.send(post("1234567"))
            #expect(try await client.response().status == 200)
            // The piece is on its way, or taken.
            try await fixture.until { $0.bufferedBytes == 7 }
            gate.open()
            try await fixture.until { $0.bufferedBytes == 0 }
        }
    }

    // MARK: One user

    private func expectOwnWords(_ response: RawClient.Response?) {
        #expect(response?.status == 503)
        #expect(
            response?.body.contains("user \(geteuid()) may have 2, and has them") == true, "\(response?.body ?? "")")
    }

    @Test func aUserMayHaveHalfOfTheConnections() async throws {
        try await withServer(sharing { $0.connections = 4 }) { fixture in
            let first = try fixture.client()
            var second: RawClient? = try fixture.client()
            for client in [first, second] { #expect(try await client?.request(Self.get).status == 200) }
            var third: RawClient? = try fixture.client()
            let refusal = try await third?.response()
            expectOwnWords(refusal)
            #expect(refusal?.field("Connection") == "close")
            third = nil
            second = nil
            try await fixture.closed(2)
            for client in [first, try fixture.client()] {
                #expect(try await client.request(Self.get).status == 200)
            }
        }
    }

    @Test func aUserMayHoldHalfOfTheBytes() async throws {
        try await withServer(sharing { $0.bufferedBytes = 200_000 }) { fixture in
            let part =
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90001\r\n\r\n" + String(repeating: "x", count: 90_000)
            let first = try fixture.client()
            try await first.send(part)
            try await fixture.until { $0.bufferedBytes == 90_000 }
            let second = try fixture.client()
            try await second.send(part)
            let refusal = try await second.response()
            #expect(refusal.status == 503)
            #expect(refusal.body.contains("user \(geteuid()) may have 100000"))
            #expect(try await first.request("y").status == 200)
            try await fixture.until { $0.bufferedBytes == 0 }
        }
    }

    @Test func aUserMayHaveHalfOfThePlacesAndTheRestOfItsRequestsWait() async throws {
        let settings = sharing {
            $0.concurrentRequests = 3
            $0.waitingRequests = 4
        }
        try await withServer(settings, handler: handler) { fixture in
            let clients = try (0..<4).map { _ in try fixture.client() }
            for client in clients { try await client.send(post("12")) }
            try await fixture.until { $0.waitingRequests == 2 && $0.bufferedBytes == 8 }
            #expect(await fixture.server.statistics()?.runningRequests == 2)
            let refused = try fixture.client()
            let response = try await refused.request(post("12"))
            expectOwnWords(response)
            #expect(response.field("Retry-After") == "1")
            #expect(await fixture.server.statistics()?.bufferedBytes == 8)
            gate.open()
            for client in clients { #expect(try await client.response().status == 200) }
            #expect(try await refused.request(Self.get).status == 200)
        }
    }
}
