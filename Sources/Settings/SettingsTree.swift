/// A part of a document: what was written, and where.
struct SettingsTree: Sendable {
    enum Kind: Sendable {
        /// - Parameter isPlain: written without quotes, so that YAML may take it for something else than text.
        case scalar(text: String, isPlain: Bool)
        case sequence([SettingsTree])
        case mapping([Member])
        /// Already reported; nothing more is said about it.
        case refused
    }

    struct Member: Sendable {
        let key: String
        let keyPosition: SettingsPosition
        let value: SettingsTree
    }

    let position: SettingsPosition
    let kind: Kind

    /// YAML's null, or nothing at all behind the colon.
    var isNull: Bool {
        if case .scalar(let text, isPlain: true) = kind { SettingsScalar.isNullWord(text) } else { false }
    }
}
