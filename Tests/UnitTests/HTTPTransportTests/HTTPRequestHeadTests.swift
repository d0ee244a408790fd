import Testing

@testable import HTTPTransport

@Suite struct HTTPRequestHeadTests {
    private func line(_ text: String) throws(HTTPViolation) -> HTTPRequestLine {
        try HTTPRequestLine(ArraySlice(text.utf8))
    }

    private func head(
        _ fields: HTTPHeaderFields, of request: String = "POST / HTTP/1.1"
    ) throws(HTTPViolation) -> HTTPRequestHead {
        try HTTPRequestHead(line: line(request), fields: fields)
    }

    private func status(_ body: () throws(HTTPViolation) -> some Any) -> UInt16? {
        do {
            _ = try body()
            return nil
        } catch {
            return error.status
        }
    }

    @Test(arguments: [
        ("POST /cimom HTTP/1.1", "/cimom", 1), ("GET /a?b=c HTTP/1.0", "/a?b=c", 0), ("M-POST / HTTP/1.9", "/", 1),
        ("POST http://localhost/cimom HTTP/1.1", "/cimom", 1), ("GET HTTPS://h:5989 HTTP/1.1", "/", 1),
        ("OPTIONS * HTTP/1.1", "*", 1),
    ])
    func requestLinesAreRead(_ text: String, path: String, minorVersion: Int) throws {
        let line = try line(text)
        #expect(line.path == path)
        #expect(line.minorVersion == minorVersion)
    }

    @Test(
        arguments: [
            ("GET /", 400), ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400), ("GET / http/1.1", 400),
            ("GET / HTTP/11", 400), ("GET / HTTP/x.1", 400), ("G(T / HTTP/1.1", 400), (" / HTTP/1.1", 400),
            ("GET cimom HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("CONNECT host:1 HTTP/1.1", 400),
            ("GET /\u{1} HTTP/1.1", 400), ("GET /é HTTP/1.1", 400), ("GET / HTTP/2.0", 505), ("PRI * HTTP/2.0", 505),
            ("GET / HTTP/0.9", 505),
        ] as [(String, UInt16)])
    func malformedRequestLinesAreRefused(_ text: String, expected: UInt16) {
        #expect(status { () throws(HTTPViolation) in try line(text) } == expected)
    }

    @Test func hostIsRequiredOnceInHTTP11() throws {
        #expect(status { () throws(HTTPViolation) in try head([:]) } == 400)
        #expect(status { () throws(HTTPViolation) in try head(["Host": "a", "host": "a"]) } == 400)
        #expect(try head(["Host": ""]).keepsAlive)
        #expect(try !head([:], of: "GET / HTTP/1.0").keepsAlive)
    }

    @Test(
        arguments: [
            (["Content-Length": "5"], .length(5)), (["Transfer-Encoding": "Chunked"], .chunked), ([:], .length(0)),
            (["Content-Length": "99999999999999999999"], .length(.max)),
        ] as [(HTTPHeaderFields, HTTPBodyFraming)])
    func framingIsTakenFromTheFields(_ fields: HTTPHeaderFields, expected: HTTPBodyFraming) throws {
        var fields = fields
        fields.append("Host", "h")
        #expect(try head(fields).framing == expected)
    }

    @Test(
        arguments: [
            (["Content-Length": "5", "content-length": "5"], 400), (["Content-Length": "5, 5"], 400),
            (["Content-Length": "5", "Content-Length ": "6"], 0),
            (["Content-Length": "-1"], 400), (["Content-Length": "+1"], 400), (["Content-Length": "0x1"], 400),
            (["Content-Length": ""], 400), (["Content-Length": "1 2"], 400), (["Content-Length": "١"], 400),
            (["Content-Length": "5", "Transfer-Encoding": "chunked"], 400),
            (["Transfer-Encoding": "chunked, chunked"], 400), (["Transfer-Encoding": ""], 400),
            (["Transfer-Encoding": "gzip, chunked"], 501), (["Transfer-Encoding": "identity"], 501),
            (["Transfer-Encoding": "chunked;q=1"], 501),
        ] as [(HTTPHeaderFields, UInt16)])
    func ambiguousFramingIsRefused(_ fields: HTTPHeaderFields, expected: UInt16) {
        var fields = fields
        fields.append("Host", "h")
        let expected = expected == 0 ? nil : expected
        #expect(status { () throws(HTTPViolation) in try head(fields) } == expected)
    }

    @Test func transferCodingIsRefusedInHTTP10() {
        #expect(
            status { () throws(HTTPViolation) in try head(["Transfer-Encoding": "chunked"], of: "POST / HTTP/1.0") }
                == 400)
    }

    @Test func onlyContinueCanBeExpected() throws {
        #expect(try head(["Host": "h", "Expect": "100-Continue", "Content-Length": "1"]).expectsContinue)
        #expect(try !head(["Host": "h", "Expect": "100-continue"]).expectsContinue)
        #expect(status { () throws(HTTPViolation) in try head(["Host": "h", "Expect": "tea"]) } == 417)
        #expect(try !head(["Expect": "tea", "Content-Length": "1"], of: "POST / HTTP/1.0").expectsContinue)
    }

    @Test func persistenceFollowsVersionAndConnection() throws {
        #expect(try head(["Host": "h"]).keepsAlive)
        #expect(try !head(["Host": "h", "Connection": "TE, Close"]).keepsAlive)
        #expect(try head(["Connection": "Keep-Alive"], of: "GET / HTTP/1.0").keepsAlive)
        #expect(try !head(["Connection": "keep-alive, close"], of: "GET / HTTP/1.0").keepsAlive)
    }
}
