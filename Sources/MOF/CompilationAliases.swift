import CIM

extension Compilation {
    struct AliasKey: Hashable {
        let unit: Int
        let name: CIMName
    }

    /// What an alias stands for. It may be used before it is defined. Source: DSP0004 7.9.
    struct Alias {
        enum Target {
            /// The numbers of a namespace and of an instance in it.
            case instance(Int, Int)
            /// The number of a namespace, and a class in it.
            case classObject(Int, CIMName)
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

    private static let maximumAliasDepth = 16

    mutating func define(_ alias: Located<CIMName>, as target: Alias.Target, in text: TextID) {
        let key = AliasKey(unit: unit, name: alias.value)
        if let earlier = aliases[key] {
            let first = note("it is defined here first", at: earlier.range, in: earlier.text)
            return tolerate(
                .alias, at: alias.range, in: text, "alias $\(alias.value) is defined twice", notes: [first])
        }
        aliases[key] = Alias(target: target, text: text, range: alias.range)
    }

    func key(_ name: CIMName, in text: TextID) -> AliasKey { AliasKey(unit: units[text] ?? 0, name: name) }

    mutating func path(ofAlias name: CIMName, in text: TextID) -> AliasPath {
        path(of: key(name, in: text), depth: 0)
    }

    private mutating func path(of key: AliasKey, depth: Int) -> AliasPath {
        if let known = aliasPaths[key] { return known }
        guard let alias = aliases[key] else { return .undefined }
        // Until it is known: keys that lead back here lead nowhere.
        aliasPaths[key] = .unresolved
        let path: AliasPath
        switch alias.target {
        case .classObject(let room, let name):
            let namespace = rooms[room].contents.namespace
            path = .found(CIMObjectPath(namespace: namespace, className: name, isClassPath: true))
        case .instance(let room, let number):
            path = self.path(ofInstance: number, in: room, depth: depth).map(AliasPath.found) ?? .unresolved
        }
        aliasPaths[key] = path
        return path
    }

    private mutating func path(ofInstance number: Int, in room: Int, depth: Int) -> CIMObjectPath? {
        let declared = rooms[room].instances[number]
        let outside = (current, log.isQuiet)
        current = room
        // What is wrong with the keys is reported where the instance itself is made.
        log.isQuiet = true
        defer { (current, log.isQuiet) = outside }
        let name = declared.syntax.className.value
        guard depth < Self.maximumAliasDepth else { return nil }
        guard let schema = repository[name] else {
            // Its keys are not known: all that can be told is the class.
            return options.isLenient
                ? CIMObjectPath(namespace: rooms[room].contents.namespace, className: name) : nil
        }
        var instance = CIMInstance(className: schema.name)
        for key in schema.keys {
            if let value = keyValue(key, of: declared, depth: depth) ?? key.defaultValue {
                instance.properties.append(CIMPropertyValue(key.name, value))
            } else if !options.isLenient {
                return nil
            }
        }
        var path =
            repository.path(of: instance)
            ?? (options.isLenient
                ? CIMObjectPath(
                    className: schema.name,
                    keys: instance.properties.compactMap { property in
                        property.value.map { CIMKeyBinding(property.name, $0) }
                    }) : nil)
        path?.namespace = rooms[room].contents.namespace
        return path
    }

    private mutating func keyValue(
        _ key: CIMProperty, of declared: Declared<InstanceSyntax>, depth: Int
    ) -> CIMValue? {
        guard let given = declared.syntax.assignments.first(where: { $0.name.value == key.name }) else { return nil }
        guard case .scalar(let literal) = given.value, case .alias(let name) = literal.value else {
            return value(given.value, type: key.type, isArray: key.isArray, in: declared.text)
        }
        if case .found(let path) = path(of: self.key(name, in: declared.text), depth: depth + 1) {
            return .reference(path)
        }
        return nil
    }

    /// The instance that an alias stands for, where a vendor embeds it.
    mutating func instance(ofAlias name: CIMName, in text: TextID) -> CIMInstance? {
        guard case .instance(let room, let number)? = aliases[key(name, in: text)]?.target,
            embeddingDepth < Self.maximumEmbeddingDepth
        else { return nil }
        let outside = (current, log.isQuiet)
        current = room
        log.isQuiet = true
        embeddingDepth += 1
        defer {
            (current, log.isQuiet) = outside
            embeddingDepth -= 1
        }
        let declared = rooms[room].instances[number]
        return make(declared.syntax, in: declared.text)
    }
}
