import Testing

@testable import HTTPTransport

/// Seeded (splitmix64), so that a failure can be run again.
private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct HTTPServerExchangeFuzzTests {
    private static let limits = HTTPServerExchange.Limits(
        requestLineBytes: 60, fields: HTTPFieldReader.Limits(bytes: 200, count: 6), bodyBytes: 64, lingerBytes: 1000)

    private static let corpus = [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "POST /cimom HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    ]

    private static func input(_ random: inout Random) -> [UInt8] {
        var bytes = (0..<Int.random(in: 1...4, using: &random)).flatMap { _ in
            Array((corpus.randomElement(using: &random) ?? "").utf8)
        }
        let characters = Array("\r\n :;,0159AFhttpHTTP/\u{0}\u{7F}".utf8) + [0xFF]
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(characters.randomElement(using: &random) ?? 0, at: place)
            default: bytes[place] = characters.randomElement(using: &random) ?? 0
            }
        }
        return bytes
    }

    /// What handler and client see of it: the requests, and how it ended.
    private static func run(_ pieces: [[UInt8]]) -> [String] {
        var exchange = HTTPServerExchange(limits: limits, peer: HTTPPeer(connection: 1))
        var seen: [String] = []
        var waiting: [HTTPServerExchange.Action] = []
        func perform(_ exchange: inout HTTPServerExchange) {
            while !waiting.isEmpty {
                switch waiting.removeFirst() {
                case .handle(let request):
                    seen.append("\(request.method) \(request.path) \(request.headers.fields) \(request.body)")
                    waiting += exchange.finish(.response(HTTPResponse(status: 200)))
                case .answer(let response, _, let persistence, _):
                    seen.append("\(response.status) \(persistence)")
                    waiting += exchange.flushed()
                case .refused, .interim, .dropped, .begin, .piece, .lastPiece, .closeOutput: break
                case .close: seen.append("closed")
                }
            }
        }
        for piece in pieces {
            waiting = exchange.receive(piece)
            perform(&exchange)
        }
        waiting = exchange.inputEnded()
        perform(&exchange)
        seen.append("held \(exchange.heldBytes), \(exchange.wantsInput)")
        return seen
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func damagedInputIsUnderstoodTheSameHoweverItIsCut(_ seed: UInt64) {
        var random = Random(state: seed)
        for _ in 0..<200 {
            let bytes = Self.input(&random)
            let whole = Self.run([bytes])
            let size = Int.random(in: 1...9, using: &random)
            #expect(Self.run(bytes.pieces(of: size)) == whole, "\(bytes)")
            #expect(whole.last == "held 0, false")
            #expect(whole.contains("closed"))
        }
    }
}
