import CIM

extension Parser {
    mutating func classDeclaration(_ qualifiers: [QualifierSyntax]) throws(Failure) -> ClassSyntax {
        advance()
        let name = try name("the name of the class")
        let alias = try alias()
        let superclass = take(":") ? try self.name("the name of the superclass") : nil
        try expect("{", "and the features of class \(name.value)")
        var properties: [PropertySyntax] = []
        var methods: [MethodSyntax] = []
        var isDamaged = false
        while !isAt("}") && !isAtEnd && !startsProduction && strayQualifiers == nil {
            let start = token.range.lowerBound
            do throws(Failure) {
                switch try feature() {
                case .property(let property)?: properties.append(property)
                case .method(let method)?: methods.append(method)
                case nil: break
                }
            } catch {
                isDamaged = true
                skipToNextFeature(from: start)
            }
        }
        endClass(name.value)
        return ClassSyntax(
            qualifiers: qualifiers, name: name, alias: alias, superclass: superclass, properties: properties,
            methods: methods, isDamaged: isDamaged)
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
        guard isAt("[") else { return [] }
        let start = advance().range
        var qualifiers: [QualifierSyntax] = []
        if isLenient && isAt("]") { try tolerate(start, "expected a qualifier between \"[\" and \"]\"") }
        while !isAt("]") || qualifiers.isEmpty && !isLenient {
            if let qualifier = try qualifierOrStrayFlavor(after: &qualifiers) { qualifiers.append(qualifier) }
            if take(",") {
                if isAt("]") { try tolerate(token.range, "expected a qualifier after \",\"") }
            } else if case .identifier = token.kind, isLenient {
                try tolerate(gap, "expected \",\" and another qualifier")
            } else {
                break
            }
        }
        try expect("]", "after the last qualifier, or \",\" and another")
        return qualifiers
    }

    /// The next qualifier; `nil` when it is a flavor that a comma parts from its qualifier.
    private mutating func qualifierOrStrayFlavor(
        after qualifiers: inout [QualifierSyntax]
    ) throws(Failure) -> QualifierSyntax? {
        let qualifier = try qualifier()
        guard isLenient, qualifier.value == nil, qualifier.flavors.isEmpty, var last = qualifiers.last,
            !last.flavors.isEmpty, let flavor = FlavorSyntax(name: qualifier.name.value)
        else { return qualifier }
        try tolerate(qualifier.name.range, "flavors are parted by spaces, not by commas")
        last.flavors.append(Located(value: flavor, range: qualifier.name.range))
        qualifiers[qualifiers.count - 1] = last
        return nil
    }

    private mutating func qualifier() throws(Failure) -> QualifierSyntax {
        let name = try name("the name of a qualifier")
        var value: ValueSyntax?
        if take("(") {
            value = try parenthesized(name.value)
            try expect(")", "after the value of qualifier \(name.value)")
        } else if isAt("{") {
            value = try self.value()
        }
        var flavors: [Located<FlavorSyntax>] = []
        if take(":") {
            repeat {
                if let flavor = try flavor() { flavors.append(flavor) }
            } while !isAt(",") && !isAt("]")
        }
        return QualifierSyntax(name: name, value: value, flavors: flavors)
    }

    /// The value between parentheses: one literal, unless the reader is lenient.
    private mutating func parenthesized(_ name: CIMName) throws(Failure) -> ValueSyntax? {
        guard isLenient else { return .scalar(try literal()) }
        if isAt(")") {
            try tolerate(token.range, "expected the value of qualifier \(name)")
            return nil
        }
        if isAt("{") {
            try tolerate(token.range, "an array stands in braces alone: \(name) {...}")
            return try value()
        }
        let first = try literal()
        guard isAt(",") else { return .scalar(first) }
        try tolerate(token.range, "several values stand in braces: \(name) {...}")
        var elements = [first]
        while take(",") && !isAt(")") { elements.append(try literal()) }
        return .array(elements, range: first.range.lowerBound..<previousEnd)
    }

    // MARK: Features

    private enum FeatureSyntax {
        case property(PropertySyntax)
        case method(MethodSyntax)
    }

    /// A property, reference or method; `nil` when a class began instead, whose qualifiers are kept for it.
    private mutating func feature() throws(Failure) -> FeatureSyntax? {
        if isLenient && isAt(";") {
            try tolerate(token.range, "a stray \";\"")
            advance()
            return nil
        }
        let qualifiers = try qualifierList()
        if !qualifiers.isEmpty && startsProduction {
            strayQualifiers = qualifiers
            return nil
        }
        let type = try type(ofResult: true)
        let name = try name("the name of a property or a method")
        if isAt("(") { return .method(try method(qualifiers, returning: type, name)) }
        var array = try arrayBrackets()
        if type.isArray { array.isArray = true }
        if array.isArray && isAt("(") {
            try tolerate(token.range, "a method can't return an array")
            return .method(try method(qualifiers, returning: type, name))
        }
        let defaultValue = take("=") ? try value() : nil
        try expectSemicolon("after property \(name.value)")
        return .property(
            PropertySyntax(
                qualifiers: qualifiers, type: type, name: name, isArray: array.isArray, arraySize: array.size,
                defaultValue: defaultValue))
    }

    private mutating func method(
        _ qualifiers: [QualifierSyntax], returning type: TypeSyntax, _ name: Located<CIMName>
    ) throws(Failure) -> MethodSyntax {
        if type.type == .reference, let target = type.referenceClass {
            let message = "a method can't return a reference: make it an OUT parameter"
            guard lexer.tolerate(.syntax, target.range, message) else { throw Failure() }
        }
        try expect("(", "and the parameters of method \(name.value)")
        var parameters: [ParameterSyntax] = []
        if !isAt(")") {
            repeat {
                if isLenient && isAt(")") {
                    try tolerate(token.range, "expected a parameter after \",\"")
                } else {
                    parameters.append(try parameter())
                }
            } while take(",")
        }
        try expect(")", "after the parameters of method \(name.value)")
        if isLenient && isAt("[") {
            try tolerate(token.range, "a method can't return an array")
            _ = try arrayBrackets()
        }
        try expectSemicolon("after method \(name.value)")
        return MethodSyntax(
            qualifiers: qualifiers, returnType: type.type == .reference ? .string : type.type, name: name,
            parameters: parameters)
    }

    private mutating func parameter() throws(Failure) -> ParameterSyntax {
        let qualifiers = try qualifierList()
        let type = try type(ofResult: false)
        let name = try name("the name of a parameter")
        var array = try arrayBrackets()
        if type.isArray { array.isArray = true }
        if isAt("=") {
            let message = "a parameter can't have a default value"
            guard lexer.tolerate(.syntax, token.range, message) else { throw Failure() }
            advance()
            _ = try value()
        }
        return ParameterSyntax(
            qualifiers: qualifiers, type: type, name: name, isArray: array.isArray, arraySize: array.size)
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
