import CIM

extension Parser {
    /// The type of a property, a parameter or a method's result.
    mutating func type(ofResult: Bool) throws(Failure) -> TypeSyntax {
        let start = token.range
        if let type = takeIntrinsicType() {
            guard isAt("[") else { return TypeSyntax(type: type, referenceClass: nil) }
            guard isLenient else {
                throw report(.syntax, "\"[]\" stands after the name: \(type.rawValue) Name[]")
            }
            try tolerate(token.range, "\"[]\" stands after the name: \(type.rawValue) Name[]")
            _ = try arrayBrackets()
            return TypeSyntax(type: type, referenceClass: nil, isArray: true)
        }
        if ofResult && isAt(keyword: "void") {
            let message = "\"void\" is no CIM type: a method returns a value, by custom a uint32"
            guard lexer.tolerate(.syntax, token.range, message) else { throw Failure() }
            advance()
            return TypeSyntax(type: .uint32, referenceClass: nil)
        }
        let target = try name("a type")
        if take(keyword: "ref") { return TypeSyntax(type: .reference, referenceClass: target) }
        guard isLenient else {
            lexer.report(
                .syntax, target.range,
                "\(target.value) is no CIM type; for a reference to that class write \(target.value) REF")
            throw Failure()
        }
        return try dialectType(target, start)
    }

    /// What other compilers take for a type: another name for an intrinsic one, `object`, `object:Class`, `ref:Class`,
    /// or a class whose instances are embedded.
    private mutating func dialectType(_ word: Located<CIMName>, _ start: Range<Int>) throws(Failure) -> TypeSyntax {
        if let type = Self.otherNames[word.value] {
            try tolerate(word.range, "\(word.value) is no CIM type: read as \(type.rawValue)")
            return TypeSyntax(type: type, referenceClass: nil)
        }
        let isReference = word.value == Self.reference
        if isReference || word.value == Self.object {
            let target = take(":") ? try name("the name of a class") : nil
            try tolerate(start, "\(word.value) is no CIM type; an embedded object is a string with a qualifier")
            if isReference, let target { return TypeSyntax(type: .reference, referenceClass: target) }
            return TypeSyntax(type: .string, referenceClass: nil, embeddedClass: target ?? word)
        }
        var type = TypeSyntax(type: .string, referenceClass: nil, embeddedClass: word)
        try tolerate(
            word.range, "\(word.value) is no CIM type: read as a string with EmbeddedInstance(\"\(word.value)\")")
        if isAt("[") { type.isArray = try arrayBrackets().isArray }
        return type
    }

    private static let reference: CIMName = "ref"
    static let object: CIMName = "object"

    private static let otherNames: [CIMName: CIMType] = [
        "bool": .boolean, "char": .char16, "char8": .uint8, "byte": .uint8, "int": .sint32, "uint": .uint32,
        "int8": .sint8, "int16": .sint16, "int32": .sint32, "int64": .sint64, "float": .real32, "double": .real64,
    ]

    /// A type other than a reference.
    mutating func takeIntrinsicType() -> CIMType? {
        for (keyword, type) in Self.intrinsicTypes where isAt(keyword: keyword) {
            advance()
            return type
        }
        return nil
    }

    private static let intrinsicTypes: [(StaticString, CIMType)] = [
        ("string", .string), ("uint16", .uint16), ("uint32", .uint32), ("boolean", .boolean), ("uint64", .uint64),
        ("datetime", .datetime), ("uint8", .uint8), ("sint8", .sint8), ("sint16", .sint16), ("sint32", .sint32),
        ("sint64", .sint64), ("real32", .real32), ("real64", .real64), ("char16", .char16),
    ]
}
