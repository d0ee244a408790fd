import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct HTTPServerLimitTests {
    static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Sends the text; the answer must be whole, say that it is the last, and be followed by the end.
    private func expectRefusal(
        _ status: Int, of text: String, adjust: (inout HTTPServer.Options) -> Void = { _ in }
    ) async throws {
        try await withServer(options(adjust)) { fixture in
            let client = try fixture.client()
            let response = try await client.request(text)
            #expect(response.status == status)
            #expect(response.field("Connection") == "close")
            #expect(response.field("Content-Length") == "\(response.body.utf8.count)")
            #expect(!response.body.isEmpty)
            #expect(try await client.receive().isEmpty)
            try await fixture.refused(UInt16(status))
        }
    }

    @Test func aLongRequestLineGets414() async throws {
        try await expectRefusal(414, of: "GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    @Test func anEndlessRequestLineGets414() async throws {
        try await expectRefusal(414, of: String(repeating: "x", count: 200)) { $0.requestLineBytes = 100 }
    }

    @Test func largeHeadersGet431() async throws {
        try await expectRefusal(431, of: "GET / HTTP/1.1\r\nHost: h\r\nA: " + String(repeating: "x", count: 70_000))
    }

    @Test func manyHeadersGet431() async throws {
        try await expectRefusal(431, of: "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 101) + "\r\n")
    }

    @Test func aLargeBodyGets413() async throws {
        try await expectRefusal(413, of: post(String(repeating: "x", count: 1001))) { $0.bodyBytes = 1000 }
    }

    @Test func aLargeChunkedBodyGets413() async throws {
        let chunk = "100\r\n" + String(repeating: "x", count: 256) + "\r\n"
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await expectRefusal(413, of: head + String(repeating: chunk, count: 5)) { $0.bodyBytes = 1024 }
    }

    @Test(arguments: [
        (400, "GET / HTTP/1.1\r\n\r\n"),
        (400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
        (400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
        (400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"),
        (505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
        (417, "POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n"), (400, "\u{16}\u{3}\u{1}\r\n"),
    ])
    func whatIsNotUnderstoodIsRefused(_ status: Int, _ text: String) async throws {
        try await expectRefusal(status, of: text)
    }

    @Test func aRefusalReachesAClientThatIsStillSending() async throws {
        let settings = options {
            $0.bodyBytes = 1000
            // The client of this test may have to wait for its turn on a busy machine.
            $0.lingerTimeout = .seconds(60)
        }
        try await withServer(settings) { fixture in
            let client = try fixture.client()
            // Far more than the socket's buffers hold: the server must go on taking it in.
            try await client.send(post(String(repeating: "x", count: 5_000_000)))
            #expect(try await client.response().status == 413)
        }
    }

    @Test func lingeringEndsWhenTheClientNeverStops() async throws {
        try await withServer(
            options {
                $0.bodyBytes = 1000
                $0.lingerBytes = 100_000
            }
        ) { fixture in
            let client = try fixture.client()
            await #expect(throws: RawClient.Failure.self) {
                try await client.send(post(String(repeating: "x", count: 5_000_000)))
            }
            try await fixture.closed(1)
            #expect(try await client.response().status == 413)
        }
    }

    @Test func lingeringEndsInTime() async throws {
        try await withServer(options { $0.lingerTimeout = .milliseconds(20) }) { fixture in
            let client = try fixture.client()
            #expect(try await client.request("bad\r\n").status == 400)
            try await fixture.closed(1)
        }
    }

    @Test(arguments: [
        "G", "GET / HTTP/1.1\r\nHost: h\r\n", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel",
    ])
    func aSlowRequestGets408(_ part: String) async throws {
        try await expectRefusal(408, of: part) { $0.requestTimeout = .milliseconds(50) }
    }

    @Test func aRequestThatTricklesInGets408() async throws {
        // Progress does not extend the time.
        try await withServer(options { $0.requestTimeout = .milliseconds(100) }) { fixture in
            let client = try fixture.client()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\nA: ")
            while fixture.history.events.allSatisfy({ if case .requestRefused = $0 { false } else { true } }) {
                _ = client.sendNow([0x78])
                await Task.yield()
            }
            #expect(try await client.response().status == 408)
        }
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() async throws {
        // Long enough to connect and send on a busy machine.
        try await withServer(options { $0.idleTimeout = .seconds(2) }) { fixture in
            #expect(try await fixture.client().receiveToEnd().isEmpty)
            let client = try fixture.client()
            #expect(try await client.request(Self.get).status == 200)
            #expect(try await client.receiveToEnd().isEmpty)
        }
    }

    @Test func aRequestTimeoutDoesNotRunWhileTheHandlerWorks() async throws {
        let gate = Gate()
        let quick: (inout HTTPServer.Options) -> Void = {
            $0.requestTimeout = .milliseconds(30)
            $0.idleTimeout = .seconds(2)
            $0.responseTimeout = .milliseconds(30)
        }
        try await withServer(options(quick)) { request in
            await gate.pass()
            return await echo(request)
        } _: { fixture in
            let waiting = try fixture.client()
            try await waiting.send(Self.get)
            // Another connection's idle timeout, begun later, has passed.
            #expect(try await fixture.client().receiveToEnd().isEmpty)
            gate.open()
            #expect(try await waiting.response().status == 200)
        }
    }

    @Test func aClientThatDoesNotReadIsCutOff() async throws {
        let large = [UInt8](repeating: 0x78, count: 10_000_000)
        try await withServer(options { $0.responseTimeout = .milliseconds(50) }) { _ in
            HTTPResponse(status: 200, body: large)
        } _: { fixture in
            let client = try fixture.client()
            try await client.send(Self.get)
            try await fixture.closed(1)
            #expect(await fixture.server.statistics()?.bufferedBytes == 0)
            #expect(fixture.history.events.contains { if case .responseDropped = $0 { true } else { false } })
        }
    }

    @Test func connectionsBeyondTheLimitGet503() async throws {
        try await withServer(options { $0.connections = 2 }) { fixture in
            let first = try fixture.client()
            var second: RawClient? = try fixture.client()
            #expect(try await first.request(Self.get).status == 200)
            #expect(try await second?.request(Self.get).status == 200)
            var third: RawClient? = try fixture.client()
            let refusal = try await third?.response()
            #expect(refusal?.status == 503)
            #expect(refusal?.field("Connection") == "close")
            #expect(try await third?.receive().isEmpty == true)
            third = nil
            second = nil
            try await fixture.closed(2)
            #expect(try await fixture.client().request(Self.get).status == 200)
            #expect(try await first.request(Self.get).status == 200)
        }
    }

    @Test func aFloodOfConnectionsIsHeldOff() async throws {
        try await withServer(options { $0.connections = 1 }) { fixture in
            let first = try fixture.client()
            #expect(try await first.request(Self.get).status == 200)
            // More than are told so; the rest is closed at once.
            let clients = try (0..<100).map { _ in try fixture.client() }
            try await fixture.history.wait(for: 101) { if case .connectionOpened = $0 { true } else { false } }
            try await fixture.closed(36)
            withExtendedLifetime(clients) {}
            #expect(try await first.request(Self.get).status == 200)
        }
    }

    @Test func requestsBeyondTheQueueGet503() async throws {
        let gate = Gate()
        let started = History<Bool>()
        try await withServer(
            options {
                $0.concurrentRequests = 2
                $0.waitingRequests = 1
            }
        ) { request in
            started.add(true)
            await gate.pass()
            return await echo(request)
        } _: { fixture in
            let clients = try (0..<3).map { _ in try fixture.client() }
            for client in clients { try await client.send(Self.get) }
            try await started.wait(for: 2) { $0 }
            while await fixture.server.statistics()?.waitingRequests != 1 { await Task.yield() }
            let refused = try fixture.client()
            let response = try await refused.request(Self.get)
            #expect(response.status == 503)
            #expect(response.field("Retry-After") == "1")
            gate.open()
            for client in clients { #expect(try await client.response().status == 200) }
            // It was refused in order, so its connection serves on.
            #expect(try await refused.request(Self.get).status == 200)
        }
    }

    @Test func pipelinedRequestsBeyondTheQueueAreAllAnswered() async throws {
        let gate = Gate()
        let started = History<Bool>()
        try await withServer(
            options {
                $0.concurrentRequests = 1
                $0.waitingRequests = 0
            }
        ) { request in
            started.add(true)
            await gate.pass()
            return await echo(request)
        } _: { fixture in
            try await fixture.client().send(Self.get)
            try await started.wait { $0 }
            let client = try fixture.client()
            try await client.send(String(repeating: Self.get, count: 3000))
            for _ in 0..<3000 { #expect(try await client.response().status == 503) }
            gate.open()
        }
    }

    @Test func bytesHeldForAllClientsAreBounded() async throws {
        try await withServer(options { $0.bufferedBytes = 100_000 }) { fixture in
            let first = try fixture.client()
            let part = String(repeating: "x", count: 90_000)
            try await first.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90001\r\n\r\n" + part)
            while await fixture.server.statistics()?.bufferedBytes ?? 0 < 90_000 { await Task.yield() }
            let second = try fixture.client()
            try await second.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90001\r\n\r\n" + part)
            #expect(try await second.response().status == 503)
            #expect(try await first.request("y").status == 200)
            #expect(await fixture.server.statistics()?.bufferedBytes == 0)
        }
    }

    @Test func thousandsOfIdleConnectionsAreServed() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        let count = min(3000, Int(limit.rlim_cur) / 2 - 200)
        try await withServer(options { $0.connections = 5000 }) { fixture in
            var clients: [RawClient] = []
            for _ in 0..<count { clients.append(try fixture.client()) }
            try await fixture.history.wait(for: count) { if case .connectionOpened = $0 { true } else { false } }
            for client in clients.indices where client % 100 == 0 {
                #expect(try await clients[client].request(Self.get).status == 200)
            }
            #expect(await fixture.server.statistics()?.connections == count)
            clients.removeAll()
            try await fixture.closed(count)
        }
    }

    @Test func aLackOfDescriptorsPausesAccepting() async {
        // In a process of its own, because it takes every descriptor.
        await #expect(processExitsWith: .success) {
            try await withServer { fixture in
                _ = try await fixture.client().request(HTTPServerLimitTests.get)
                var limit = rlimit(rlim_cur: 64, rlim_max: 64)
                setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
                var hoard: [CInt] = []
                while case let descriptor = dup(0), descriptor >= 0 { hoard.append(descriptor) }
                if let last = hoard.popLast() { close(last) }
                let client = try fixture.client()
                let isFailure: @Sendable (HTTPServerEvent) -> Bool = {
                    if case .acceptFailed = $0 { true } else { false }
                }
                try await fixture.history.wait(isFailure)
                for descriptor in hoard { close(descriptor) }
                let response = try await client.request(HTTPServerLimitTests.get)
                #expect(response.status == 200)
                #expect(fixture.history.events.count(where: isFailure) <= 2)
            }
        }
    }
}
