import CIM

/// A text as it was parsed, before anything is made of it.
struct ParsedText {
    let text: Compilation.TextID
    let productions: [ProductionSyntax]
}

extension Compilation {
    /// Reads the texts that were given: first those that no other includes, which have the others read in their place.
    mutating func read(_ sources: [MOFSource]) {
        let files = sources.map { MOFInclude.normalized($0.file) }
        var included: Set<String> = []
        for (file, source) in zip(files, sources) where waiting[file] == nil {
            let parsed = parse(MOFSource(file: source.file, bytes: source.bytes))
            waiting[file] = parsed
            included.formUnion(parsed.includes.map { MOFInclude.path(of: $0, includedFrom: file) })
        }
        // Files that only include each other have no first one: then they are read in their order.
        for file in files.filter({ !included.contains($0) }) + files {
            guard let parsed = waiting.removeValue(forKey: file) else { continue }
            unit += 1
            current = 0
            enter(parsed, file: file)
        }
    }

    /// Makes a text one of this run and parses it.
    mutating func parse(_ source: MOFSource) -> ParsedText {
        let (text, problem) = SourceText.decode(source, options)
        let id = log.open(text)
        if let problem { report([problem], in: id) }
        var parser = Parser(text, isLenient: options.isLenient)
        var productions: [ProductionSyntax] = []
        while let production = parser.nextProduction() { productions.append(production) }
        report(parser.takeProblems(), in: id)
        return ParsedText(text: id, productions: productions)
    }

    private mutating func enter(_ parsed: ParsedText, file: String) {
        units[parsed.text] = unit
        rooms[current].files.insert(file)
        openFiles.append(file)
        let outside = current
        for production in parsed.productions {
            switch production {
            case .pragma(let pragma): obey(pragma, in: parsed.text)
            case .qualifierType(let syntax): enter(syntax, in: parsed.text)
            case .classDeclaration(let syntax): enter(syntax, in: parsed.text)
            case .instance(let syntax): enter(syntax, in: parsed.text)
            }
        }
        // A #pragma namespace holds to the end of its file.
        current = outside
        openFiles.removeLast()
    }

    private mutating func enter(_ syntax: QualifierTypeSyntax, in text: TextID) {
        let number = rooms[current].qualifierTypes.count
        if rooms[current].qualifierTypeNumbers[syntax.name.value] == nil {
            rooms[current].qualifierTypeNumbers[syntax.name.value] = number
        }
        rooms[current].qualifierTypes.append(Declared(text: text, syntax: syntax))
    }

    private mutating func enter(_ syntax: ClassSyntax, in text: TextID) {
        let number = rooms[current].classes.count
        if rooms[current].classNumbers[syntax.name.value] == nil {
            rooms[current].classNumbers[syntax.name.value] = number
        }
        rooms[current].classes.append(Declared(text: text, syntax: syntax))
        if let alias = syntax.alias { define(alias, as: .classObject(current, syntax.name.value), in: text) }
    }

    private mutating func enter(_ syntax: InstanceSyntax, in text: TextID) {
        let number = rooms[current].instances.count
        rooms[current].instances.append(Declared(text: text, syntax: syntax))
        if let alias = syntax.alias { define(alias, as: .instance(current, number), in: text) }
    }

    // MARK: Pragmas

    private mutating func obey(_ pragma: PragmaSyntax, in text: TextID) {
        guard let parameter = pragma.parameter else { return }
        switch pragma.name.value {
        case "include": include(parameter, in: text)
        case "namespace": enterNamespace(parameter, in: text)
        default: break
        }
    }

    private mutating func include(_ file: Located<String>, in text: TextID) {
        if openFiles.count >= Self.maximumIncludeDepth {
            return report(.limit, at: file.range, in: text, "files include each other too deep here")
        }
        let parent = openFiles.last ?? ""
        let path = MOFInclude.path(of: file.value, includedFrom: parent)
        if let parsed = waiting.removeValue(forKey: path) { return enter(parsed, file: path) }
        guard !isReadAlready(path, file, in: text) else { return }
        switch readInclude(file.value, parent) {
        case .unreadable(let reason):
            tolerate(.include, at: file.range, in: text, "can't include \"\(file.value)\": \(reason)")
        case .source(let source):
            let path = MOFInclude.normalized(source.file)
            if let parsed = waiting.removeValue(forKey: path) { return enter(parsed, file: path) }
            guard !isReadAlready(path, file, in: text) else { return }
            enter(parse(source), file: path)
        }
    }

    /// A file is read once in each namespace, however many others include it.
    private mutating func isReadAlready(_ path: String, _ file: Located<String>, in text: TextID) -> Bool {
        if openFiles.contains(path) {
            let chain = openFiles.drop { $0 != path } + [path]
            report(
                .include, at: file.range, in: text,
                "a file can't include itself: \(chain.joined(separator: " includes "))")
            return true
        }
        return rooms[current].files.contains(path)
    }

    private mutating func enterNamespace(_ name: Located<String>, in text: TextID) {
        var spelled = name.value
        if CIMNamespace(spelled) == nil, options.isLenient {
            // Microsoft's: \\host\root\name, where the host is a dot.
            let slashed = String(spelled.map { $0 == "\\" ? "/" : $0 })
            spelled = slashed.hasPrefix("//") ? "\(slashed.dropFirst(2).drop { $0 != "/" })" : slashed
            if CIMNamespace(spelled) != nil {
                tolerate(.namespace, at: name.range, in: text, "\"\(name.value)\" is read as the namespace \(spelled)")
            }
        }
        guard let namespace = CIMNamespace(spelled) else {
            return report(
                .namespace, at: name.range, in: text,
                "\"\(name.value)\" is no namespace: expected names separated by \"/\", as in root/cimv2")
        }
        if let number = rooms.firstIndex(where: { $0.contents.namespace == namespace }) {
            current = number
        } else {
            current = rooms.count
            rooms.append(Room(contents: MOFCompiler.Contents(namespace: namespace, repository: ClassRepository())))
        }
    }
}

extension ParsedText {
    /// What its pragmas include.
    fileprivate var includes: [String] {
        productions.compactMap { production in
            guard case .pragma(let pragma) = production, pragma.name.value == "include" else { return nil }
            return pragma.parameter?.value
        }
    }
}
