import Yams

/// Makes a tree of a text, and refuses what a configuration file has no need of.
///
/// Yams resolves aliases and throws at the first duplicate key. Both are kept from happening by what it is given to
/// read, a copy of the text of the same shape:
///
/// 1. Every `*` is a stand-in, so the copy has no aliases. An alias of the text is a plain word of the copy at the same
///    place: found there by looking at what the text has in that place. Nothing is ever expanded, so a chain of
///    aliases costs no more than its length (`billionLaughsIsRefusedAtOnce`).
/// 2. Where Yams reports a duplicate key, one letter of it becomes a stand-in and the copy is read again, so that all
///    duplicates are found, and with both their places.
struct SettingsComposer {
    /// Keys made unique at most, and characters read for their sake: of a large text fewer duplicates are told.
    private static let renameLimit = 20
    private static let rereadLimit = 2 << 20
    /// Characters of the private use area, refused in the text itself.
    private static let asteriskStandIn: Unicode.Scalar = "\u{E000}"
    private static let standIns: ClosedRange<UInt32> = 0xE000...0xF8FF

    private let source: SettingsSource
    private var copy: [Unicode.Scalar]
    private var renamedKeys: [SettingsPosition: String] = [:]
    private(set) var problems: SettingsProblemList

    init(source: SettingsSource) {
        self.source = source
        copy = source.scalars.map { $0 == "*" ? Self.asteriskStandIn : $0 }
        problems = SettingsProblemList(source: source)
    }

    /// The document's root: a mapping, empty when the text is, or refused.
    /// - Throws: `SettingsError` when the text is no YAML.
    mutating func compose() throws(SettingsError) -> SettingsTree {
        try refuseUnprintable()
        let start = SettingsPosition(line: 1, column: 1)
        let empty = SettingsTree(position: start, kind: .mapping([]))
        guard let node = try parse() else { return empty }
        let root = tree(node, path: "", depth: 1)
        if root.isNull { return empty }
        switch root.kind {
        case .mapping, .refused: return root
        case .scalar, .sequence:
            problems.add(
                SettingsFault(.wrongType, "the file must hold keys with values ('key: value')"), at: root.position)
            return SettingsTree(position: root.position, kind: .refused)
        }
    }

    // MARK: Reading

