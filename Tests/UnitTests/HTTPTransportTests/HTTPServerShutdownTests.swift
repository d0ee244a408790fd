import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct HTTPServerShutdownTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func exchangesUnderWayFinish() async throws {
        let gate = Gate()
        let started = History<Bool>()
        try await withServer { request in
            started.add(true)
            await gate.pass()
            return await echo(request)
        } _: { fixture in
            let busy = try fixture.client()
            let idle = try fixture.client()
            let receiving = try fixture.client()
            try await busy.send(Self.get)
            try await receiving.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\no")
            try await started.wait { $0 }
            while await fixture.server.statistics()?.bufferedBytes != 1 { await Task.yield() }
            fixture.server.beginShutdown()
            #expect(try await idle.receiveToEnd().isEmpty)
            #expect(throws: RawClient.Failure.self) { try fixture.client() }
            gate.open()
            for client in [busy, receiving] {
                if client === receiving { try await client.send("k") }
                let response = try await client.response()
                #expect(response.status == 200)
                #expect(response.field("Connection") == "close")
                #expect(try await client.receive().isEmpty)
            }
        }
    }

    @Test func theTimeForFinishingIsBounded() async throws {
        let gate = Gate()
        let ended = History<Bool>()
        try await withServer(options { $0.shutdownTimeout = .milliseconds(50) }) { request in
            await gate.pass()
            ended.add(Task.isCancelled)
            return await echo(request)
        } _: { fixture in
            let client = try fixture.client()
            try await client.send(Self.get)
            while await fixture.server.statistics()?.runningRequests != 1 { await Task.yield() }
            fixture.server.beginShutdown()
            #expect(try await client.receiveToEnd().isEmpty)
            try await ended.wait { $0 }
            #expect(fixture.history.events.contains(.shutdownCutShort(connections: 1, requests: 1)))
        }
    }

    @Test func aHandlerWhoseClientLeftIsWaitedForToo() async throws {
        let gate = Gate()
        let ended = History<Bool>()
        try await withServer { request in
            await gate.pass()
            ended.add(Task.isCancelled)
            return await echo(request)
        } _: { fixture in
            try await fixture.client().send(Self.get)
            try await fixture.closed(1)
            fixture.server.beginShutdown()
            gate.open()
        }
        #expect(ended.events == [false])
    }

    @Test func cancellingTheTaskCutsEverything() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let ended = History<Bool>()
        let gate = Gate()
        let server = HTTPServer(socketPath: path) { request in
            await gate.pass()
            ended.add(Task.isCancelled)
            return HTTPResponse(status: 200)
        }
        let listening = Gate()
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run { listening.open() } }
            await listening.pass()
            let client = try RawClient(path)
            try await client.send(Self.get)
            while await server.statistics()?.runningRequests != 1 { await Task.yield() }
            group.cancelAll()
            #expect(try await client.receiveToEnd().isEmpty)
            try await group.waitForAll()
        }
        #expect(ended.events == [true])
        #expect(access(path, F_OK) != 0)
    }

    @Test func aShutdownAskedForBeforehandEndsTheServerAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let server = HTTPServer(socketPath: directory.path + "/socket", handler: echo)
        server.beginShutdown()
        try await server.run()
        #expect(access(directory.path + "/socket", F_OK) != 0)
        await #expect(throws: HTTPTransportError(.alreadyRun, "")) { try await server.run() }
    }

    @Test func shuttingDownTwiceIsShuttingDown() async throws {
        try await withServer { fixture in
            fixture.server.beginShutdown()
            fixture.server.beginShutdown()
        }
    }

    @Test func optionsThatMakeNoSenseAreRefused() async throws {
        var options = HTTPServer.Options()
        options.idleTimeout = .zero
        let server = HTTPServer(socketPath: "/nonexistent/socket", options: options, handler: echo)
        await #expect(throws: HTTPTransportError(.invalidOptions, "")) { try await server.run() }
    }
}
