import CIM

extension Compilation {
    static let maximumEmbeddingDepth = 8

    /// What the text in a string declares: an instance, or where any object may be embedded a class.
    /// - Returns: the string itself when a lenient reader can't make more of it.
    mutating func embedded(
        _ mof: String, _ range: Range<Int>, _ embedding: CIMEmbedding, in text: TextID
    ) -> CIMValue? {
        guard embeddingDepth < Self.maximumEmbeddingDepth else {
            report(.limit, at: range, in: text, "instances are embedded in each other too deep here")
            return nil
        }
        var inner = Compilation(
            contents: [MOFCompiler.Contents(namespace: nil, repository: repository)], options: options,
            readInclude: readInclude, diagnosticBound: Self.maximumEmbeddedDiagnostics)
        inner.embeddingDepth = embeddingDepth + 1
        let value = inner.onlyObject(in: MOFSource(file: "", text: mof), takesClasses: embedding == .object)
        for diagnostic in inner.diagnostics() {
            let place = "line \(diagnostic.place.line), column \(diagnostic.place.column)"
            tolerate(.embedded, at: range, in: text, "in the embedded object, \(place): \(diagnostic.message)")
        }
        if let value, !inner.log.hasErrors { return value }
        return options.isLenient ? .string(mof) : nil
    }

    /// The object of a text that declares one and nothing else.
    mutating func onlyObject(in source: MOFSource, takesClasses: Bool) -> CIMValue? {
        let (decoded, problem) = SourceText.decode(source, options)
        let id = log.open(decoded)
        if let problem { report([problem], in: id) }
        var parser = Parser(decoded, isLenient: options.isLenient)
        parser.allowsMissingLastSemicolon = true
        var objects: [ProductionSyntax] = []
        while let production = parser.nextProduction() { objects.append(production) }
        report(parser.takeProblems(), in: id)
        guard !log.hasErrors else { return nil }
        switch objects.first {
        case .instance(let syntax)? where objects.count == 1:
            let instance = make(syntax, in: id)
            return log.hasErrors ? nil : instance.map(CIMValue.instance)
        case .classDeclaration(let syntax)? where objects.count == 1 && takesClasses:
            let made = declaredClass(syntax, in: id)
            return log.hasErrors ? nil : .classObject(made)
        default:
            let wanted = "instance of Class { ... };" + (takesClasses ? " or class Name { ... };" : "")
            report(.embedded, at: 0..<0, in: id, "expected \(wanted), and nothing else")
            return nil
        }
    }
}

extension MOFCompiler {
    /// The longest text of an embedded instance, in bytes: setting data is small, and what is longer only costs time.
    package static let maximumInstanceTextLength = 1 << 16

    /// Reads an embedded instance that a client sends as MOF: `instance of Class { Property = value; ... };`. The
    /// types of the values are those that the class declares in the compiler's repository.
    /// - Parameter file: what diagnostics call the text.
    /// - Returns: the properties that are given, without defaults.
    /// - Throws: every error in the text, also when it is longer than `maximumInstanceTextLength`.
    package func parseInstance(mof: String, file: String = "embedded instance") throws(MOFFailure) -> CIMInstance {
        // Text from a client includes no file, whatever this compiler may include.
        var compilation = Compilation(
            contents: [Contents(namespace: nil, repository: repository)], options: MOFOptions(),
            readInclude: { _, _ in .unreadable(reason: "an embedded instance can't include a file") },
            diagnosticBound: Compilation.maximumEmbeddedDiagnostics)
        let isTooLong = mof.utf8.count > Self.maximumInstanceTextLength
        if isTooLong {
            let text = compilation.log.open(SourceText(file: file, bytes: []))
            compilation.report(
                .limit, at: 0..<0, in: text, "the text is longer than \(Self.maximumInstanceTextLength) bytes")
        }
        guard !isTooLong,
            case .instance(let instance)? = compilation.onlyObject(
                in: MOFSource(file: file, text: mof), takesClasses: false)
        else { throw MOFFailure(diagnostics: compilation.diagnostics()) }
        return instance
    }
}
