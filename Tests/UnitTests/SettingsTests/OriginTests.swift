import Testing

@testable import Settings

@Suite struct OriginTests {
    private func ask(_ root: SettingsSection) {
        let daemon = root.section("daemon")
        var level = "info"
        var limit = 5
        var directories: [String] = ["/default"]
        daemon.read("level", .string, into: &level)
        daemon.read("limit", .integer(in: 1...9), into: &limit)
        daemon.read("directories", listOf: .string, into: &directories)
    }

    private func override(_ key: String, _ value: String) -> SettingsOverride {
        SettingsOverride(key: key, value: value, option: "--set")
    }

    @Test func everyValueRemembersWhereItComesFrom() throws {
        let text = "daemon:\n  level: debug\n"
        let found = try entries(of: text, overrides: [override("daemon.limit", "7")], asking: ask)
        #expect(
            found == [
                SettingsEntry(key: "daemon.level", value: "debug", origin: .file("x.yaml", line: 2)),
                SettingsEntry(key: "daemon.limit", value: "7", origin: .commandLine(option: "--set")),
                SettingsEntry(key: "daemon.directories", value: "[/default]", origin: .builtIn),
            ])
        #expect(found.map(\.origin.description) == ["x.yaml:2", "command line (--set)", "default"])
    }

    @Test func commandLineComesBeforeTheFileAndTheLastOptionBeforeTheOthers() throws {
        let overrides = [override("daemon.level", "one"), override("daemon.level", "two")]
        let found = try entries(of: "daemon: {level: file}\n", overrides: overrides, asking: ask)
        #expect(found.first?.value == "two")
    }

    @Test func wordsOfTheCommandLineNeedNoQuotes() throws {
        let found = try entries(of: "", overrides: [override("daemon.level", "no")], asking: ask)
        #expect(found.first?.value == "no")
    }

    @Test func faultOfTheCommandLineNamesItsOption() {
        #expect(
            problems(in: "", overrides: [override("daemon.limit", "10")], asking: ask) == [
                "--set: error: daemon.limit: '10' is out of range; allowed is 1 to 9"
            ])
    }

    @Test func overrideOfNothingIsAnUnknownKey() {
        #expect(
            problems(in: "", overrides: [override("deamon.limit", "1")], asking: ask) == [
                "--set: error: unknown key 'deamon.limit'; did you mean 'daemon.limit'?"
            ])
    }

    @Test func listsAndSectionsAreSetInTheFile() {
        let overrides = [override("daemon.directories", "/x"), override("daemon", "x")]
        #expect(
            problems(in: "", overrides: overrides, asking: ask) == [
                "--set: error: 'daemon.directories' is a list; set it in the file",
                "--set: error: 'daemon' is a section; set one of its keys, such as 'daemon.level'",
            ])
    }

    @Test func fileProblemsComeBeforeThoseOfTheCommandLine() {
        let found = problems(in: "x: 1\n", overrides: [override("daemon.limit", "no")], asking: ask)
        #expect(found.map { String($0.prefix(6)) } == ["x.yaml", "--set:"])
    }

    @Test func rejectedValueIsLocatedWhereItCameFrom() {
        let found = problems(in: "b:\n  c: 1\n", overrides: [override("a.x", "y")]) { root in
            var value: String?
            root.section("a").read("x", .string, into: &value)
            #expect(root.section("a").hasValue("x"))
            #expect(!root.section("b").hasValue("x"))
            root.section("a").reject("x", .invalid, "no")
            root.section("b").reject("c", .invalid, "no")
            root.section("b").reject("d", .invalid, "no")
        }
        #expect(
            found == [
                "x.yaml:2:3: error: b.d: no", "x.yaml:2:6: error: b.c: no", "--set: error: a.x: no",
            ])
    }
}
