import Testing

@testable import HTTPTransport

/// What the exchange decided, in short: `handle GET / body`, `answer 200 keep`, `close`.
private func words(_ actions: [HTTPServerExchange.Action]) -> [String] {
    actions.map { action in
        switch action {
        case .handle(let request):
            "handle \(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))"
        case .interim: "interim"
        case .answer(let response, _, let persistence, let body):
            "answer \(response.status) \(persistence)" + (body.isEmpty ? " head" : "")
        case .begin(let response, let framing, let persistence): "begin \(response.status) \(framing) \(persistence)"
        case .piece(let bytes): "piece \(String(decoding: bytes, as: UTF8.self))"
        case .lastPiece(let bytes): "last \(String(decoding: bytes, as: UTF8.self))"
        case .refused(let violation): "refused \(violation.status)"
        case .dropped: "dropped"
        case .closeOutput: "closeOutput"
        case .close: "close"
        }
    }
}

@Suite struct HTTPServerExchangeTests {
    private static let limits = HTTPServerExchange.Limits(
        requestLineBytes: 50, fields: HTTPFieldReader.Limits(bytes: 200, count: 5), bodyBytes: 20, lingerBytes: 100)
    private static let peer = HTTPPeer(connection: 7)

    private var exchange = HTTPServerExchange(limits: limits, peer: peer)
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    private static let ok = HTTPResponse(status: 200, body: [0x6F, 0x6B])

    private mutating func receive(_ text: String) -> [String] { words(exchange.receive(Array(text.utf8))) }

    @Test mutating func oneExchangeFollowsAnother() {
        #expect(exchange.wait == .idle)
        for _ in 0..<3 {
            #expect(receive(Self.get) == ["handle GET / "])
            #expect(exchange.wait == nil)
            #expect(!exchange.wantsInput)
            #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 keep"])
            #expect(exchange.wait == .response)
            #expect(exchange.flushed().isEmpty)
            #expect(exchange.wait == .idle)
            #expect(exchange.wantsInput)
        }
    }

    @Test mutating func theRequestCarriesItsPeer() throws {
        guard case .handle(let request)? = exchange.receive(Array(Self.get.utf8)).first else {
            Issue.record("no request")
            return
        }
        #expect(request.peer == Self.peer)
        #expect(request.headers == ["Host": "h"])
    }

    @Test mutating func aRequestArrivesInPieces() {
        let text = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        for byte in text.utf8.dropLast() {
            #expect(exchange.receive([byte]).isEmpty)
            #expect(exchange.wait == .request)
        }
        #expect(receive("o") == ["handle POST /x hello"])
    }

    @Test mutating func aSecondRequestWaitsForTheFirstResponse() {
        #expect(receive(Self.get + Self.get + "GET /half") == ["handle GET / "])
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 keep"])
        #expect(words(exchange.flushed()) == ["handle GET / "])
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 keep"])
        #expect(exchange.flushed().isEmpty)
        #expect(exchange.wait == .request)
    }

