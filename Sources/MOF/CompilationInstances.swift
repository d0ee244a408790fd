import CIM

extension Compilation {
    /// What an alias stands for. It may be used before it is defined. Source: DSP0004 7.9.
    struct Alias {
        enum Target {
            /// The index of the instance among those of this run.
            case instance(Int)
            case classObject(CIMName)
        }

        let target: Target
        let text: TextID
        let range: Range<Int>
    }

    enum AliasPath {
        case found(CIMObjectPath)
        case undefined
        /// Its instance does not say what its keys are.
        case unresolved
    }

    static let maximumEmbeddingDepth = 8
    private static let maximumAliasDepth = 16

    mutating func define(_ alias: Located<CIMName>, as target: Alias.Target, in text: TextID) {
        if let earlier = aliases[alias.value] {
            let first = note("it is defined here first", at: earlier.range, in: earlier.text)
            return report(
                .alias, at: alias.range, in: text, "alias $\(alias.value) is defined twice", notes: [first])
        }
        aliases[alias.value] = Alias(target: target, text: text, range: alias.range)
    }

    mutating func enter(_ syntax: InstanceSyntax, in text: TextID) {
        pendingInstances.append(DeclaredInstance(text: text, syntax: syntax))
        if let alias = syntax.alias { define(alias, as: .instance(pendingInstances.count - 1), in: text) }
    }

    /// Makes the instances once all classes and aliases are known.
    mutating func makeInstances() {
        for declared in pendingInstances {
            if let instance = make(declared.syntax, in: declared.text) { instances.append(instance) }
        }
    }

    // MARK: One instance

    mutating func make(_ syntax: InstanceSyntax, in text: TextID) -> CIMInstance? {
        guard let declared = repository[syntax.className.value] else {
            report(.property, at: syntax.className.range, in: text, "there is no class \(syntax.className.value)")
            return nil
        }
        var seen: [CIMName: Range<Int>] = [:]
        var instance = CIMInstance(className: declared.name)
        for assignment in syntax.assignments where !isFull {
            let name = assignment.name
            if let first = seen.updateValue(name.range, forKey: name.value) {
                report(
                    .property, at: name.range, in: text, "\(name.value) is given twice",
                    notes: [note("it is here first", at: first, in: text)])
                continue
            }
            guard let property = declared.property(name.value) else {
                if isDamaged(declared.name) { continue }
                report(.property, at: name.range, in: text, "class \(declared.name) has no property \(name.value)")
                continue
            }
            instance.properties.append(
                CIMPropertyValue(
                    name: property.name, type: property.type, isArray: property.isArray,
                    value: value(assignment, of: property, in: text)))
        }
        return instance
    }

    private mutating func value(
        _ assignment: InstanceSyntax.Assignment, of property: CIMProperty, in text: TextID
    ) -> CIMValue? {
        let target = ValueTarget(
            type: property.type, isArray: property.isArray, embedding: property.embedding, isInInstance: true)
        let value = value(assignment.value, for: target, in: text)
        if let size = property.arraySize, let count = value?.elements?.count, count > size {
            report(
                .valueRange, at: assignment.value.range, in: text,
                "\(count) elements, but \(property.name) is an array of \(size)")
        }
        if case .instance(let wanted) = property.embedding {
            for case .instance(let given)? in value.map({ $0.elements ?? [$0] }) ?? []
            where !repository.isSubclass(given.className, of: wanted) {
                report(
                    .embedded, at: assignment.value.range, in: text,
                    "an instance of \(wanted) is embedded here; \(given.className) is none")
            }
        }
        return value
    }

    // MARK: Aliases

    func path(ofAlias name: CIMName) -> AliasPath {
        guard let alias = aliases[name] else { return .undefined }
        switch alias.target {
        case .classObject(let className):
            return .found(CIMObjectPath(namespace: namespace, className: className, isClassPath: true))
        case .instance(let index):
            // A copy works the keys out: what is wrong with them is reported where the instance itself is made.
            var copy = self
            return copy.path(ofInstance: index, depth: 0).map(AliasPath.found) ?? .unresolved
        }
    }

