import CIM

extension Parser {
    /// The next declaration that can be read; `nil` at the end of the text.
    mutating func nextProduction() -> ProductionSyntax? {
        while !isAtEnd || strayQualifiers != nil {
            let start = token.range.lowerBound
            do throws(Failure) {
                return try production()
            } catch {
                // Something must be passed, or the same error would be found for ever.
                if token.range.lowerBound == start { advance() }
                skipToNextProduction()
            }
        }
        return nil
    }

    private mutating func production() throws(Failure) -> ProductionSyntax {
        if case .pragma = token.kind, strayQualifiers == nil { return .pragma(try pragma()) }
        if isAt(keyword: "qualifier"), strayQualifiers == nil { return .qualifierType(try qualifierType()) }
        let qualifiers = if let stray = strayQualifiers { stray } else { try qualifierList() }
        strayQualifiers = nil
        if isAt(keyword: "class") { return .classDeclaration(try classDeclaration(qualifiers)) }
        // Instances have no qualifiers since CIM 2.6; those of older texts are read and left out.
        if isAt(keyword: "instance") { return .instance(try instance()) }
        if !qualifiers.isEmpty { throw expected("a class or an instance after the qualifiers") }
        if isAt(";") { throw report(.syntax, "a stray \";\": expected a class, a qualifier, an instance or #pragma") }
        throw expected("a class, a qualifier, an instance or #pragma")
    }

    // MARK: #pragma

    private static let pragmasWithOneString = ["include", "namespace", "locale", "instancelocale"]

    private mutating func pragma() throws(Failure) -> PragmaSyntax {
        advance()
        let name = try name("the name of the pragma")
        guard Self.pragmasWithOneString.contains(name.value.text.lowercased()) else {
            if isAt("(") { skipParentheses() }
            return PragmaSyntax(name: name, parameter: nil)
        }
        try expect("(", "after #pragma \(name.value)")
        let start = token.range.lowerBound
        guard case .string(let value) = try literal().value else {
            throw expected("a string as the parameter of #pragma \(name.value)")
        }
        let range = start..<previousEnd
        try expect(")", "after the parameter of #pragma \(name.value)")
        return PragmaSyntax(name: name, parameter: Located(value: value, range: range))
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
        try expect(",", "and the scope of qualifier \(name.value)")
        guard take(keyword: "scope") else { throw expected("Scope(...)") }
        let scopes = try scopes()
        var flavors: [Located<FlavorSyntax>] = []
        if take(",") {
            guard take(keyword: "flavor") else { throw expected("Flavor(...)") }
            try expect("(", "after Flavor")
            repeat { flavors.append(try flavor()) } while take(",")
            try expect(")", "after the last flavor")
        }
        try expectSemicolon("after the declaration of qualifier \(name.value)")
        return QualifierTypeSyntax(
            name: name, type: type, isArray: array.isArray, arraySize: array.size, defaultValue: defaultValue,
            scopes: scopes, flavors: flavors)
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
            } else {
                throw expected("a scope (any, \(CIMScope.allCases.map(\.rawValue).joined(separator: ", ")))")
            }
        } while take(",")
        try expect(")", "after the last scope")
        return scopes
    }

    mutating func flavor() throws(Failure) -> Located<FlavorSyntax> {
        guard case .identifier = token.kind, let flavor = FlavorSyntax(name: text[token.range]) else {
            let known = FlavorSyntax.allCases.filter { $0 != .toInstance }.map(\.spelling).joined(separator: ", ")
            throw expected("a flavor (\(known))")
        }
        return Located(value: flavor, range: advance().range)
    }

    // MARK: Instances

    private mutating func instance() throws(Failure) -> InstanceSyntax {
        advance()
        guard take(keyword: "of") else { throw expected("\"of\" after \"instance\"") }
        let className = try name("the name of the instance's class")
        let alias = try alias()
        try expect("{", "and the values of the instance")
        var assignments: [InstanceSyntax.Assignment] = []
        while !isAt("}") && !isAtEnd && !startsProductionOnItsLine {
            let start = token.range.lowerBound
            do throws(Failure) {
                assignments.append(try assignment())
            } catch {
                skipToNextFeature(from: start)
            }
        }
        try expect("}", "after the values of the instance")
        try expectSemicolon("after the instance")
        return InstanceSyntax(className: className, alias: alias, assignments: assignments)
    }

    private mutating func assignment() throws(Failure) -> InstanceSyntax.Assignment {
        _ = try qualifierList()
        let name = try name("the name of a property, or \"}\"")
        try expect("=", "and the value of \(name.value)")
        let value = try value()
        try expectSemicolon("after the value of \(name.value)")
        return InstanceSyntax.Assignment(name: name, value: value)
    }
}
