import Testing

@testable import HTTPTransport

@Suite struct HTTPClientExchangeTests {
    private static let limits = HTTPClientExchange.Limits(
        statusLineBytes: 100, fields: HTTPFieldReader.Limits(bytes: 200, count: 5), bodyBytes: 20)

    private func run(
        _ text: String, isHead: Bool = false, pieces: Int = 1, ends: Bool = false
    ) throws -> HTTPClientExchange.Outcome? {
        var exchange = HTTPClientExchange(limits: Self.limits, isHead: isHead)
        var outcome: HTTPClientExchange.Outcome?
        for piece in Array(text.utf8).pieces(of: pieces) {
            outcome = try exchange.receive(piece)
            if outcome != nil, pieces == 1 { break }
        }
        return outcome ?? (ends ? exchange.inputEnded() : nil)
    }

    private func body(_ outcome: HTTPClientExchange.Outcome?) -> String? {
        outcome.map { String(decoding: $0.response.body, as: UTF8.self) }
    }

    @Test(arguments: [1, 3, 1000])
    func responsesAreReadInPiecesOfAnySize(_ pieces: Int) throws {
        let fixed = try run("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCIMError: x\r\n\r\nhello", pieces: pieces)
        #expect(fixed?.response.status == 200)
        #expect(fixed?.response.headers["cimerror"] == "x")
        #expect(body(fixed) == "hello")
        #expect(fixed?.keepsAlive == true)
        let chunked = try run(
            "HTTP/1.1 500 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", pieces: pieces)
        #expect(chunked?.response.status == 500)
        #expect(body(chunked) == "abc")
    }

    @Test func aBodyWithoutLengthEndsWithTheConnection() throws {
        #expect(try run("HTTP/1.1 200 OK\r\n\r\nabc") == nil)
        let outcome = try run("HTTP/1.0 200\r\n\r\nabc", ends: true)
        #expect(body(outcome) == "abc")
        #expect(outcome?.keepsAlive == false)
    }

    @Test func interimResponsesArePassedOver() throws {
        #expect(
            try run("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 x\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\n")?.response
                .status == 204)
    }

    @Test func statusesAndHeadWithoutABodyEndAtOnce() throws {
        for text in ["HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 x\r\n\r\n"] {
            #expect(body(try run(text)) == "")
        }
        #expect(body(try run("HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n", isHead: true)) == "")
        #expect(body(try run("HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n")) == "")
    }

    @Test func persistenceFollowsVersionAndConnection() throws {
        #expect(try run("HTTP/1.1 204 x\r\nConnection: Close\r\n\r\n")?.keepsAlive == false)
        #expect(try run("HTTP/1.0 204 x\r\n\r\n")?.keepsAlive == false)
        #expect(try run("HTTP/1.0 204 x\r\nConnection: keep-alive\r\n\r\n")?.keepsAlive == true)
        // What follows a response unasked spoils the connection.
        #expect(try run("HTTP/1.1 204 x\r\n\r\nHTTP", pieces: 1000)?.keepsAlive == false)
    }

    @Test func responsesAreBounded() {
        #expect(throws: HTTPViolation.self) { try run("HTTP/1.1 200 " + String(repeating: "x", count: 200)) }
        #expect(throws: HTTPViolation.self) { try run("HTTP/1.1 200 x\r\nA: " + String(repeating: "x", count: 300)) }
        #expect(throws: HTTPViolation.self) { try run("HTTP/1.1 200 x\r\n\r\n" + String(repeating: "x", count: 21)) }
    }
}