    private func refuseUnprintable() throws(SettingsError) {
        guard let index = source.scalars.firstIndex(where: Self.isForbidden) else { return }
        let code = String(source.scalars[index].value, radix: 16, uppercase: true)
        let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
        throw failure(
            SettingsFault(.syntax, "the character U+\(padded) is not allowed here"),
            at: source.position(ofIndex: index))
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85: false
        case 0..<0x20, 0x7F..<0xA0, standIns, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    private mutating func parse() throws(SettingsError) -> Node? {
        while true {
            // What follows the text keeps the copy from being a small string, whose bytes have no lasting address.
            let yaml = String(String.UnicodeScalarView(copy)) + "\n#                "
            do {
                return try Parser(yaml: yaml, resolver: .basic).singleRoot()
            } catch let error as YamlError {
                try overcome(error)
            } catch {
                throw failure(SettingsFault(.syntax, "not readable: \(error)"), at: nil)
            }
        }
    }

    /// Returns when the copy has been changed and is to be read again.
    private mutating func overcome(_ error: YamlError) throws(SettingsError) {
        switch error {
        case .duplicatedKeysInMapping(let names, let context):
            let position = source.clamped(line: context.mark.line, column: context.mark.column)
            let name = names.first ?? ""
            let isAffordable =
                renamedKeys.count < Self.renameLimit && (renamedKeys.count + 2) * copy.count <= Self.rereadLimit
            guard isAffordable, renameKey(at: position, from: name) else {
                let key = (renamedKeys[position] ?? restored(name)).quotedForMessage
                throw failure(SettingsFault(.duplicateKey, "duplicate key \(key)"), at: position)
            }
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let position = source.clamped(line: mark.line, column: mark.column)
            throw failure(Self.fault(problem, context), at: position)
        case .reader(let problem, _, _, _):
            throw failure(SettingsFault(.syntax, problem), at: nil)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            throw failure(SettingsFault(.syntax, "not readable: \(error)"), at: nil)
        }
    }

    /// libyaml's words, and ours where its own would puzzle.
    private static func fault(_ problem: String, _ context: YamlError.Context?) -> SettingsFault {
        if problem.hasPrefix("Maximum nesting level reached") { return tooDeep }
        if problem == "but found another document" {
            return SettingsFault(.unsupported, "a second document starts here; only one is read")
        }
        let isOddStart = problem == "found character that cannot start any token"
        let hint = isOddStart ? " (a tab cannot indent; a value that starts so needs quotes)" : ""
        guard let context, context.text.hasPrefix("while ") else { return SettingsFault(.syntax, problem + hint) }
        return SettingsFault(.syntax, "\(problem)\(hint) \(context.text) (line \(context.mark.line))")
    }

    private static let tooDeep = SettingsFault(
        .tooDeep, "nested deeper than \(SettingsDocument.depthLimit) levels")

    /// - Returns: whether the copy now has another key there.
    private mutating func renameKey(at position: SettingsPosition, from name: String) -> Bool {
        guard !name.isEmpty, var index = source.index(at: position) else { return false }
        if "[{&!|>".unicodeScalars.contains(copy[index]) { return false }
        if copy[index] == "\"" || copy[index] == "'" { index += 1 }
        guard let standIn = Unicode.Scalar(Self.asteriskStandIn.value + 1 + UInt32(renamedKeys.count)) else {
            return false
        }
        renamedKeys[position] = restored(name)
        copy[index] = standIn
        return true
    }

    private func restored(_ text: String) -> String {
        guard text.unicodeScalars.contains(Self.asteriskStandIn) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == Self.asteriskStandIn ? "*" : $0 }))
    }

    private func failure(_ fault: SettingsFault, at position: SettingsPosition?) -> SettingsError {
        SettingsError([
            SettingsProblem(
                fault, at: .file(source.file, position), excerpt: position.flatMap { source.excerpt(at: $0) })
        ])
    }

    // MARK: Making the tree

    private mutating func tree(_ node: Node, path: String, depth: Int) -> SettingsTree {
        let position = source.clamped(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        if let refusal = refusal(at: position) ?? refusal(ofDepth: depth, node) {
            problems.add(refusal, at: position)
            return SettingsTree(position: position, kind: .refused)
        }
        switch node {
        case .scalar(let scalar):
            let text = restored(scalar.string)
            return SettingsTree(position: position, kind: .scalar(text: text, isPlain: scalar.style == .plain))
        case .sequence(let nodes):
            var items: [SettingsTree] = []
            for (index, item) in nodes.enumerated() {
                items.append(tree(item, path: "\(path)[\(index)]", depth: depth + 1))
            }
            return SettingsTree(position: position, kind: .sequence(items))
        case .mapping(let mapping):
            return SettingsTree(position: position, kind: .mapping(members(of: mapping, path: path, depth: depth)))
        case .alias:
            return SettingsTree(position: position, kind: .refused)
        }
    }

    private mutating func members(of mapping: Node.Mapping, path: String, depth: Int) -> [SettingsTree.Member] {
        var members: [SettingsTree.Member] = []
        var firstPositions: [String: SettingsPosition] = [:]
        for (keyNode, valueNode) in mapping {
            let position = source.clamped(line: keyNode.mark?.line ?? 1, column: keyNode.mark?.column ?? 1)
            switch key(keyNode, at: position) {
            case .failure(let fault): problems.add(fault, at: position)
            case .success(let key):
                let keyPath = path.isEmpty ? key : "\(path).\(key)"
                let value = tree(valueNode, path: keyPath, depth: depth + 1)
                if let first = firstPositions.updateValue(position, forKey: key) {
                    let place = path.isEmpty ? "" : " in \(path)"
                    let message = "duplicate key \(key.quotedForMessage)\(place); first at line \(first.line)"
                    problems.add(SettingsFault(.duplicateKey, message), at: position)
                    firstPositions[key] = first
                } else {
                    members.append(SettingsTree.Member(key: key, keyPosition: position, value: value))
                }
            }
        }
        return members
    }

    private func key(_ node: Node, at position: SettingsPosition) -> Result<String, SettingsFault> {
        if let refusal = refusal(at: position) { return .failure(refusal) }
        guard case .scalar(let scalar) = node else {
            return .failure(SettingsFault(.unsupported, "a key must be a word"))
        }
        if scalar.style == .plain, scalar.string == "<<" {
            return .failure(SettingsFault(.unsupported, "merge keys (<<) are not supported; write the keys out"))
        }
        guard !scalar.string.isEmpty else { return .failure(SettingsFault(.syntax, "the key is empty")) }
        return .success(renamedKeys[position] ?? restored(scalar.string))
    }

    /// A plain scalar cannot start with any of these and a quoted one starts with its quote, so what stands there is an
    /// alias, or a node's anchor or tag.
    private func refusal(at position: SettingsPosition) -> SettingsFault? {
        let what: String
        switch source.scalar(at: position) {
        case "*": what = "aliases (*name)"
        case "&": what = "anchors (&name)"
        case "!": what = "tags (!name)"
        default: return nil
        }
        return SettingsFault(.unsupported, "\(what) are not supported; write the value out, in quotes if it starts so")
    }

    private func refusal(ofDepth depth: Int, _ node: Node) -> SettingsFault? {
        if case .scalar = node { return nil }
        return depth > SettingsDocument.depthLimit ? Self.tooDeep : nil
    }
}