    @Test mutating func emptyLinesBeforeARequestAreSkipped() {
        #expect(receive("\r\n\r\n" + Self.get) == ["handle GET / "])
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "close"),
        ("GET / HTTP/1.0\r\n\r\n", "close"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keepSaidAloud"),
    ])
    mutating func theClientDecidesWhetherItKeepsTheConnection(_ request: String, persistence: String) {
        _ = receive(request)
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 \(persistence)"])
        #expect(words(exchange.flushed()) == (persistence == "close" ? ["closeOutput"] : []))
        #expect(exchange.wait == (persistence == "close" ? .linger : .idle))
    }

    @Test mutating func theHandlerMayCloseTheConnection() {
        _ = receive(Self.get)
        #expect(
            words(exchange.finish(.response(HTTPResponse(status: 200, headers: ["Connection": "close"], body: [1]))))
                == ["answer 200 close"]
        )
    }

    @Test mutating func headIsAnsweredWithoutABody() {
        _ = receive("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 keep head"])
        #expect(exchange.heldBytes == 0)
        _ = exchange.flushed()
        #expect(receive("HEAD / HTTP/1.1\r\n\r\n") == ["refused 400", "answer 400 close head"])
    }

    @Test mutating func aRefusalToReadABodyStillKnowsHead() {
        #expect(
            receive("HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
                == ["refused 400", "answer 400 close head"])
    }

    @Test(
        arguments: [
            ("GET /" + String(repeating: "x", count: 50) + " HTTP/1.1\r\n", 414),
            (String(repeating: "x", count: 60), 414),
            ("GET / HTTP/1.1\r\nA: " + String(repeating: "x", count: 300), 431),
            ("GET / HTTP/1.1\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n", 431),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 21\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n", 413),
            ("GET / HTTP/2.0\r\n", 505), ("GET / HTTP/1.1\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417),
        ] as [(String, UInt16)])
    mutating func aViolationIsAnsweredAndNothingMoreIsRead(_ text: String, status: UInt16) {
        #expect(receive(text + Self.get) == ["refused \(status)", "answer \(status) close"])
        #expect(receive(Self.get).isEmpty)
        #expect(words(exchange.flushed()) == ["closeOutput"])
        #expect(exchange.wait == .linger)
        #expect(receive(Self.get).isEmpty)
        #expect(words(exchange.inputEnded()) == ["close"])
        #expect(exchange.heldBytes == 0)
    }

    @Test mutating func lingeringIsBounded() {
        _ = receive("bad\r\n")
        _ = exchange.flushed()
        #expect(receive(String(repeating: "x", count: 100)).isEmpty)
        #expect(receive("x") == ["close"])
        #expect(receive("x").isEmpty)
    }

    @Test mutating func lingeringEndsInTime() {
        _ = receive("bad\r\n")
        _ = exchange.flushed()
        #expect(words(exchange.timedOut(.linger)) == ["close"])
    }

    @Test mutating func continueIsSaidBeforeTheBody() {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        #expect(receive(head) == ["interim"])
        #expect(receive("ok") == ["handle POST / ok"])
        _ = exchange.finish(.response(Self.ok))
        _ = exchange.flushed()
        #expect(receive(head + "o") == [])
        #expect(receive("k") == ["handle POST / ok"])
    }

    @Test mutating func continueIsNotSaidForABodyThatIsRefused() {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 21\r\n\r\n"
        #expect(receive(head) == ["refused 413", "answer 413 close"])
    }

    @Test mutating func aSlowRequestIsAnswered() {
        _ = receive("GET / HT")
        #expect(words(exchange.timedOut(.request)) == ["refused 408", "answer 408 close"])
    }

    @Test mutating func anIdleConnectionIsClosedWithoutAWord() {
        #expect(words(exchange.timedOut(.idle)) == ["close"])
    }

    @Test mutating func aClientThatDoesNotReadIsCutOff() {
        _ = receive(Self.get)
        _ = exchange.finish(.response(Self.ok))
        #expect(exchange.heldBytes == 2)
        #expect(words(exchange.timedOut(.response)) == ["dropped", "close"])
        #expect(exchange.heldBytes == 0)
    }

    @Test mutating func aTimeoutOfAnotherWaitIsIgnored() {
        _ = receive(Self.get)
        #expect(exchange.timedOut(.idle).isEmpty)
        #expect(exchange.timedOut(.request).isEmpty)
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 keep"])
    }

    @Test mutating func aClientThatEndsItsInputStillGetsItsAnswers() {
        _ = receive(Self.get + Self.get)
        #expect(exchange.inputEnded().isEmpty)
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 keep"])
        #expect(words(exchange.flushed()) == ["handle GET / "])
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 close"])
        #expect(words(exchange.flushed()) == ["close"])
    }

    @Test mutating func aRequestThatStopsHalfwayIsRefused() {
        _ = receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel")
        #expect(words(exchange.inputEnded()) == ["refused 400", "answer 400 close"])
        #expect(words(exchange.flushed()) == ["close"])
    }

    @Test mutating func aPipelinedRequestThatStopsHalfwayIsRefused() {
        _ = receive(Self.get + "GET /")
        _ = exchange.inputEnded()
        _ = exchange.finish(.response(Self.ok))
        #expect(words(exchange.flushed()) == ["refused 400", "answer 400 close"])
    }

    @Test mutating func theResponseForAClientThatLeftIsDropped() {
        _ = receive(Self.get)
        #expect(exchange.connectionClosed().isEmpty)
        #expect(words(exchange.finish(.response(Self.ok))) == ["dropped"])
        #expect(exchange.wait == nil)
    }

    @Test mutating func drainingEndsAfterTheExchangeUnderWay() {
        _ = receive(Self.get + Self.get)
        #expect(exchange.drain().isEmpty)
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 close"])
        #expect(words(exchange.flushed()) == ["closeOutput"])
    }

    @Test mutating func drainingLetsAHalfReceivedRequestFinish() {
        _ = receive("GET / HTT")
        #expect(exchange.drain().isEmpty)
        #expect(receive("P/1.1\r\nHost: h\r\n\r\n") == ["handle GET / "])
        #expect(words(exchange.finish(.response(Self.ok))) == ["answer 200 close"])
    }

    @Test mutating func drainingClosesAnIdleConnection() {
        #expect(words(exchange.drain()) == ["close"])
    }

    @Test mutating func drainingWhileAnsweringClosesAfterwards() {
        _ = receive(Self.get)
        _ = exchange.finish(.response(Self.ok))
        #expect(exchange.drain().isEmpty)
        #expect(words(exchange.flushed()) == ["closeOutput"])
    }

    @Test mutating func aConnectionCanBeRefusedBeforeItSpeaks() {
        #expect(words(exchange.refuse(HTTPViolation(503, "full"))) == ["refused 503", "answer 503 close"])
        #expect(exchange.refuse(HTTPViolation(503, "full")).isEmpty)
    }

    @Test mutating func heldBytesCountWhatIsHeld() {
        _ = receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel")
        #expect(exchange.heldBytes == 3)
        // What was handed over is accounted elsewhere: it may outlive the connection.
        _ = receive("lo" + "GET")
        #expect(exchange.heldBytes == 3)
    }
}
