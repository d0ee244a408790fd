import Testing

@testable import HTTPTransport

@Suite struct HTTPResponseTextTests {
    private func head(
        _ response: HTTPResponse, _ persistence: HTTPResponseText.Persistence = .keep,
        _ framing: HTTPResponseText.Framing = .length(1)
    ) -> String {
        String(decoding: HTTPResponseText.head(response, framing, persistence: persistence, date: "D"), as: UTF8.self)
    }

    @Test func aResponseSaysItsLengthAndDate() {
        let response = HTTPResponse(status: 200, headers: ["Content-Type": "text/xml"], body: [1, 2, 3])
        #expect(
            head(response, .keep, .length(3))
                == "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nDate: D\r\nContent-Length: 3\r\n\r\n")
    }

    @Test func persistenceIsSaidWhereItIsNotTheDefault() {
        #expect(head(HTTPResponse(status: 200), .close).contains("\r\nConnection: close\r\n"))
        #expect(head(HTTPResponse(status: 200), .keepSaidAloud).contains("\r\nConnection: keep-alive\r\n"))
        #expect(!head(HTTPResponse(status: 200), .keep).contains("Connection"))
    }

    @Test func framingIsNotTheHandlersBusiness() {
        let response = HTTPResponse(
            status: 200,
            headers: ["content-length": "99", "Transfer-Encoding": "chunked", "connection": "x", "DATE": "y"], body: [1]
        )
        #expect(head(response) == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 1\r\n\r\n")
    }

    @Test func aValueCannotSmuggleAField() {
        let response = HTTPResponse(status: 200, headers: ["CIMError": "x\r\nSet-Cookie: a\u{0}b\u{7F}é"])
        #expect(head(response).contains("CIMError: x  Set-Cookie: a b é\r\n"))
    }

    @Test func framingSaysHowTheBodyEnds() {
        let response = HTTPResponse(status: 200)
        #expect(head(response, .keep, .none) == "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n")
        #expect(head(response, .close, .untilEnd) == "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\n")
        #expect(
            head(response, .keep, .chunked(trailerNames: []))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(
            head(response, .keep, .chunked(trailerNames: ["A", "B"]))
                == "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\nTrailer: A, B\r\n\r\n")
    }

    @Test func chunksSayTheirSizeAndTheLastHasTheTrailers() {
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        #expect(text(HTTPResponseText.chunk(Array("0123456789abcdef".utf8))) == "10\r\n0123456789abcdef\r\n")
        #expect(HTTPResponseText.chunk([]).isEmpty)
        #expect(text(HTTPResponseText.lastChunk([:])) == "0\r\n\r\n")
        #expect(text(HTTPResponseText.lastChunk(["A": "1\n2", "no token": "x"])) == "0\r\nA: 1 2\r\n\r\n")
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ])
    func datesAreWrittenAsHTTPWantsThem(_ seconds: Int, text: String) {
        #expect(HTTPDate.text(secondsSince1970: seconds) == text)
    }

    @Test func requestsThatHTTPCannotCarryAreRefused() {
        let requests = [
            HTTPClientRequest(method: "PO ST", path: "/"), HTTPClientRequest(path: "cimom"),
            HTTPClientRequest(path: "/ä"),
            HTTPClientRequest(path: "/a b"), HTTPClientRequest(path: "/", headers: ["a:": "b"]),
            HTTPClientRequest(path: "/", headers: ["a": "b\r\nc: d"]),
        ]
        for request in requests {
            #expect(throws: HTTPTransportError(.invalidRequest, "")) {
                try HTTPRequestText.head(request, closing: false)
            }
        }
    }

    @Test func aRequestSaysItsHostAndLength() throws {
        let request = HTTPClientRequest(path: "/cimom", headers: ["CIMMethod": "É", "Content-Length": "9"], body: [1])
        let text = String(decoding: try HTTPRequestText.head(request, closing: true), as: UTF8.self)
        #expect(
            text == """
                POST /cimom HTTP/1.1\r
                Host: localhost\r
                CIMMethod: É\r
                Content-Length: 1\r
                Connection: close\r
                \r\n
                """)
    }
}
