/// Where a value comes from.
package enum SettingsOrigin: Hashable, Sendable, CustomStringConvertible {
    case builtIn
    case file(String, line: Int)
    case commandLine(option: String)

    /// `default`, `FILE:LINE` or `command line (OPTION)`.
    package var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let file, let line): "\(file):\(line)"
        case .commandLine(let option): "command line (\(option))"
        }
    }
}

/// A value given on the command line in place of the file's.
package struct SettingsOverride: Hashable, Sendable {
    /// `daemon.logLevel`
    package let key: String
    package let value: String
    /// The option that brought it, for messages: `--log-level`.
    package let option: String

    package init(key: String, value: String, option: String) {
        self.key = key
        self.value = value
        self.option = option
    }
}

/// A resolved value.
package struct SettingsEntry: Hashable, Sendable {
    /// The whole path: `hosts[0].uri`.
    package let key: String
    package let value: String
    package let origin: SettingsOrigin
}

/// Reads a document's values, remembers which keys were asked for and what came of them, and collects every problem.
///
/// Ask for all values from `root` on, then call `finish`.
package final class SettingsReader {
    private struct SectionState {
        let members: [SettingsTree.Member]
        let position: SettingsPosition
        /// A refused section was reported already and misses nothing.
        let isRefused: Bool
        var knownKeys: [String] = []
    }

    private let document: SettingsDocument
    private let overrides: [SettingsOverride]
    private var unusedOverrides: Set<String>
    private var sections: [String: SectionState] = [:]
    private var sectionOrder: [String] = []
    private var entries: [SettingsEntry] = []
    private var listKeys: Set<String> = []
    private var problems: SettingsProblemList

    /// - Parameter overrides: of two for one key the later counts.
    package init(_ document: SettingsDocument, overrides: [SettingsOverride] = []) {
        self.document = document
        self.overrides = overrides
        unusedOverrides = Set(overrides.map(\.key))
        problems = document.problems
        // Known from the start: of a document that nobody asks anything, all keys are unknown.
        _ = root
    }

    package var root: SettingsSection { section(path: "", tree: document.root, fallback: document.root.position) }

    /// What every key resolved to, in the order of asking.
    /// - Throws: `SettingsError` with every problem, unknown keys among them.
    package func finish() throws(SettingsError) -> [SettingsEntry] {
        for path in sectionOrder { refuseUnknownKeys(in: path) }
        for override in overrides where unusedOverrides.contains(override.key) { refuse(unused: override) }
        if let error = problems.error { throw error }
        return entries
    }

    // MARK: For SettingsSection

    func section(path: String, tree: SettingsTree?, fallback: SettingsPosition) -> SettingsSection {
        if sections[path] == nil {
            var members: [SettingsTree.Member] = []
            var isRefused = false
            switch tree?.kind {
            case .mapping(let found): members = found
            case .refused: isRefused = true
            case .scalar, .sequence, nil: break
            }
            sections[path] = SectionState(
                members: members, position: tree?.position ?? fallback, isRefused: isRefused)
            sectionOrder.append(path)
        }
        return SettingsSection(reader: self, path: path)
    }

    func position(ofSection path: String) -> SettingsPosition {
        sections[path]?.position ?? document.root.position
    }

    func isRefused(section path: String) -> Bool { sections[path]?.isRefused ?? false }

    /// What the file has for a key, which is known from now on.
    func member(_ key: String, in path: String) -> SettingsTree.Member? {
        guard var state = sections[path] else { return nil }
        if !state.knownKeys.contains(key) {
            state.knownKeys.append(key)
            sections[path] = state
        }
        return state.members.first { $0.key == key }
    }

    func override(for keyPath: String) -> SettingsOverride? {
        guard let override = overrides.last(where: { $0.key == keyPath }) else { return nil }
        unusedOverrides.remove(keyPath)
        return override
    }

    func origin(at position: SettingsPosition) -> SettingsOrigin { .file(document.source.file, line: position.line) }

    func record(_ key: String, _ value: String, _ origin: SettingsOrigin) {
        entries.append(SettingsEntry(key: key, value: value, origin: origin))
    }

    /// Lists have no single value, and so no override.
    func noteList(_ keyPath: String) { listKeys.insert(keyPath) }

    func report(_ fault: SettingsFault, at position: SettingsPosition) { problems.add(fault, at: position) }

    func report(_ fault: SettingsFault, from option: String) { problems.add(fault, from: option) }

    // MARK: What nobody asked for

    private func refuseUnknownKeys(in path: String) {
        guard let state = sections[path] else { return }
        let place = path.isEmpty ? "" : " in \(path)"
        for member in state.members where !state.knownKeys.contains(member.key) {
            let hint = Nearest.hint(to: member.key, among: state.knownKeys)
            let message = "unknown key \(member.key.quotedForMessage)\(place)\(hint)"
            problems.add(SettingsFault(.unknownKey, message), at: member.keyPosition)
        }
    }

    private func refuse(unused override: SettingsOverride) {
        let key = override.key.quotedForMessage
        if listKeys.contains(override.key) {
            let message = "\(key) is a list; set it in the file"
            return problems.add(SettingsFault(.wrongType, message), from: override.option)
        }
        if sections[override.key] != nil {
            let message = "\(key) is a section; set one of its keys, such as "
            let example = entries.first { $0.key.hasPrefix(override.key) }?.key ?? "\(override.key).KEY"
            return problems.add(SettingsFault(.wrongType, message + example.quotedForMessage), from: override.option)
        }
        let hint = Nearest.hint(to: override.key, among: entries.map(\.key))
        problems.add(SettingsFault(.unknownKey, "unknown key \(key)\(hint)"), from: override.option)
    }
}
