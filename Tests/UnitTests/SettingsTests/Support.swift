import Daemon
import Settings
import Testing

/// The summaries of what is wrong with a text when `ask` asks for its values; empty when nothing is.
func problems(
    in text: String, overrides: [SettingsOverride] = [], asking ask: (SettingsSection) -> Void = { _ in }
) -> [String] {
    switch failure(in: text, overrides: overrides, asking: ask) {
    case nil: []
    case let error?: error.problems.map(\.summary)
    }
}

func failure(
    in text: String, overrides: [SettingsOverride] = [], asking ask: (SettingsSection) -> Void = { _ in }
) -> SettingsError? {
    do throws(SettingsError) {
        _ = try entries(of: text, overrides: overrides, asking: ask)
        return nil
    } catch {
        return error
    }
}

func entries(
    of text: String, overrides: [SettingsOverride] = [], asking ask: (SettingsSection) -> Void
) throws(SettingsError) -> [SettingsEntry] {
    let reader = SettingsReader(try SettingsDocument(text: text, file: "x.yaml"), overrides: overrides)
    ask(reader.root)
    return try reader.finish()
}

/// What a single key reads as, or the summaries of what is wrong with it.
func reading<Value: Equatable>(_ text: String, _ form: SettingsForm<Value>) -> Reading<Value> {
    var value: Value?
    let found = problems(in: "key: \(text)\n") { value = $0.require("key", form) }
    return found.isEmpty ? .value(value) : .problems(found)
}

enum Reading<Value: Equatable>: Equatable {
    case value(Value?)
    case problems([String])
}

extension ConfigurationSurroundings {
    /// A machine on which everything is where it should be.
    static var complete: ConfigurationSurroundings {
        ConfigurationSurroundings(
            workingDirectory: "/home/operator", executableDirectory: "/usr/sbin", directory: { _ in "/etc/migrationd" },
            whyNotDirectory: { _ in nil }, whyNotFile: { _ in nil }, whyNotProgram: { _ in nil },
            userID: { find($0, ["alice": 1001, "bob": 1002]) }, groupID: { find($0, ["libvirt": 101, "ops": 102]) })
    }

    /// Names that are not listed are known too, and have the number 99.
    private static func find(_ name: String, _ known: [String: UInt32]) -> Result<UInt32, AccountFault> {
        name.hasPrefix("no-such") ? .failure(AccountFault("\(name) is not here")) : .success(known[name] ?? 99)
    }
}

/// One host, the least that a configuration can be.
let oneHost = "hosts: [{name: a, uri: 'qemu:///system'}]\n"

func configuration(
    _ text: String, overrides: [SettingsOverride] = [], surroundings: ConfigurationSurroundings = .complete
) throws(SettingsError) -> Configuration {
    let document = try SettingsDocument(text: text, file: "migrationd.yaml")
    return try Configuration(
        document, directory: "/etc/migrationd", overrides: overrides, surroundings: surroundings)
}

func configurationProblems(
    _ text: String, overrides: [SettingsOverride] = [], surroundings: ConfigurationSurroundings = .complete
) -> [String] {
    do throws(SettingsError) {
        _ = try configuration(text, overrides: overrides, surroundings: surroundings)
        return []
    } catch {
        return error.problems.map(\.summary)
    }
}
