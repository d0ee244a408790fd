import Testing

@testable import HTTPTransport

@Suite struct HTTPReaderTests {
    private let limits = HTTPFieldReader.Limits(bytes: 100, count: 4)

    /// Feeds the text in pieces of this size.
    private func fields(_ text: String, pieces: Int = 1) throws(HTTPViolation) -> HTTPHeaderFields? {
        var input = HTTPInput()
        var reader = HTTPFieldReader(limits: limits)
        for piece in Array(text.utf8).pieces(of: pieces) {
            input.append(piece)
            if let fields = try reader.read(from: &input) { return fields }
        }
        return nil
    }

    /// The body and what is left of the input once it is complete.
    private func body(
        _ text: String, _ framing: HTTPBodyFraming, limit: Int = 100, pieces: Int = 1
    ) throws(HTTPViolation) -> (body: String, rest: Int)? {
        var input = HTTPInput()
        var reader = try HTTPBodyReader(framing: framing, limit: limit, trailerLimits: limits)
        for piece in Array(text.utf8).pieces(of: pieces) {
            input.append(piece)
            if try reader.read(from: &input) { return (String(decoding: reader.body, as: UTF8.self), input.count) }
        }
        return nil
    }

    private func refusal<Value>(_ read: () throws(HTTPViolation) -> Value) -> UInt16? {
        do {
            _ = try read()
            return nil
        } catch {
            return error.status
        }
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func fieldsAreReadInPiecesOfAnySize(_ pieces: Int) throws {
        let read = try fields("A: 1\r\nEmpty:\r\nB:\t x y \t\r\n\r\n", pieces: pieces)
        #expect(read == ["A": "1", "Empty": "", "B": "x y"])
    }

    @Test func fieldsAreIncompleteWithoutTheEmptyLine() throws {
        #expect(try fields("A: 1\r\n") == nil)
        #expect(try fields("") == nil)
    }

    @Test func valuesThatAreNotUTF8AreReadAsLatin1() throws {
        var input = HTTPInput()
        input.append(Array("A: caf".utf8) + [0xE9, 13, 10] + Array("B: é\r\n\r\n".utf8))
        var reader = HTTPFieldReader(limits: limits)
        #expect(try reader.read(from: &input) == ["A": "café", "B": "é"])
    }

    @Test(
        arguments: [
            ("A: 1\n\r\n", 400), ("\n", 400), (" A: 1\r\n\r\n", 400), ("A: 1\r\n b\r\n\r\n", 400),
            ("A : 1\r\n\r\n", 400),
            (": 1\r\n\r\n", 400), ("A\r\n\r\n", 400), ("A: \u{0}\r\n\r\n", 400), ("A: x\ry\r\n\r\n", 400),
            ("Ä: 1\r\n\r\n", 400), ("A: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", 431),
            ("A: " + String(repeating: "x", count: 96) + "\r\n\r\n", 431), (String(repeating: "x", count: 500), 431),
        ] as [(String, UInt16)])
    func malformedFieldsAreRefused(_ text: String, expected: UInt16) {
        for pieces in [1, 1000] {
            #expect(refusal { () throws(HTTPViolation) in try fields(text, pieces: pieces) } == expected)
        }
    }

    @Test func fieldsMayBeExactlyAsLargeAsTheLimit() throws {
        // 3 + 93 + 2 bytes of a field and 2 of the empty line.
        let value = String(repeating: "x", count: 93)
        #expect(try fields("A: \(value)\r\n\r\n") == ["A": value])
        #expect(refusal { () throws(HTTPViolation) in try fields("A: x\(value)\r\n\r\n") } == 431)
    }

    @Test(arguments: [1, 2, 5, 1000])
    func aBodyOfKnownLengthEndsThere(_ pieces: Int) throws {
        let read = try body("helloPOST", .length(5), pieces: pieces)
        #expect(read?.body == "hello")
        #expect(try body("hell", .length(5), pieces: pieces) == nil)
        #expect(try HTTPBodyReader(framing: .length(0), limit: 1, trailerLimits: limits).isComplete)
    }

    @Test(arguments: [1, 2, 3, 1000])
    func chunksAreJoined(_ pieces: Int) throws {
        let text = "5\r\nhello\r\n1;a=b\r\n,\r\n0A ; x=\"y\"\r\n0123456789\r\n000\r\nTrailer: t\r\n\r\n"
        #expect(try body(text, .chunked, pieces: pieces)?.body == "hello,0123456789")
        #expect(try body("0\r\n\r\nGET", .chunked, pieces: 1000)?.rest == 3)
        #expect(try body("5\r\nhello\r\n0\r\n", .chunked, pieces: pieces) == nil)
    }

    @Test(
        arguments: [
            ("5\r\nhelloo\r\n", 400), ("5\r\nhello5\r\n", 400), ("x\r\n", 400), ("\r\n", 400), ("-1\r\n", 400),
            ("5 5\r\nhello\r\n", 400), ("0x5\r\nhello\r\n", 400), ("5\nhello\r\n", 400), ("5;\u{1}\r\nhello\r\n", 400),
            ("5;" + String(repeating: "x", count: 2000), 400), ("65\r\n", 413), ("FFFFFFFFFFFFFFFF\r\n", 413),
            ("7FFFFFFFFFFFFFFF\r\n", 413), ("32\r\n" + String(repeating: "x", count: 50) + "\r\n33\r\n", 413),
            ("0\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", 431), ("0\r\nbad\r\n\r\n", 400),
        ] as [(String, UInt16)])
    func malformedChunksAreRefused(_ text: String, expected: UInt16) {
        for pieces in [1, 10_000] {
            #expect(refusal { () throws(HTTPViolation) in try body(text, .chunked, pieces: pieces) } == expected)
        }
    }

    @Test func aBodyMayBeExactlyAsLargeAsTheLimit() throws {
        #expect(try body("hello", .length(5), limit: 5)?.body == "hello")
        #expect(refusal { () throws(HTTPViolation) in try body("", .length(6), limit: 5) } == 413)
        #expect(try body("5\r\nhello\r\n0\r\n\r\n", .chunked, limit: 5)?.body == "hello")
        #expect(refusal { () throws(HTTPViolation) in try body("6\r\n", .chunked, limit: 5) } == 413)
        #expect(refusal { () throws(HTTPViolation) in try body("hello!", .untilEnd, limit: 5) } == 413)
    }

    @Test func onlyABodyWithoutLengthEndsWithTheInput() throws {
        #expect(try bodyEndedByInput(.untilEnd) == "abc")
        #expect(try bodyEndedByInput(.length(5)) == nil)
        #expect(try bodyEndedByInput(.chunked) == nil)
    }

    private func bodyEndedByInput(_ framing: HTTPBodyFraming) throws -> String? {
        var input = HTTPInput()
        input.append(Array("abc".utf8))
        var reader = try HTTPBodyReader(framing: framing, limit: 5, trailerLimits: limits)
        guard try !reader.read(from: &input), reader.inputEnded() else { return nil }
        return String(decoding: reader.body, as: UTF8.self)
    }

    @Test func aLineIsScannedOnce() throws {
        // Byte by byte: scanning from the start each time would take twenty thousand million steps.
        var input = HTTPInput()
        for _ in 0..<200_000 {
            input.append([0x78])
            #expect(try input.takeLine(limit: .max / 2) == nil)
        }
        input.append([13, 10])
        #expect(try input.takeLine(limit: .max / 2)?.count == 200_000)
        #expect(input.isEmpty)
    }
}

extension [UInt8] {
    /// At least one piece, so that nothing is fed too.
    func pieces(of size: Int) -> [[UInt8]] {
        isEmpty ? [[]] : stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
