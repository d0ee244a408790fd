import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func aRequestIsAnswered() async throws {
        try await withServer { fixture in
            let response = try await fixture.client().request(post("hello", path: "/cimom"))
            #expect(response.status == 200)
            #expect(response.body == "POST /cimom hello")
            #expect(
                response.head == """
                    HTTP/1.1 200 OK\r
                    Content-Type: text/plain\r
                    Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                    Content-Length: 17\r
                    \r\n
                    """)
        }
    }

    @Test func aConnectionServesManyRequests() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            for number in 0..<100 {
                #expect(try await client.request(post("\(number)")).body == "POST / \(number)")
            }
            #expect(
                fixture.history.events.count(where: { if case .connectionOpened = $0 { true } else { false } }) == 1)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let running = History<Int>()
        let handler: HTTPServer.Handler = { request in
            running.add(1)
            defer { running.add(-1) }
            return await echo(request)
        }
        try await withServer(handler: handler) { fixture in
            let client = try fixture.client()
            try await client.send((0..<200).map { post("\($0)") }.joined())
            for number in 0..<200 { #expect(try await client.response().body == "POST / \(number)") }
        }
        // Never two at once from one connection.
        #expect(running.events.allSatisfy { $0 == 1 || $0 == -1 })
        #expect(zip(running.events, running.events.dropFirst()).allSatisfy { $0 != $1 })
    }

    @Test func aChunkedBodyIsJoined() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            let response = try await client.request("2\r\nde\r\n0\r\n\r\n")
            #expect(response.body == "POST / abcde")
        }
    }

    @Test func continueIsSaidToAClientThatWaits() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
            #expect(try await client.request(head).status == 100)
            #expect(try await client.request("ok").body == "POST / ok")
        }
    }

    @Test func anOldClientIsAnsweredAndLeft() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            let answer = try await client.receiveToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\nConnection: close\r\n"))
        }
    }

    @Test func anOldClientMayKeepTheConnection() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            for _ in 0..<2 {
                let response = try await client.request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(response.field("Connection") == "keep-alive")
            }
        }
    }

    @Test func headHasTheLengthAndNoBody() async throws {
        try await withServer { fixture in
            let client = try fixture.client()
            try await client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.response(toHead: true).field("Content-Length") == "7")
            #expect(try await client.request(Self.get).body == "GET / ")
        }
    }

    @Test func thePeerIsKnown() async throws {
        let seen = History<HTTPPeer>()
        try await withServer { request in
            seen.add(request.peer)
            return HTTPResponse(status: 200)
        } _: { fixture in
            for _ in 0..<2 { _ = try await fixture.client().request(Self.get) }
        }
        #expect(seen.events.map(\.connection) == [1, 2])
        #expect(
            seen.events.allSatisfy { $0.processID == getpid() && $0.userID == geteuid() && $0.groupID == getegid() })
    }

    @Test func aLargeBodyTravelsBothWays() async throws {
        try await withServer(options { $0.bodyBytes = 20_000_000 }) { fixture in
            let client = try fixture.client()
            let body = String(repeating: "0123456789", count: 1_000_000)
            async let response = client.response()
            try await client.send(post(body))
            #expect(try await response.body == "POST / " + body)
        }
    }

    @Test func aClientThatEndsItsInputGetsItsAnswer() async throws {
        let gate = Gate()
        try await withServer { request in
            await gate.pass()
            return await echo(request)
        } _: { fixture in
            let client = try fixture.client()
            try await client.send(post("one") + post("two"))
            client.endOutput()
            gate.open()
            let answers = try await client.receiveToEnd()
            #expect(answers.contains("POST / one"))
            #expect(answers.hasSuffix("POST / two"))
        }
    }

    @Test func aClientThatLeavesHarmsNothing() async throws {
        let gate = Gate()
        let finished = History<String>()
        try await withServer { request in
            await gate.pass()
            finished.add(Task.isCancelled ? "cancelled" : String(decoding: request.body, as: UTF8.self))
            return await echo(request)
        } _: { fixture in
            try await fixture.client().send(post("left"))
            try await fixture.closed(1)
            gate.open()
            try await finished.wait { $0 == "left" }
            try await fixture.history.wait { if case .responseDropped = $0 { true } else { false } }
            #expect(try await fixture.client().request(Self.get).status == 200)
            try await fixture.closed(2)
            #expect(
                await fixture.server.statistics()
                    == HTTPServerStatistics(connections: 0, runningRequests: 0, waitingRequests: 0, bufferedBytes: 0))
        }
    }

    @Test(arguments: [
        "", "\r", "POST", "POST / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
    ])
    func aClientThatStopsHalfwayHarmsNothing(_ part: String) async throws {
        try await withServer { fixture in
            try await fixture.client().send(part)
            try await fixture.closed(1)
            let client = try fixture.client()
            try await client.send(part)
            client.endOutput()
            let answer = try await client.receiveToEnd()
            #expect(part.isEmpty ? answer.isEmpty : answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            try await fixture.closed(2)
            #expect(await fixture.server.statistics()?.bufferedBytes == 0)
        }
    }

    @Test func aClientThatLeavesInTheMiddleOfAResponseHarmsNothing() async throws {
        let large = [UInt8](repeating: 0x78, count: 10_000_000)
        try await withServer { _ in
            HTTPResponse(status: 200, body: large)
        } _: { fixture in
            var client: RawClient? = try fixture.client()
            try await client?.send(Self.get)
            _ = try await client?.receive(bytes: 1000)
            client = nil
            try await fixture.closed(1)
            #expect(await fixture.server.statistics()?.bufferedBytes == 0)
            #expect(fixture.history.events.contains { if case .responseDropped = $0 { true } else { false } })
        }
    }
}
