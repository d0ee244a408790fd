import Testing

@testable import Settings

/// What YAML reads in ways that nobody meant.
@Suite struct TrapTests {
    private static let number = SettingsForm<Int>.integer(in: -5...1000)

    @Test(arguments: ["yes", "no", "on", "off", "y", "True", "FALSE", "1", "'true'", "\"false\""])
    func booleansAreTrueAndFalseOnly(text: String) {
        let shown =
            text.first == "'" || text.first == "\"" ? "the text \"\(text.dropFirst().dropLast())\"" : "'\(text)'"
        #expect(
            reading(text, .boolean) == .problems(["x.yaml:1:6: error: key: expected true or false, found \(shown)"]))
    }

    @Test func trueAndFalseAreBooleans() {
        #expect(reading("true", .boolean) == .value(true))
        #expect(reading("false", .boolean) == .value(false))
    }

    @Test(arguments: ["0o7", "0x1F", "1_000", "1.0", "1e3", "+5", ".5", "5s", "٣", "1,000"])
    func integersArePlainDecimalDigits(text: String) {
        #expect(
            reading(text, Self.number)
                == .problems([
                    "x.yaml:1:6: error: key: expected an integer from -5 to 1000, found '\(text)'; write plain decimal digits"
                ]))
    }

    @Test(arguments: ["010", "00", "-0", "-01"])
    func integersHaveNoIdleZeros(text: String) {
        #expect(
            reading(text, Self.number)
                == .problems([
                    """
                    x.yaml:1:6: error: key: expected an integer from -5 to 1000, found '\(text)'; write plain decimal \
                    digits without a leading zero
                    """
                ]))
    }

    @Test func integersAreNotQuoted() {
        #expect(
            reading("\"5\"", Self.number)
                == .problems([
                    "x.yaml:1:6: error: key: expected an integer from -5 to 1000, found the text \"5\"; remove the quotes"
                ]))
    }

    @Test(arguments: ["-6", "1001", "99999999999999999999999999"])
    func integersBeyondTheirRangeAreRefusedWithIt(text: String) {
        #expect(
            reading(text, Self.number)
                == .problems(["x.yaml:1:6: error: key: '\(text)' is out of range; allowed is -5 to 1000"]))
    }

    @Test(arguments: [("0", 0), ("-5", -5), ("1000", 1000)])
    func integersAtTheirBoundsAreRead(text: String, value: Int) {
        #expect(reading(text, Self.number) == .value(value))
    }

    @Test func durationsAreWholeSeconds() {
        #expect(reading("90", .seconds(in: 1...100)) == .value(.seconds(90)))
        #expect(
            reading("1m", .seconds(in: 1...100))
                == .problems([
                    "x.yaml:1:6: error: key: expected an integer from 1 to 100, found '1m'; write plain decimal digits"
                ]))
    }

    @Test(arguments: ["no", "Yes", "off", "true"])
    func wordsThatYAMLTakesForBooleansNeedQuotes(text: String) {
        #expect(
            reading(text, .string)
                == .problems([
                    "x.yaml:1:6: error: key: expected text, found '\(text)', a boolean to YAML; write it in quotes"
                ]))
        #expect(reading("'\(text)'", .string) == .value(text))
    }

    @Test(arguments: ["1.10", "10", "0x10", "0o17", "1_000", "1e9", "-3", ".inf"])
    func wordsThatYAMLTakesForNumbersNeedQuotes(text: String) {
        #expect(
            reading(text, .string)
                == .problems([
                    "x.yaml:1:6: error: key: expected text, found '\(text)', a number to YAML; write it in quotes"
                ]))
        #expect(reading("\"\(text)\"", .string) == .value(text))
    }

    @Test(arguments: [
        "192.0.2.1", "::1", "qemu+tls://h/system?a=b&command=c", "nano", "inf", "1st", "/a b", "-x", "a*b", "it's",
    ])
    func otherWordsAreText(text: String) {
        #expect(reading(text, .string) == .value(text))
    }

    @Test(arguments: ["null", "~", "NULL"])
    func nullIsNoText(text: String) {
        #expect(reading(text, .string) == .problems(["x.yaml:1:6: error: key: expected text, found nothing"]))
        #expect(reading("'\(text)'", .string) == .value(text))
    }

    @Test func emptyAndUnprintableTextIsRefused() {
        #expect(reading("''", .string) == .problems(["x.yaml:1:6: error: key: expected text, found empty text"]))
        #expect(
            reading(#""a\0b""#, .string)
                == .problems(["x.yaml:1:6: error: key: expected text, found control characters in 'a\u{FFFD}b'"]))
    }

    @Test(arguments: ["null", "~", ""])
    func nullSetsAnOptionalValueToNothing(text: String) throws {
        var value: String? = "default"
        let entries = try entries(of: "key: \(text)\n") { $0.read("key", .string, into: &value) }
        #expect(value == nil)
        #expect(entries == [SettingsEntry(key: "key", value: "null", origin: .file("x.yaml", line: 1))])
    }

    @Test func nullIsADefaultOnlyWhereThatIsSaid() throws {
        var value = "default"
        let entries = try entries(of: "key: null\n") { $0.read("key", .string, into: &value, nullIsDefault: true) }
        #expect(entries == [SettingsEntry(key: "key", value: "default", origin: .file("x.yaml", line: 1))])
        #expect(problems(in: "key: null\n") { $0.read("key", .string, into: &value) }.count == 1)
    }

    @Test func anchorsAliasesTagsAndMergeKeysAreRefused() {
        let text = """
            a: &name 1
            b: *name
            c: !!int 3
            d: {<<: {x: 1}}
            e: ! text
            f: !!binary "aGk="
            """
        let found = problems(in: text) { root in
            var ignored: String?
            for key in ["a", "b", "c", "e", "f"] { root.read(key, .string, into: &ignored) }
            _ = root.section("d")
        }
        let end = "are not supported; write the value out, in quotes if it starts so"
        #expect(
            found == [
                "x.yaml:1:4: error: anchors (&name) \(end)",
                "x.yaml:2:4: error: aliases (*name) \(end)",
                "x.yaml:3:4: error: tags (!name) \(end)",
                "x.yaml:4:5: error: merge keys (<<) are not supported; write the keys out",
                "x.yaml:5:4: error: tags (!name) \(end)",
                "x.yaml:6:4: error: tags (!name) \(end)",
            ])
    }

    @Test(arguments: [
        ("&a key: 1\n", 1, "anchors (&name)"), ("*a : 1\n", 1, "aliases (*name)"),
        ("k: [1, *a]\n", 8, "aliases (*name)"),
        ("k: {? *a : 1}\n", 7, "aliases (*name)"), ("k: {\"b\":*a }\n", 9, "aliases (*name)"),
        ("k: &a [1]\n", 4, "anchors (&name)"), ("- *a\n", 3, "aliases (*name)"), ("--- !t\nk: 1\n", 5, "tags (!name)"),
        ("k:\n  - - *a\n", 7, "aliases (*name)"),
    ])
    func anchorsAliasesAndTagsAreFoundWhereverTheyStand(text: String, column: Int, what: String) {
        let line = text.hasPrefix("k:\n") ? 2 : 1
        let found = problems(in: text).filter { $0.contains("not supported") }
        let end = "are not supported; write the value out, in quotes if it starts so"
        #expect(found == ["x.yaml:\(line):\(column): error: \(what) \(end)"])
    }

    @Test func keysAreWords() {
        #expect(problems(in: "[a, b]: 1\n") == ["x.yaml:1:1: error: a key must be a word"])
        #expect(problems(in: "'': 1\n") == ["x.yaml:1:1: error: the key is empty"])
    }

    @Test func onlyOneDocumentIsRead() {
        #expect(
            problems(in: "a: 1\n---\nb: 2\n") == ["x.yaml:2:1: error: a second document starts here; only one is read"])
    }

    @Test func quotedKeysAndAsterisksAreReadAsWritten() throws {
        let entries = try entries(of: "\"a\": '*'\n'*': \"2 * 3\"\n") { root in
            var ignored: String?
            root.read("a", .string, into: &ignored)
            root.read("*", .string, into: &ignored)
        }
        #expect(entries.map(\.value) == ["*", "2 * 3"])
    }
}
