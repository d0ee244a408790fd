import Settings
import Testing

@Suite struct HostileTextTests {
    /// Ten levels of ten aliases each: ten thousand million words, were they expanded.
    private static var laughs: String {
        var text = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
        for level in 1...10 {
            let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(list)]\n"
        }
        return text
    }

    private func duration(_ body: () -> Void) -> Duration { ContinuousClock().measure(body) }

    @Test func billionLaughsIsRefusedAtOnce() throws {
        var error: SettingsError?
        let time = duration { error = failure(in: Self.laughs) }
        #expect(Set(try #require(error).codes) == [.unsupported, .unknownKey])
        #expect(time < .seconds(2))
    }

    /// A key made of aliases would be expanded only to be compared with other keys.
    @Test func billionLaughsAsAKeyIsRefusedAtOnce() throws {
        var error: SettingsError?
        let time = duration { error = failure(in: Self.laughs + "? *a10\n: 1\n? [*a10, *a10]\n: 2\n") }
        #expect(try #require(error).codes.contains(.unsupported))
        #expect(time < .seconds(2))
    }

    @Test func textBeyondTheLimitIsRefusedUnread() throws {
        let limit = SettingsDocument.sizeLimitBytes
        let start = "# "
        let fits = start + String(repeating: "x", count: limit - start.utf8.count)
        #expect(failure(in: fits) == nil)
        let error = try #require(failure(in: fits + "x"))
        #expect(error.description == "x.yaml: error: the file is larger than 1048576 bytes, the most that is read")
        #expect(error.codes == [.tooLarge])
    }

    @Test func nestingHasALimit() throws {
        let limit = SettingsDocument.depthLimit
        func nested(_ levels: Int) -> String {
            "k: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(failure(in: nested(limit - 1))?.codes == [.unknownKey])
        let error = try #require(failure(in: nested(limit)))
        #expect(error.codes == [.unknownKey, .tooDeep])
        #expect(error.problems.last?.summary == "x.yaml:1:19: error: nested deeper than 16 levels")
    }

    @Test func nestingBeyondTheParsersOwnLimitIsTheSameError() {
        for piece in ["[", "- ", "? "] {
            #expect(failure(in: String(repeating: piece, count: 5000))?.codes == [.tooDeep])
        }
    }

    /// A quarter of a mebibyte each; 0.1 s in a debug build. What the bound catches is time that grows with the square.
    @Test(arguments: ["[", "{", "a: ", "[]: ", "\"", "'", "a\n", "*a ", "&a ", "! ", "{a: 1},", "- [a]\n"])
    func hostileTextEndsSoon(piece: String) {
        let text = String(repeating: piece, count: (1 << 18) / piece.utf8.count)
        var error: SettingsError?
        let time = duration { error = failure(in: text) }
        #expect(error != nil)
        #expect(time < .seconds(10))
    }

    /// Every duplicate costs a reading of the text: of a large text not all are told.
    @Test func duplicatesInALargeTextEndSoon() {
        let text = String(repeating: "k: [a, b]\n", count: 50000)
        var error: SettingsError?
        let time = duration { error = failure(in: text) }
        #expect(error?.codes == [.duplicateKey])
        #expect(time < .seconds(15))
    }

    @Test func manyDistinctKeysEndSoon() {
        let text = (0..<20000).map { "key\($0): 1\n" }.joined()
        var error: SettingsError?
        let time = duration { error = failure(in: text) }
        #expect(error?.codes.first == .unknownKey)
        #expect(time < .seconds(10))
    }

    @Test(arguments: [
        ("\u{0}", "0000"), ("\u{7}", "0007"), ("\u{E000}", "E000"), ("\u{E001}", "E001"), ("\u{85}", nil),
    ])
    func charactersThatNoTextNeedsAreRefused(character: String, code: String?) {
        let found = problems(in: "# one\n# a\(character)\n")
        #expect(found == (code.map { ["x.yaml:2:4: error: the character U+\($0) is not allowed here"] } ?? []))
    }

    @Test func bytesThatAreNoUTF8AreLocated() {
        let bytes = Array("a: 1\nb: x".utf8) + [0xFF, 0x0A]
        let error = #expect(throws: SettingsError.self) { try SettingsDocument(bytes: bytes, file: "x.yaml") }
        #expect(
            error?.problems.map(\.summary) == [
                "x.yaml:2:5: error: the file is not UTF-8 from here on; save it as UTF-8"
            ])
    }

    @Test func byteOrderMarkAndCarriageReturnsDoNotShiftPlaces() {
        #expect(
            problems(in: "\u{FEFF}a: 1\r\nb: 2\r\n") == [
                "x.yaml:1:1: error: unknown key 'a'", "x.yaml:2:1: error: unknown key 'b'",
            ])
    }

    @Test func columnsCountCharactersNotBytes() {
        #expect(
            problems(in: "{\"ä€😀\": 1, b: 2}") == [
                "x.yaml:1:2: error: unknown key 'ä€😀'", "x.yaml:1:12: error: unknown key 'b'",
            ])
    }
}
