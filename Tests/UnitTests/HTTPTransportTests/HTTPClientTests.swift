import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    /// What a call makes of a server that answers with these bytes and then ends its output.
    private func code(answeredBy answer: String) async throws -> HTTPTransportError.Code? {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        try #require(UnixSocket.withAddress(of: path) { bind(listener, $0, $1) } == 0)
        listen(listener, 8)
        let connection = try await HTTPClientConnection.connect(to: path)
        let server = RawClient(accepted: accept(listener, nil, nil))
        close(listener)
        async let result = code { try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(10)) }
        _ = try await server.receive()
        try await server.send(answer)
        server.endOutput()
        return await result
    }

    private func code(_ body: () async throws -> some Any) async -> HTTPTransportError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? HTTPTransportError)?.code
        }
    }

    @Test func callsAreAnswered() async throws {
        try await withServer { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            for number in 0..<10 {
                let request = HTTPClientRequest(path: "/cimom", body: Array("\(number)".utf8))
                let response = try await connection.send(request, timeout: .seconds(10))
                #expect(response.status == 200)
                #expect(response.headers["content-type"] == "text/plain")
                #expect(String(decoding: response.body, as: UTF8.self) == "POST /cimom \(number)")
            }
            #expect(connection.isOpen)
            let last = try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(10), closing: true)
            #expect(last.headers["Connection"] == "close")
            #expect(
                await code { try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(1)) }
                    == .connectionClosed)
            await connection.close()
            #expect(!connection.isOpen)
        }
    }

    @Test func headHasNoBody() async throws {
        try await withServer { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            let response = try await connection.send(
                HTTPClientRequest(method: "HEAD", path: "/"), timeout: .seconds(10))
            #expect(response.headers["Content-Length"] == "7")
            #expect(response.body.isEmpty)
            #expect(try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(10)).status == 200)
        }
    }

    @Test func anEarlyRefusalIsReadWhileTheBodyIsStillBeingSent() async throws {
        try await withServer(options { $0.bodyBytes = 1000 }) { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            let body = [UInt8](repeating: 0x78, count: 5_000_000)
            #expect(
                try await connection.send(HTTPClientRequest(path: "/", body: body), timeout: .seconds(10)).status == 413
            )
        }
    }

    @Test func whyAConnectionFailsIsTold() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        #expect(await code { try await HTTPClientConnection.connect(to: path) } == .noSuchSocket)
        #expect(await code { try await HTTPClientConnection.connect(to: path + "/below") } == .noSuchSocket)
        close(creat(path, 0o600))
        #expect(await code { try await HTTPClientConnection.connect(to: path) } == .connectionRefused)
        #expect(
            await code { try await HTTPClientConnection.connect(to: String(repeating: "x", count: 108)) }
                == .pathTooLong)
    }

    @Test func aDatagramSocketIsNoServer() async throws {
        let directory = try TemporaryDirectory()
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        try #require(UnixSocket.withAddress(of: directory.path + "/socket") { bind(descriptor, $0, $1) } == 0)
        #expect(await code { try await HTTPClientConnection.connect(to: directory.path + "/socket") } == .notASocket)
    }

    @Test func aFullQueueIsWaitedForAndNoLonger() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        try #require(UnixSocket.withAddress(of: path) { bind(listener, $0, $1) } == 0)
        listen(listener, 0)
        let first = try RawClient(path)
        #expect(
            await code { try await HTTPClientConnection.connect(to: path, timeout: .milliseconds(30)) }
                == .deadlineExceeded)
        async let second = HTTPClientConnection.connect(to: path, timeout: .seconds(10))
        close(accept(listener, nil, nil))
        await (try second).close()
        withExtendedLifetime(first) {}
    }

    @Test func aCallEndsAtItsDeadline() async throws {
        let gate = Gate()
        try await withServer { _ in
            await gate.pass()
            return HTTPResponse(status: 200)
        } _: { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            #expect(
                await code { try await connection.send(HTTPClientRequest(path: "/"), timeout: .milliseconds(30)) }
                    == .deadlineExceeded)
            try await fixture.closed(1)
            gate.open()
        }
    }

    @Test(arguments: [false, true])
    func aCallEndsWhenItsTaskIsCancelled(_ beforehand: Bool) async throws {
        let gate = Gate()
        let started = History<Bool>()
        try await withServer { _ in
            started.add(true)
            await gate.pass()
            return HTTPResponse(status: 200)
        } _: { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            await withTaskGroup(of: Void.self) { group in
                if beforehand { group.cancelAll() }
                group.addTask {
                    #expect(
                        await code { try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(30)) }
                            == .cancelled)
                }
                if !beforehand { try? await started.wait { $0 } }
                group.cancelAll()
            }
            try await fixture.closed(1)
            gate.open()
        }
    }

    @Test func oneCallAtATime() async throws {
        let gate = Gate()
        let started = History<Bool>()
        try await withServer { _ in
            started.add(true)
            await gate.pass()
            return HTTPResponse(status: 200)
        } _: { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            async let first = connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(10))
            try await started.wait { $0 }
            #expect(
                await code { try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(1)) }
                    == .connectionBusy)
            gate.open()
            #expect(try await first.status == 200)
        }
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", .closedEarly), ("HTTP/1.1 200 OK\r\n", .closedEarly),
            ("", .closedEarly), ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", .closedEarly),
            ("SSH-2.0-x\r\n", .notHTTP), ("HTTP/2.0 200 OK\r\n\r\n", .notHTTP), ("HTTP/1.1 abc\r\n\r\n", .notHTTP),
            ("HTTP/1.1 101 Switching\r\n\r\n", .notHTTP), ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", .notHTTP),
            ("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", .responseTooLarge),
            (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 17), .notHTTP),
        ] as [(String, HTTPTransportError.Code)])
    func whatIsNoWholeResponseIsAnError(_ answer: String, expected: HTTPTransportError.Code) async throws {
        #expect(try await code(answeredBy: answer) == expected)
    }
}
