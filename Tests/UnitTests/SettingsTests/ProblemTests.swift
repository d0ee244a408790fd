import Settings
import Testing

@Suite struct ProblemTests {
    private enum Colour: String, CaseIterable, Sendable {
        case red, green, blue
    }

    @Test func unknownKeyIsNamedWithItsPlaceAndTheNearestKnownOne() {
        let text = """
            hosts:
              - name: alpha
                bandwith: 10
            """
        let found = problems(in: text) { root in
            for host in root.sections("hosts", count: 1...9) {
                var name: String?
                var cap: Int?
                host.read("name", .string, into: &name)
                host.read("bandwidthMiBps", .integer(in: 1...9), into: &cap)
            }
        }
        #expect(
            found == ["x.yaml:3:5: error: unknown key 'bandwith' in hosts[0]; did you mean 'bandwidthMiBps'?"])
    }

    @Test func unknownKeyFarFromAllOthersComesWithoutGuess() {
        let found = problems(in: "colour: red\nsize: 3\n") { root in
            var colour = Colour.red
            root.read("colour", .word, into: &colour)
        }
        #expect(found == ["x.yaml:2:1: error: unknown key 'size'"])
    }

    @Test func sectionThatNobodyAsksForIsOneProblem() {
        #expect(problems(in: "a:\n  b: 1\n  c: 2\n") == ["x.yaml:1:1: error: unknown key 'a'"])
    }

    @Test func everyRepetitionOfAKeyIsADuplicate() {
        let text = """
            limits:
              a: 1
              b: 2
              a: 3
              "b": 4
              a: 5
            limits: {}
            """
        let found = problems(in: text) { root in
            let limits = root.section("limits")
            var value = 0
            limits.read("a", .integer(in: 0...9), into: &value)
            limits.read("b", .integer(in: 0...9), into: &value)
        }
        #expect(
            found == [
                "x.yaml:4:3: error: duplicate key 'a' in limits; first at line 2",
                "x.yaml:5:3: error: duplicate key 'b' in limits; first at line 3",
                "x.yaml:6:3: error: duplicate key 'a' in limits; first at line 2",
                "x.yaml:7:1: error: duplicate key 'limits'; first at line 1",
            ])
    }

    @Test func duplicateKeyKeepsItsFirstValueAndItsName() throws {
        let document = try SettingsDocument(text: "a*b: 1\na*b: 2\n", file: "x.yaml")
        let reader = SettingsReader(document)
        var value = 0
        reader.root.read("a*b", .integer(in: 0...9), into: &value)
        let error = #expect(throws: SettingsError.self) { _ = try reader.finish() }
        #expect(value == 1)
        #expect(error?.problems.map(\.summary) == ["x.yaml:2:1: error: duplicate key 'a*b'; first at line 1"])
    }

    @Test func duplicatesBeyondCountingAreStillRefused() {
        let text = (0..<40).map { "k\($0): 1\nk\($0): 2\n" }.joined()
        let error = failure(in: text)
        #expect(error?.codes == [.duplicateKey])
    }

    @Test func missingKeyIsReportedWhereItsSectionStands() {
        let text = """
            hosts:
              - name: alpha
            """
        let found = problems(in: text) { root in
            for host in root.sections("hosts", count: 1...9) {
                _ = host.require("name", .string)
                _ = host.require("uri", .string)
            }
        }
        #expect(found == ["x.yaml:2:5: error: missing required key 'uri' in hosts[0]"])
    }

    @Test func missingListIsReportedAtTheStart() {
        let found = problems(in: "# nothing\n") { _ = $0.sections("hosts", count: 1...9) }
        #expect(found == ["x.yaml:1:1: error: missing required key 'hosts'"])
    }

    @Test func wordOutsideTheAllowedOnesIsRefusedWithAllOfThem() {
        #expect(
            reading("gren", SettingsForm<Colour>.word)
                == .problems([
                    "x.yaml:1:6: error: key: 'gren' is not one of red, green, blue; did you mean 'green'?"
                ]))
        #expect(reading("'blue'", SettingsForm<Colour>.word) == .value(.blue))
    }

    @Test(arguments: [
        ("[1]", "found a list"), ("{a: 1}", "found a section of keys"), ("", "found nothing"), ("~", "found nothing"),
    ])
    func singleValueIsNeitherListNorSectionNorNothing(text: String, found: String) {
        // An empty value stands behind its colon.
        let column = text.isEmpty ? 5 : 6
        #expect(
            reading(text, .boolean)
                == .problems(["x.yaml:1:\(column): error: key: expected true or false, \(found)"]))
    }

    @Test func listAndSectionAreNotSingleValues() {
        let found = problems(in: "list: 1\nsection: [2]\nitems: [3]\n") { root in
            var values: [Int] = []
            root.read("list", listOf: .integer(in: 0...9), into: &values)
            _ = root.section("section")
            _ = root.sections("items", count: 0...9)
        }
        #expect(
            found == [
                "x.yaml:1:7: error: list: expected a list, found '1'",
                "x.yaml:2:10: error: section: expected a section of keys, found a list",
                "x.yaml:3:9: error: items[0]: expected a section of keys, found '3'",
            ])
    }

    @Test func listElementsAreLocatedOneByOne() {
        let found = problems(in: "list:\n  - 1\n  - two\n  - 30\n") { root in
            var values: [Int] = [7]
            root.read("list", listOf: .integer(in: 0...9), into: &values)
            #expect(values == [7])
        }
        #expect(
            found == [
                "x.yaml:3:5: error: list[1]: expected an integer from 0 to 9, found 'two'; write plain decimal digits",
                "x.yaml:4:5: error: list[2]: '30' is out of range; allowed is 0 to 9",
            ])
    }

    @Test func tooFewAndTooManySectionsAreOutOfRange() {
        let few = problems(in: "items: []\n") { _ = $0.sections("items", count: 1...2) }
        let many = problems(in: "items: [{}, {}, {}]\n") { _ = $0.sections("items", count: 1...2) }
        #expect(few == ["x.yaml:1:8: error: items: 0 entries; allowed is 1 to 2"])
        #expect(many == ["x.yaml:1:8: error: items: 3 entries; allowed is 1 to 2"])
    }

    @Test func problemsComeAllTogetherInTheOrderOfTheFile() {
        let text = "b: x\nc: 1\na: x\n"
        let error = failure(in: text) { root in
            var number = 0
            root.read("a", .integer(in: 0...9), into: &number)
            root.read("b", .integer(in: 0...9), into: &number)
        }
        #expect(error?.codes == [.wrongType, .unknownKey, .wrongType])
    }

    @Test func descriptionShowsTheLineAndACaret() {
        let error = failure(in: "# first\nsection:\n\tkey: 1\n")
        #expect(error?.codes == [.syntax])
        let unknown = failure(in: "section:\n  key: 1 # why\n") { _ = $0.section("section") }
        #expect(
            unknown?.description == """
                x.yaml:2:3: error: unknown key 'key' in section
                  key: 1 # why
                  ^
                """)
    }

    @Test func excerptOfALongLineIsAWindowAroundTheCaret() throws {
        let text = "key: \"" + String(repeating: "x", count: 500) + "\", other"
        let error = try #require(failure(in: "[\(text)]"))
        let lines = error.description.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].count <= 120)
        #expect(lines[2].count <= 121)
    }

    @Test func garbageMakesAShortReport() throws {
        let text = (0..<5000).map { "key\($0): 1\n" }.joined()
        let error = try #require(failure(in: text))
        #expect(error.problems.count == 100)
        #expect(error.unlistedCount == 4900)
        #expect(error.description.hasSuffix("... and 4900 more"))
    }

    @Test func faultsAreEqualByCode() {
        #expect(SettingsFault(.missing, "one") == SettingsFault(.missing, "another"))
        #expect(SettingsFault(.missing, "one") != SettingsFault(.invalid, "one"))
    }

    @Test func syntaxErrorsAreLocated() {
        #expect(
            problems(in: "a: 1\nb: [1, 2\nc: 3\n") == [
                "x.yaml:3:2: error: did not find expected ',' or ']' while parsing a flow sequence (line 2)"
            ])
        #expect(
            problems(in: "a: 'text\n") == [
                "x.yaml:2:1: error: found unexpected end of stream while scanning a quoted scalar (line 1)"
            ])
        #expect(
            problems(in: "a: 1\n  b: 2\n") == [
                "x.yaml:2:4: error: mapping values are not allowed in this context"
            ])
        #expect(
            problems(in: "a:\n\tb: 2\n") == [
                """
                x.yaml:2:1: error: found character that cannot start any token (a tab cannot indent; a value that \
                starts so needs quotes) while scanning for the next token (line 2)
                """
            ])
    }

    @Test func rootMustBeASection() {
        #expect(
            problems(in: "- a\n- b\n") == ["x.yaml:1:1: error: the file must hold keys with values ('key: value')"])
        #expect(problems(in: "word\n") == ["x.yaml:1:1: error: the file must hold keys with values ('key: value')"])
    }

    @Test(arguments: ["", "# only a comment\n", "---\n", "null\n"])
    func emptyTextIsAnEmptySection(text: String) {
        #expect(problems(in: text) == [])
    }

    @Test func sectionWithNothingInItIsEmpty() throws {
        let entries = try entries(of: "section:\n  # a: 1\n") { root in
            var value = 3
            root.section("section").read("a", .integer(in: 0...9), into: &value)
        }
        #expect(entries.map(\.key) == ["section.a"])
        #expect(entries.map(\.value) == ["3"])
    }
}
