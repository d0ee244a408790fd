import CIM

extension Parser {
    /// The next declaration that can be read; `nil` at the end of the text.
    mutating func nextProduction() -> ProductionSyntax? {
        while !isAtEnd || strayQualifiers != nil {
            let start = token.range.lowerBound
            do throws(Failure) {
                if let production = try production() { return production }
            } catch {
                // Something must be passed, or the same error would be found for ever.
                if token.range.lowerBound == start { advance() }
                skipToNextProduction()
            }
        }
        return nil
    }

    /// `nil` when a lenient reader has passed over something that declares nothing.
    private mutating func production() throws(Failure) -> ProductionSyntax? {
        if case .pragma = token.kind, strayQualifiers == nil { return .pragma(try pragma()) }
        if isAt(keyword: "qualifier"), strayQualifiers == nil { return .qualifierType(try qualifierType()) }
        let qualifiers = if let stray = strayQualifiers { stray } else { try qualifierList() }
        strayQualifiers = nil
        if isAt(keyword: "class") {
            if isLenient, let name = try forwardDeclaration() {
                try tolerate(name.range, "a class needs its features: class \(name.value) { ... };")
                return nil
            }
            return .classDeclaration(try classDeclaration(qualifiers))
        }
        // Instances have no qualifiers since CIM 2.6; those of older texts are read and left out.
        if isAt(keyword: "instance") { return .instance(try instance()) }
        if !qualifiers.isEmpty { throw expected("a class or an instance after the qualifiers") }
        if isAt(";") {
            let message = "a stray \";\": expected a class, a qualifier, an instance or #pragma"
            guard lexer.tolerate(.syntax, token.range, message) else { throw Failure() }
            advance()
            return nil
        }
        if isAt(keyword: "structure") || isAt(keyword: "enumeration") {
            throw report(
                .syntax, "\"\(text[token.range])\" is of MOF 3 (DSP0221); this is a compiler for MOF 2 (DSP0004)")
        }
        throw expected("a class, a qualifier, an instance or #pragma")
    }

    /// `class Name;`, which some vendors write before they use a class.
    private mutating func forwardDeclaration() throws(Failure) -> Located<CIMName>? {
        var ahead = lexer
        guard case .identifier = ahead.next().kind, case .punctuation(UInt8(ascii: ";")) = ahead.next().kind else {
            return nil
        }
        advance()
        let name = identifier()
        advance()
        return name
    }

    // MARK: #pragma

    private static let pragmasWithOneString: Set<CIMName> = ["include", "namespace", "locale", "instancelocale"]

    private mutating func pragma() throws(Failure) -> PragmaSyntax {
        advance()
        let name = try name("the name of the pragma")
        guard Self.pragmasWithOneString.contains(name.value) else {
            if isAt("(") { skipParentheses() }
            return PragmaSyntax(name: name, parameter: nil)
        }
        if isLenient, case .string = token.kind {
            try tolerate(token.range, "expected \"(\" after #pragma \(name.value)")
            return PragmaSyntax(name: name, parameter: try pragmaParameter(name.value))
        }
        try expect("(", "after #pragma \(name.value)")
        let parameter = try pragmaParameter(name.value)
        try expect(")", "after the parameter of #pragma \(name.value)")
        return PragmaSyntax(name: name, parameter: parameter)
    }

    private mutating func pragmaParameter(_ name: CIMName) throws(Failure) -> Located<String> {
        let start = token.range.lowerBound
        guard case .string(let value) = try literal().value else {
            throw expected("a string as the parameter of #pragma \(name)")
        }
        return Located(value: value, range: start..<previousEnd)
    }

    private mutating func skipParentheses() {
        var depth = 0
        repeat {
            if isAt("(") { depth += 1 }
            if isAt(")") { depth -= 1 }
            advance()
        } while depth > 0 && !isAtEnd
    }

    // MARK: Qualifier types

    private mutating func qualifierType() throws(Failure) -> QualifierTypeSyntax {
        advance()
        let name = try name("the name of the qualifier")
        try expect(":", "and the type of qualifier \(name.value)")
        guard let type = takeIntrinsicType() else { throw expected("the type of qualifier \(name.value)") }
        let array = try arrayBrackets()
        let defaultValue = take("=") ? try value() : nil
        var flavors: [Located<FlavorSyntax>] = []
        if isLenient { flavors = try flavorsBeforeScope() }
        try expect(",", "and the scope of qualifier \(name.value)")
        guard take(keyword: "scope") else { throw expected("Scope(...)") }
        let scopes = try scopes()
        if take(",") {
            guard take(keyword: "flavor") else { throw expected("Flavor(...)") }
            flavors += try flavorList()
        }
        try expectSemicolon("after the declaration of qualifier \(name.value)")
        return QualifierTypeSyntax(
            name: name, type: type, isArray: array.isArray, arraySize: array.size, defaultValue: defaultValue,
            scopes: scopes, flavors: flavors)
    }

