/// A YAML document, read strictly and with the place of every part.
///
/// Anchors, aliases, tags and merge keys are refused, so that a short text cannot mean a long one. What a key may hold
/// is the reader's business (`SettingsReader`).
package struct SettingsDocument: Sendable {
    /// 1 MiB.
    package static let sizeLimitBytes = 1 << 20
    /// Lists and sections within each other.
    package static let depthLimit = 16

    let source: SettingsSource
    /// A mapping, or refused.
    let root: SettingsTree
    /// What was found on the way and did not stop it.
    let problems: SettingsProblemList

    /// - Parameter file: the name that problems and origins give.
    /// - Throws: `SettingsError` when there is nothing to read on: `.tooLarge`, `.syntax`.
    package init(text: String, file: String) throws(SettingsError) {
        guard text.utf8.count <= Self.sizeLimitBytes else { throw Self.tooLarge(file: file) }
        let source = SettingsSource(text: text, file: file)
        var composer = SettingsComposer(source: source)
        root = try composer.compose()
        problems = composer.problems
        self.source = source
    }

    /// - Throws: `SettingsError`: as above, and `.syntax` where the bytes are no UTF-8.
    package init(bytes: [UInt8], file: String) throws(SettingsError) {
        guard bytes.count <= Self.sizeLimitBytes else { throw Self.tooLarge(file: file) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Self.notUTF8(bytes, file: file)
        }
        try self.init(text: text, file: file)
    }

    static func tooLarge(file: String) -> SettingsError {
        let message = "the file is larger than \(sizeLimitBytes) bytes, the most that is read"
        return SettingsError([SettingsProblem(SettingsFault(.tooLarge, message), at: .file(file, nil))])
    }

    /// Points at the first byte that is no UTF-8.
    private static func notUTF8(_ bytes: [UInt8], file: String) -> SettingsError {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var decoded = String.UnicodeScalarView()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { decoded.append(scalar) }
        let source = SettingsSource(text: String(decoded), file: file)
        let position = source.position(ofIndex: source.scalars.count)
        let fault = SettingsFault(.syntax, "the file is not UTF-8 from here on; save it as UTF-8")
        return SettingsError([SettingsProblem(fault, at: .file(file, position))])
    }
}
