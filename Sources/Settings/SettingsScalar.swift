/// A single value as it was given, before anyone knows what it should be.
package struct SettingsScalar: Sendable {
    package enum Style: Sendable {
        /// Without quotes in the file.
        case plain
        case quoted
        /// On the command line, where quotes are the shell's.
        case argument
    }

    package let text: String
    package let style: Style
    package let origin: SettingsOrigin

    /// YAML's null, or nothing at all.
    package var isNull: Bool { style != .quoted && Self.isNullWord(text) }

    static func isNullWord(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }

    /// How a message names the value.
    var found: String {
        if isNull { return "found nothing" }
        return style == .quoted ? "found the text \(text.quoted(with: "\""))" : "found \(text.quotedForMessage)"
    }
}

// MARK: As text

extension SettingsScalar {
    /// What is wrong with the scalar as text; `nil` when nothing is.
    func faultAsText(expected: String) -> SettingsFault? {
        if isNull { return SettingsFault(.wrongType, "expected \(expected), \(found)") }
        if let other = ambiguity {
            return SettingsFault(.wrongType, "expected \(expected), \(found), \(other); write it in quotes")
        }
        if text.isEmpty { return SettingsFault(.invalid, "expected \(expected), found empty text") }
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            return SettingsFault(.invalid, "expected \(expected), found control characters in \(text.quotedForMessage)")
        }
        return nil
    }

    private static let booleanWords: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false"]

    /// What some reader of YAML would take the word for: `no` is false to many, `1.10` is 1.1.
    private var ambiguity: String? {
        guard style == .plain else { return nil }
        if Self.booleanWords.contains(text.lowercased()) { return "a boolean to YAML" }
        return isNumber ? "a number to YAML" : nil
    }

    private var isNumber: Bool {
        let unsigned = text.drop { $0 == "-" || $0 == "+" }.lowercased()
        if [".inf", ".nan"].contains(unsigned) { return true }
        if ["0o", "0b"].contains(String(unsigned.prefix(2))) { return true }
        guard let first = unsigned.unicodeScalars.first, first == "." || ("0"..."9").contains(first) else {
            return false
        }
        return Double(unsigned.filter { $0 != "_" }) != nil
    }
}

// MARK: As an integer

extension SettingsScalar {
    /// What is wrong with the way the integer is written; `nil` when nothing is.
    func faultAsInteger(expected: String) -> SettingsFault? {
        integerRemedy.map { SettingsFault(.wrongType, "expected \(expected), \(found)\($0)") }
    }

    private var integerRemedy: String? {
        if isNull { return "" }
        if style == .quoted { return "; remove the quotes" }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return "; write plain decimal digits"
        }
        let hasIdleZero = digits.first == "0" && (digits.count > 1 || text.hasPrefix("-"))
        return hasIdleZero ? "; write plain decimal digits without a leading zero" : nil
    }
}

// MARK: Messages

extension String {
    /// In apostrophes, control characters replaced, cut to 80 characters: fit for a line of a message.
    package var quotedForMessage: String { quoted(with: "'") }

    func quoted(with quote: String) -> String {
        let shown = unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        let dots = shown.count < unicodeScalars.count ? "..." : ""
        return quote + String(String.UnicodeScalarView(shown)) + dots + quote
    }
}