    private mutating func path(ofInstance index: Int, depth: Int) -> CIMObjectPath? {
        let declared = pendingInstances[index]
        guard depth < Self.maximumAliasDepth, let schema = repository[declared.syntax.className.value] else {
            return nil
        }
        var instance = CIMInstance(className: schema.name)
        for key in schema.keys {
            guard let value = keyValue(key, of: declared, depth: depth) ?? key.defaultValue else { return nil }
            instance.properties.append(CIMPropertyValue(key.name, value))
        }
        var path = repository.path(of: instance)
        path?.namespace = namespace
        return path
    }

    private mutating func keyValue(_ key: CIMProperty, of declared: DeclaredInstance, depth: Int) -> CIMValue? {
        guard let given = declared.syntax.assignments.first(where: { $0.name.value == key.name }) else { return nil }
        if case .scalar(let literal) = given.value, case .alias(let name) = literal.value {
            guard case .instance(let index)? = aliases[name]?.target else { return nil }
            return path(ofInstance: index, depth: depth + 1).map(CIMValue.reference)
        }
        return value(given.value, type: key.type, isArray: key.isArray, in: declared.text)
    }

    // MARK: Embedded instances

    /// The instance that the text in a string declares.
    mutating func embedded(_ mof: String, _ range: Range<Int>, in text: TextID) -> CIMInstance? {
        guard embeddingDepth < Self.maximumEmbeddingDepth else {
            report(.limit, at: range, in: text, "instances are embedded in each other too deep here")
            return nil
        }
        var inner = Compilation(
            repository: repository, readInclude: readInclude, diagnosticBound: Self.maximumEmbeddedDiagnostics)
        inner.embeddingDepth = embeddingDepth + 1
        let instance = inner.onlyInstance(in: MOFSource(file: "", text: mof))
        for diagnostic in inner.diagnostics {
            let place = "line \(diagnostic.place.line), column \(diagnostic.place.column)"
            report(.embedded, at: range, in: text, "in the embedded instance, \(place): \(diagnostic.message)")
        }
        return inner.diagnostics.isEmpty ? instance : nil
    }

    /// The instance of a text that declares one and nothing else.
    mutating func onlyInstance(in source: MOFSource) -> CIMInstance? {
        let id = open(source)
        var parser = Parser(texts[id])
        parser.allowsMissingLastSemicolon = true
        var instances: [InstanceSyntax] = []
        while !isFull, let production = parser.nextProduction() {
            if case .instance(let syntax) = production {
                instances.append(syntax)
            } else {
                report(.embedded, at: 0..<0, in: id, "expected only an instance: instance of Class { ... };")
            }
        }
        report(parser.takeProblems(), in: id)
        guard diagnostics.isEmpty else { return nil }
        guard instances.count == 1, let syntax = instances.first else {
            report(
                .embedded, at: 0..<0, in: id,
                "expected one instance, instance of Class { ... };, found \(instances.count)")
            return nil
        }
        let instance = make(syntax, in: id)
        return diagnostics.isEmpty ? instance : nil
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
            repository: repository,
            readInclude: { _, _ in .unreadable(reason: "an embedded instance can't include a file") },
            diagnosticBound: Compilation.maximumEmbeddedDiagnostics)
        let isTooLong = mof.utf8.count > Self.maximumInstanceTextLength
        if isTooLong {
            compilation.report(
                .limit, at: 0..<0, in: compilation.open(MOFSource(file: file, text: "")),
                "the text is longer than \(Self.maximumInstanceTextLength) bytes")
        }
        guard !isTooLong, let instance = compilation.onlyInstance(in: MOFSource(file: file, text: mof)) else {
            throw MOFFailure(diagnostics: compilation.diagnostics)
        }
        return instance
    }
}