    private mutating func flavorsBeforeScope() throws(Failure) -> [Located<FlavorSyntax>] {
        var ahead = lexer
        let next = ahead.next()
        guard isAt(","), case .identifier = next.kind, text[next.range].lowercased() == "flavor" else { return [] }
        advance()
        try tolerate(token.range, "the scope stands before the flavor")
        advance()
        return try flavorList()
    }

    private mutating func flavorList() throws(Failure) -> [Located<FlavorSyntax>] {
        try expect("(", "after Flavor")
        var flavors: [Located<FlavorSyntax>] = []
        repeat {
            if let flavor = try flavor() { flavors.append(flavor) }
        } while take(",") || isLenient && !isAt(")") && !isAtEnd
        try expect(")", "after the last flavor")
        return flavors
    }

    private mutating func scopes() throws(Failure) -> Set<CIMScope> {
        try expect("(", "after Scope")
        var scopes: Set<CIMScope> = []
        repeat {
            if take(keyword: "any") {
                scopes.formUnion(CIMScope.allCases)
            } else if case .identifier = token.kind, let scope = CIMScope(name: text[token.range]) {
                scopes.insert(scope)
                advance()
            } else if isAt(keyword: "schema") {
                // Older schemas let qualifiers stand on the schema itself, which MOF can't write.
                advance()
            } else if case .identifier = token.kind, isLenient {
                try tolerate(token.range, "\(text[token.range]) is no scope")
                advance()
            } else {
                throw expected("a scope (any, \(CIMScope.allCases.map(\.rawValue).joined(separator: ", ")))")
            }
        } while take(",")
        try expect(")", "after the last scope")
        return scopes
    }

    /// `nil` for a flavor that no compiler knows, which a lenient reader leaves out.
    mutating func flavor() throws(Failure) -> Located<FlavorSyntax>? {
        guard case .identifier = token.kind else { throw expectedFlavor() }
        let name = CIMName(identifier: text.bytes[token.range])
        guard let flavor = FlavorSyntax(name: name), flavor.isStandard || isLenient else {
            guard isLenient else { throw expectedFlavor() }
            try tolerate(token.range, "\(name) is no flavor")
            advance()
            return nil
        }
        if !flavor.isStandard { try tolerate(token.range, "\(name) is no flavor of the standard") }
        return Located(value: flavor, range: advance().range)
    }

    private mutating func expectedFlavor() -> Failure {
        let known = FlavorSyntax.allCases.filter { $0.isStandard && $0 != .toInstance }
        return expected("a flavor (\(known.map(\.spelling).joined(separator: ", ")))")
    }

    // MARK: Instances

    private mutating func instance() throws(Failure) -> InstanceSyntax {
        let instance = try instanceBody()
        try expectSemicolon("after the instance")
        return instance
    }

    /// From `instance` to `}`.
    mutating func instanceBody() throws(Failure) -> InstanceSyntax {
        advance()
        guard take(keyword: "of") else { throw expected("\"of\" after \"instance\"") }
        let className = try name("the name of the instance's class")
        let alias = try alias()
        try expect("{", "and the values of the instance")
        var assignments: [InstanceSyntax.Assignment] = []
        while !isAt("}") && !isAtEnd && !startsProductionOnItsLine {
            let start = token.range.lowerBound
            do throws(Failure) {
                if isLenient && isAt(";") {
                    try tolerate(token.range, "a stray \";\"")
                    advance()
                } else {
                    assignments.append(try assignment())
                }
            } catch {
                skipToNextFeature(from: start)
            }
        }
        try expect("}", "after the values of the instance")
        return InstanceSyntax(className: className, alias: alias, assignments: assignments)
    }

    private mutating func assignment() throws(Failure) -> InstanceSyntax.Assignment {
        _ = try qualifierList()
        let name = try name("the name of a property, or \"}\"")
        if isLenient && isAt(";") {
            try tolerate(token.range, "expected \"=\" and the value of \(name.value)")
            advance()
            return InstanceSyntax.Assignment(name: name, value: .scalar(Located(value: .null, range: name.range)))
        }
        try expect("=", "and the value of \(name.value)")
        let value = try value()
        try expectSemicolon("after the value of \(name.value)")
        return InstanceSyntax.Assignment(name: name, value: value)
    }
}
