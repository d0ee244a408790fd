/// A cursor on one section (mapping) of a document. Asking for a key makes it known; what is wrong with its value is
/// reported to the reader, and the value asked for stays as it was.
package struct SettingsSection {
    let reader: SettingsReader
    /// `hosts[0]`; empty for the document itself.
    package let path: String

    // MARK: Single values

    /// Reads a key that has a default: the value that `value` has.
    /// - Parameter nullIsDefault: whether `null` may be written for a default that has no text of its own.
    package func read<Value>(
        _ key: String, _ form: SettingsForm<Value>, into value: inout Value, nullIsDefault: Bool = false
    ) {
        guard let given = scalar(key, expected: form.expected) else {
            return reader.record(keyPath(key), form.show(value), .builtIn)
        }
        if nullIsDefault, given.scalar.isNull {
            return reader.record(keyPath(key), form.show(value), given.scalar.origin)
        }
        guard let parsed = parse(given, key, form) else { return }
        value = parsed
        reader.record(keyPath(key), form.show(parsed), given.scalar.origin)
    }

    /// Reads a key that may be absent or null.
    package func read<Value>(_ key: String, _ form: SettingsForm<Value>, into value: inout Value?) {
        guard let given = scalar(key, expected: form.expected) else {
            return reader.record(keyPath(key), value.map(form.show) ?? "null", .builtIn)
        }
        if given.scalar.isNull {
            value = nil
            return reader.record(keyPath(key), "null", given.scalar.origin)
        }
        guard let parsed = parse(given, key, form) else { return }
        value = parsed
        reader.record(keyPath(key), form.show(parsed), given.scalar.origin)
    }

    /// Reads a key that must be there. `nil` when it is not, or is wrong; that has been reported.
    package func require<Value>(_ key: String, _ form: SettingsForm<Value>) -> Value? {
        guard let given = scalar(key, expected: form.expected) else {
            // A value of the wrong kind is there, and has been reported.
            if reader.member(key, in: path) == nil { missing(key) }
            return nil
        }
        guard let parsed = parse(given, key, form) else { return nil }
        reader.record(keyPath(key), form.show(parsed), given.scalar.origin)
        return parsed
    }

    // MARK: Lists and sections

    /// Reads a list of values. No element is read twice: of a wrong list the old value stays.
    package func read<Value>(_ key: String, listOf form: SettingsForm<Value>, into values: inout [Value]) {
        reader.noteList(keyPath(key))
        guard let member = reader.member(key, in: path) else {
            return reader.record(keyPath(key), show(values, form), .builtIn)
        }
        guard let items = items(of: member) else { return }
        var parsed: [Value] = []
        for (index, item) in items.enumerated() {
            let name = "\(key)[\(index)]"
            guard let scalar = scalar(of: item, name, expected: form.expected) else { continue }
            guard let value = parse(Given(scalar: scalar, place: .file(item.position)), name, form) else { continue }
            parsed.append(value)
        }
        guard parsed.count == items.count else { return }
        values = parsed
        reader.record(keyPath(key), show(parsed, form), reader.origin(at: member.keyPosition))
    }

    /// A section within this one; empty when the file does not have it, or has nothing in it.
    package func section(_ key: String) -> SettingsSection {
        let fallback = reader.position(ofSection: path)
        guard let member = reader.member(key, in: path) else {
            return reader.section(path: keyPath(key), tree: nil, fallback: fallback)
        }
        switch member.value.kind {
        case .mapping, .refused: break
        case .scalar, .sequence:
            if !member.value.isNull { wrongKind(member.value, key, expected: "a section of keys") }
        }
        return reader.section(path: keyPath(key), tree: member.value, fallback: member.keyPosition)
    }

    /// The sections of a list that must be there.
    /// - Parameter count: how many there may be.
    package func sections(_ key: String, count: ClosedRange<Int>) -> [SettingsSection] {
        reader.noteList(keyPath(key))
        guard let member = reader.member(key, in: path) else {
            missing(key)
            return []
        }
        guard let items = items(of: member) else { return [] }
        if !count.contains(items.count) {
            let message =
                "\(keyPath(key)): \(items.count) entries; allowed is \(count.lowerBound) to \(count.upperBound)"
            reader.report(SettingsFault(.outOfRange, message), at: member.value.position)
        }
        return items.prefix(count.upperBound).enumerated().compactMap { index, item in
            let name = "\(key)[\(index)]"
            switch item.kind {
            case .mapping: return reader.section(path: keyPath(name), tree: item, fallback: item.position)
            case .refused: return nil
            case .scalar, .sequence:
                wrongKind(item, name, expected: "a section of keys")
                return nil
            }
        }
    }

    // MARK: What only the caller can tell

    /// Reports a fault of a key's value at its place: in the file, on the command line, or where the key is missing.
    package func reject(_ key: String, _ code: SettingsFault.Code, _ message: String) {
        let fault = SettingsFault(code, "\(keyPath(key)): \(message)")
        if let override = reader.override(for: keyPath(key)) {
            return reader.report(fault, from: override.option)
        }
        let position = reader.member(key, in: path)?.value.position
        reader.report(fault, at: position ?? reader.position(ofSection: path))
    }

    /// Whether the file or the command line has anything for a key but null.
    package func hasValue(_ key: String) -> Bool {
        if reader.override(for: keyPath(key)) != nil { return true }
        return reader.member(key, in: path).map { !$0.value.isNull } ?? false
    }

    /// Reports that a key is missing which other values make necessary.
    /// - Parameter reason: to follow the message in parentheses.
    package func missing(_ key: String, reason: String? = nil) {
        guard !reader.isRefused(section: path) else { return }
        let place = path.isEmpty ? "" : " in \(path)"
        let message = "missing required key '\(key)'\(place)" + (reason.map { " (\($0))" } ?? "")
        reader.report(SettingsFault(.missing, message), at: reader.position(ofSection: path))
    }

    // MARK: Reading

    private struct Given {
        enum Place {
            case file(SettingsPosition)
            case commandLine(option: String)
        }
        let scalar: SettingsScalar
        let place: Place
    }

    private func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The single value of a key, the command line's before the file's. `nil`: absent, or reported.
    private func scalar(_ key: String, expected: String) -> Given? {
        let member = reader.member(key, in: path)
        if let override = reader.override(for: keyPath(key)) {
            let origin = SettingsOrigin.commandLine(option: override.option)
            let scalar = SettingsScalar(text: override.value, style: .argument, origin: origin)
            return Given(scalar: scalar, place: .commandLine(option: override.option))
        }
        guard let member, let scalar = scalar(of: member.value, key, expected: expected) else { return nil }
        return Given(scalar: scalar, place: .file(member.value.position))
    }

    private func scalar(of tree: SettingsTree, _ key: String, expected: String) -> SettingsScalar? {
        switch tree.kind {
        case .scalar(let text, let isPlain):
            let origin = reader.origin(at: tree.position)
            return SettingsScalar(text: text, style: isPlain ? .plain : .quoted, origin: origin)
        case .sequence, .mapping:
            wrongKind(tree, key, expected: expected)
            return nil
        case .refused:
            return nil
        }
    }

    private func parse<Value>(_ given: Given, _ key: String, _ form: SettingsForm<Value>) -> Value? {
        switch form.parse(given.scalar) {
        case .success(let value): return value
        case .failure(let fault):
            let located = SettingsFault(fault.code, "\(keyPath(key)): \(fault.message)")
            switch given.place {
            case .file(let position): reader.report(located, at: position)
            case .commandLine(let option): reader.report(located, from: option)
            }
            return nil
        }
    }

    /// `nil` when the value is no list; that has been reported.
    private func items(of member: SettingsTree.Member) -> [SettingsTree]? {
        switch member.value.kind {
        case .sequence(let items): return items
        case .refused: return nil
        case .scalar, .mapping:
            wrongKind(member.value, member.key, expected: "a list")
            return nil
        }
    }

    private func wrongKind(_ tree: SettingsTree, _ key: String, expected: String) {
        let found: String
        switch tree.kind {
        case .scalar(let text, let isPlain):
            found = SettingsScalar(text: text, style: isPlain ? .plain : .quoted, origin: .builtIn).found
        case .sequence: found = "found a list"
        case .mapping: found = "found a section of keys"
        case .refused: return
        }
        reader.report(SettingsFault(.wrongType, "\(keyPath(key)): expected \(expected), \(found)"), at: tree.position)
    }

    private func show<Value>(_ values: [Value], _ form: SettingsForm<Value>) -> String {
        "[\(values.map(form.show).joined(separator: ", "))]"
    }
}
