import CIM

extension Parser {
    mutating func classDeclaration(_ qualifiers: [QualifierSyntax]) throws(Failure) -> ClassSyntax {
        advance()
        let name = try name("the name of the class")
        let alias = try alias()
        let superclass = take(":") ? try self.name("the name of the superclass") : nil
        try expect("{", "and the features of class \(name.value)")
        var features: [FeatureSyntax] = []
        var isDamaged = false
        while !isAt("}") && !isAtEnd && !startsProduction && strayQualifiers == nil {
            let start = token.range.lowerBound
            do throws(Failure) {
                if let feature = try feature() { features.append(feature) }
            } catch {
                isDamaged = true
                skipToNextFeature(from: start)
            }
        }
        endClass(name.value)
        return ClassSyntax(
            qualifiers: qualifiers, name: name, alias: alias, superclass: superclass, features: features,
            isDamaged: isDamaged)
    }

    /// The class is kept even when its end is missing: what it declares has been read.
    private mutating func endClass(_ name: CIMName) {
        do throws(Failure) {
            if strayQualifiers != nil { throw expected("\"}\" after the features of class \(name)") }
            try expect("}", "after the features of class \(name)")
            try expectSemicolon("after class \(name)")
        } catch {
            if strayQualifiers == nil && !startsProduction { skipToNextProduction() }
        }
    }

    // MARK: Qualifiers in use

    /// `[...]`, or nothing.
    mutating func qualifierList() throws(Failure) -> [QualifierSyntax] {
        guard take("[") else { return [] }
        var qualifiers: [QualifierSyntax] = []
        repeat { qualifiers.append(try qualifier()) } while take(",")
        try expect("]", "after the last qualifier, or \",\" and another")
        return qualifiers
    }

    private mutating func qualifier() throws(Failure) -> QualifierSyntax {
        let name = try name("the name of a qualifier")
        var value: ValueSyntax?
        if take("(") {
            value = .scalar(try literal())
            try expect(")", "after the value of qualifier \(name.value)")
        } else if isAt("{") {
            value = try self.value()
        }
        var flavors: [Located<FlavorSyntax>] = []
        if take(":") {
            repeat { flavors.append(try flavor()) } while !isAt(",") && !isAt("]")
        }
        return QualifierSyntax(name: name, value: value, flavors: flavors)
    }

    // MARK: Features

    /// A property, reference or method; `nil` when a class began instead, whose qualifiers are kept for it.
    private mutating func feature() throws(Failure) -> FeatureSyntax? {
        let qualifiers = try qualifierList()
        if !qualifiers.isEmpty && startsProduction {
            strayQualifiers = qualifiers
            return nil
        }
        let type = try type()
        let name = try name("the name of a property or a method")
        if isAt("(") {
            if let target = type.referenceClass {
                lexer.report(.syntax, target.range, "a method can't return a reference: make it an OUT parameter")
                throw Failure()
            }
            return .method(try method(qualifiers, returning: type.type, name))
        }
        let array = try arrayBrackets()
        if array.isArray && isAt("(") { throw report(.syntax, "a method can't return an array") }
        let defaultValue = take("=") ? try value() : nil
        try expectSemicolon("after property \(name.value)")
        return .property(
            PropertySyntax(
                qualifiers: qualifiers, type: type, name: name, isArray: array.isArray, arraySize: array.size,
                defaultValue: defaultValue))
    }

    private mutating func method(
        _ qualifiers: [QualifierSyntax], returning type: CIMType, _ name: Located<CIMName>
    ) throws(Failure) -> MethodSyntax {
        try expect("(", "and the parameters of method \(name.value)")
        var parameters: [ParameterSyntax] = []
        if !isAt(")") {
            repeat { parameters.append(try parameter()) } while take(",")
        }
        try expect(")", "after the parameters of method \(name.value)")
        try expectSemicolon("after method \(name.value)")
        return MethodSyntax(qualifiers: qualifiers, returnType: type, name: name, parameters: parameters)
    }

    private mutating func parameter() throws(Failure) -> ParameterSyntax {
        let qualifiers = try qualifierList()
        let type = try type()
        let name = try name("the name of a parameter")
        let array = try arrayBrackets()
        if isAt("=") { throw report(.syntax, "a parameter can't have a default value") }
        return ParameterSyntax(
            qualifiers: qualifiers, type: type, name: name, isArray: array.isArray, arraySize: array.size)
    }

    // MARK: Types

    private mutating func type() throws(Failure) -> TypeSyntax {
        if let type = takeIntrinsicType() {
            if isAt("[") { throw report(.syntax, "\"[]\" stands after the name: \(type.rawValue) Name[]") }
            return TypeSyntax(type: type, referenceClass: nil)
        }
        if isAt(keyword: "void") {
            throw report(.syntax, "\"void\" is no CIM type: a method returns a value, by custom a uint32")
        }
        let target = try name("a type")
        guard take(keyword: "ref") else {
            lexer.report(
                .syntax, target.range,
                "\(target.value) is no CIM type; for a reference to that class write \(target.value) REF")
            throw Failure()
        }
        return TypeSyntax(type: .reference, referenceClass: target)
    }

    /// A type other than a reference.
    mutating func takeIntrinsicType() -> CIMType? {
        guard case .identifier = token.kind, token.range.count <= 8, let type = CIMType(name: text[token.range]),
            type != .reference
        else { return nil }
        advance()
        return type
    }

    /// `[]`, `[size]`, or nothing.
    mutating func arrayBrackets() throws(Failure) -> (isArray: Bool, size: Int?) {
        guard take("[") else { return (false, nil) }
        if take("]") { return (true, nil) }
        guard case .integer(let literal) = token.kind, let size = Int32(exactly: literal.value), size > 0 else {
            throw expected("the size of the array, from 1 to \(Int32.max), or \"]\"")
        }
        advance()
        try expect("]", "after the size of the array")
        return (true, Int(size))
    }
}
