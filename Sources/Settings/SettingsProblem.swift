/// A place in a text. Lines and columns count from 1; a column is one Unicode scalar.
package struct SettingsPosition: Hashable, Sendable, Comparable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (lhs: SettingsPosition, rhs: SettingsPosition) -> Bool {
        (lhs.line, lhs.column) < (rhs.line, rhs.column)
    }
}

/// What is wrong with a value, without saying where it stands. Equality is by code.
package struct SettingsFault: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The file cannot be opened or read.
        case unreadable
        /// The text is over `SettingsDocument.sizeLimitBytes`.
        case tooLarge
        /// The text is no YAML, or no UTF-8.
        case syntax
        /// YAML that a configuration file has no need of: anchors, aliases, tags, merge keys, keys that are no words.
        case unsupported
        /// Nested beyond `SettingsDocument.depthLimit`.
        case tooDeep
        case unknownKey
        case duplicateKey
        case wrongType
        case outOfRange
        /// Not one of the words that the key allows.
        case notAllowed
        case missing
        /// Of the right type, and yet unusable: a malformed URI, a directory that does not exist, ...
        case invalid
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension SettingsFault: Equatable {
    package static func == (lhs: SettingsFault, rhs: SettingsFault) -> Bool { lhs.code == rhs.code }
}

/// A fault and where it stands.
package struct SettingsProblem: Sendable, CustomStringConvertible {
    package enum Place: Hashable, Sendable {
        /// `nil`: the file as a whole.
        case file(String, SettingsPosition?)
        /// The option that brought the value.
        case commandLine(option: String)
    }

    package let fault: SettingsFault
    package let place: Place
    /// The line and a caret below the column; `nil` where there is no line to show.
    package let excerpt: String?

    package init(_ fault: SettingsFault, at place: Place, excerpt: String? = nil) {
        self.fault = fault
        self.place = place
        self.excerpt = excerpt
    }

    /// One line, as compilers print it: `FILE:LINE:COLUMN: error: MESSAGE`.
    package var summary: String {
        switch place {
        case .file(let file, let position?): "\(file):\(position.line):\(position.column): error: \(fault.message)"
        case .file(let file, nil): "\(file): error: \(fault.message)"
        case .commandLine(let option): "\(option): error: \(fault.message)"
        }
    }

    /// The summary, then the line and its caret.
    package var description: String { excerpt.map { "\(summary)\n\($0)" } ?? summary }
}

/// Everything that is wrong with the settings, in the order of the file; never empty.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    package let problems: [SettingsProblem]
    /// How many more there are than `problems` lists.
    package let unlistedCount: Int

    package init(_ problems: [SettingsProblem], unlistedCount: Int = 0) {
        self.problems = problems
        self.unlistedCount = unlistedCount
    }

    package var codes: [SettingsFault.Code] { problems.map(\.fault.code) }

    package var description: String {
        let more = unlistedCount == 0 ? [] : ["... and \(unlistedCount) more"]
        return (problems.map(\.description) + more).joined(separator: "\n")
    }
}

extension SettingsError: Equatable {
    package static func == (lhs: SettingsError, rhs: SettingsError) -> Bool { lhs.codes == rhs.codes }
}

/// Collects problems up to a bound: a file of garbage makes a short report, not a long one.
struct SettingsProblemList {
    static let limit = 100

    private let source: SettingsSource
    private var listed: [SettingsProblem] = []
    private var unlistedCount = 0

    init(source: SettingsSource) { self.source = source }

    mutating func add(_ fault: SettingsFault, at position: SettingsPosition) {
        let excerpt = listed.count < Self.limit ? source.excerpt(at: position) : nil
        add(SettingsProblem(fault, at: .file(source.file, position), excerpt: excerpt))
    }

    mutating func add(_ fault: SettingsFault, from option: String) {
        add(SettingsProblem(fault, at: .commandLine(option: option)))
    }

    private mutating func add(_ problem: SettingsProblem) {
        if listed.count < Self.limit { listed.append(problem) } else { unlistedCount += 1 }
    }

    /// `nil` when nothing was collected. The file's problems come in its order, then the command line's.
    var error: SettingsError? {
        guard !listed.isEmpty else { return nil }
        let ordered = listed.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
        return SettingsError(ordered.map(\.element), unlistedCount: unlistedCount)
    }
}

extension SettingsProblem {
    fileprivate var order: SettingsPosition {
        switch place {
        case .file(_, let position?): position
        case .file(_, nil): SettingsPosition(line: 0, column: 0)
        case .commandLine: SettingsPosition(line: .max, column: 0)
        }
    }
}
