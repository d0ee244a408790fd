import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct HTTPServerStreamTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private struct Fault: Error, CustomStringConvertible {
        var description: String { "out of paper" }
    }

    private static func stream(
        trailerNames: [String] = [], _ produce: @escaping HTTPBodyStream.Producer
    ) -> HTTPServer.Handler {
        { _ in HTTPResponse(status: 200, stream: HTTPBodyStream(trailerNames: trailerNames, produce)) }
    }

    private static func pieces(_ pieces: [String], trailers: HTTPHeaderFields = [:]) -> HTTPServer.Handler {
        stream(trailerNames: ["A", "B"]) { writer in
            for piece in pieces { try await writer.write(Array(piece.utf8)) }
            return trailers
        }
    }

    private static let small = options { $0.streamPieceBytes = 4 }

    @Test func aStreamIsSentInChunks() async throws {
        try await withServer(Self.small, handler: Self.pieces(["abcd", "ef", "gh", "i"])) { fixture in
            let client = try fixture.client()
            for _ in 0..<2 {
                try await client.send(Self.get)
                let head = try await client.response()
                #expect(head.field("Transfer-Encoding") == "chunked")
                #expect(head.field("Content-Length") == nil)
                #expect(head.field("Trailer") == nil)
                let expected = "4\r\nabcd\r\n4\r\nefgh\r\n1\r\ni\r\n0\r\n\r\n"
                let body = try await client.receive(bytes: expected.utf8.count)
                #expect(String(decoding: body, as: UTF8.self) == expected)
            }
        }
    }

    @Test func aShortStreamIsSentWhole() async throws {
        try await withServer(handler: Self.pieces(["ab", "c"], trailers: ["A": "1"])) { fixture in
            let response = try await fixture.client().request(Self.get)
            #expect(response.field("Content-Length") == "3")
            #expect(response.body == "abc")
        }
    }

    @Test func anOldClientReadsToTheConnectionsEnd() async throws {
        try await withServer(Self.small, handler: Self.pieces(["abcd", "efg"], trailers: ["A": "1"])) { fixture in
            let client = try fixture.client()
            try await client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\nTE: trailers\r\n\r\n")
            let answer = try await client.receiveToEnd()
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(!answer.contains("Transfer-Encoding"))
            #expect(answer.hasSuffix("\r\n\r\nabcdefg"))
        }
    }

    @Test(arguments: [["abcd"], ["ab"], []])
    func trailersReachWhoAskedForThem(_ written: [String]) async throws {
        let handler = Self.pieces(written, trailers: ["A": "1", "Undeclared": "2", "b": "3"])
        try await withServer(Self.small, handler: handler) { fixture in
            let client = try fixture.client()
            try await client.send(
                "GET / HTTP/1.1\r\nHost: h\r\nTE: deflate;q=0.5, Trailers\r\nConnection: close, TE\r\n\r\n")
            let answer = try await client.receiveToEnd()
            #expect(answer.contains("\r\nTrailer: A, B\r\n"))
            #expect(answer.hasSuffix("0\r\nA: 1\r\nb: 3\r\n\r\n"))
        }
    }

    @Test func headOfAStreamHasNoLengthAndRunsNothing() async throws {
        try await withServer(
            handler: Self.stream { _ in
                Issue.record("the stream ran")
                return [:]
            }
        ) { fixture in
            let client = try fixture.client()
            for _ in 0..<2 {
                try await client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                let response = try await client.response(toHead: true)
                #expect(response.status == 200)
                #expect(response.field("Content-Length") == nil)
            }
        }
    }

    @Test func aStreamThatFailsAtOnceIsAnError() async throws {
        try await withServer(handler: Self.stream { _ in throw Fault() }) { fixture in
            let client = try fixture.client()
            for _ in 0..<2 {
                let response = try await client.request(Self.get)
                #expect(response.status == 500)
                #expect(response.body.contains("out of paper"))
            }
        }
    }

    @Test func aStreamThatFailsLaterEndsWithoutItsLastChunk() async throws {
        let handler = Self.stream { writer in
            try await writer.write(Array("abcd".utf8))
            throw Fault()
        }
        try await withServer(Self.small, handler: handler) { fixture in
            let client = try fixture.client()
            try await client.send(Self.get)
            #expect(try await client.receiveToEnd().hasSuffix("\r\n\r\n4\r\nabcd\r\n"))
            try await fixture.history.wait {
                if case .responseDropped(_, let reason) = $0 { reason.contains("out of paper") } else { false }
            }
        }
    }

    @Test func aStreamWaitsForItsClient() async throws {
        let written = History<Int>()
        let piece = [UInt8](repeating: 0x78, count: 1 << 16)
        let handler = Self.stream { writer in
            for number in 1...500 {
                try await writer.write(piece)
                written.add(number)
            }
            return [:]
        }
        try await withServer(handler: handler) { fixture in
            let client = try fixture.client()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            try await written.wait { $0 == 1 }
            // Others are served meanwhile, and what is held for the one that does not read stays small.
            #expect(try await fixture.client().request("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").status == 200)
            #expect(written.events.count < 100)
            #expect(try #require(await fixture.server.statistics()).bufferedBytes <= piece.count + 16)
            #expect(try await client.receiveToEnd().utf8.count > 500 * piece.count)
        }
    }

    @Test func aClientThatDoesNotReadAStreamIsCutOff() async throws {
        let ended = History<String>()
        let handler = Self.stream { writer in
            do {
                while true { try await writer.write([UInt8](repeating: 0x78, count: 1 << 16)) }
            } catch {
                ended.add("\(error)")
                throw error
            }
        }
        try await withServer(options { $0.responseTimeout = .milliseconds(50) }, handler: handler) { fixture in
            let client = try fixture.client()
            try await client.send(Self.get)
            try await ended.wait { _ in true }
            try await fixture.closed(1)
            try await fixture.until { $0.runningRequests == 0 }
        }
    }

    @Test func aStreamThatWaitsForItsClientHoldsNobodyUp() async throws {
        let piece = [UInt8](repeating: 0x78, count: 1 << 16)
        let written = History<Int>()
        let handler: HTTPServer.Handler = { request in
            guard request.path == "/slow" else { return await echo(request) }
            return HTTPResponse(
                status: 200,
                stream: HTTPBodyStream { writer in
                    for number in 1...100 {
                        try await writer.write(piece)
                        written.add(number)
                    }
                    return [:]
                })
        }
        try await withServer(options { $0.concurrentRequests = 1 }, handler: handler) { fixture in
            let slow = try fixture.client()
            try await slow.send("GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            try await written.wait { $0 == 1 }
            #expect(try await fixture.client().request(post("quick")).body == "POST / quick")
            #expect(try await slow.receiveToEnd().hasSuffix("0\r\n\r\n"))
            #expect(try await fixture.client().request(post("again")).body == "POST / again")
            try await fixture.until { $0.runningRequests == 0 }
        }
    }

    @Test func aResponseThatCannotBeWrittenBecomesAnError() async throws {
        let handler: HTTPServer.Handler = { request in
            if request.path == "/status" { return HTTPResponse(status: 100) }
            return HTTPResponse(status: 200, headers: ["a b": "c"], stream: HTTPBodyStream { _ in [:] })
        }
        try await withServer(handler: handler) { fixture in
            let client = try fixture.client()
            for path in ["/status", "/field"] {
                #expect(try await client.request(post("", path: path)).status == 500)
            }
        }
    }

    @Test func ourOwnClientReadsAStream() async throws {
        try await withServer(Self.small, handler: Self.pieces(["abcd", "efgh", "ij"])) { fixture in
            let connection = try await HTTPClientConnection.connect(to: fixture.socketPath)
            for _ in 0..<2 {
                let response = try await connection.send(HTTPClientRequest(path: "/"), timeout: .seconds(30))
                #expect(String(decoding: response.body, as: UTF8.self) == "abcdefghij")
            }
            await connection.close()
        }
    }
}
