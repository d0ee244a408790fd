import CIM

// What the parser makes of a text: declarations as they are written, each part with its place. No name is looked up
// yet and no literal has a type.

/// A part of the tree and the bytes it was read from.
struct Located<Value: Sendable>: Sendable {
    let value: Value
    let range: Range<Int>
}

enum LiteralSyntax: Sendable {
    case null
    case boolean(Bool)
    case string(String)
    case character(UInt16)
    case integer(IntegerLiteral)
    case real(String)
    case alias(CIMName)
    /// An instance written out where its text in quotes belongs; only a lenient reader takes it.
    indirect case instance(InstanceSyntax)
    /// Reported already.
    case malformed

    /// What kind of literal this is, for a message.
    var kind: String {
        switch self {
        case .null: "NULL"
        case .boolean: "a boolean"
        case .string: "a string"
        case .character: "a character"
        case .integer: "an integer"
        case .real: "a real number"
        case .alias: "an alias"
        case .instance: "an instance"
        case .malformed: "a malformed literal"
        }
    }
}

enum ValueSyntax: Sendable {
    case scalar(Located<LiteralSyntax>)
    case array([Located<LiteralSyntax>], range: Range<Int>)

    var range: Range<Int> {
        switch self {
        case .scalar(let literal): literal.range
        case .array(_, let range): range
        }
    }
}

enum FlavorSyntax: String, Sendable, CaseIterable {
    case enableOverride, disableOverride, toSubclass, restricted, translatable
    /// Deprecated and without meaning: instances have no qualifiers.
    case toInstance
    /// Microsoft's: the value is in a file of its own for each language.
    case amended

    private static let names = Dictionary(
        uniqueKeysWithValues: allCases.compactMap { flavor in CIMName(flavor.rawValue).map { ($0, flavor) } })

    init?(name: CIMName) {
        guard let flavor = Self.names[name] else { return nil }
        self = flavor
    }

    /// Whether the standard knows it.
    var isStandard: Bool { self != .amended }

    /// As it is usually written.
    var spelling: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

struct QualifierSyntax: Sendable {
    let name: Located<CIMName>
    let value: ValueSyntax?
    var flavors: [Located<FlavorSyntax>]
}

struct QualifierTypeSyntax: Sendable {
    let name: Located<CIMName>
    let type: CIMType
    let isArray: Bool
    let arraySize: Int?
    let defaultValue: ValueSyntax?
    let scopes: Set<CIMScope>
    let flavors: [Located<FlavorSyntax>]
}

struct TypeSyntax: Sendable {
    let type: CIMType
    let referenceClass: Located<CIMName>?
    /// The class whose instances a vendor embeds by naming it as the type.
    var embeddedClass: Located<CIMName>?
    /// The brackets of an array, where a vendor writes them behind the type.
    var isArray = false
}

struct PropertySyntax: Sendable {
    let qualifiers: [QualifierSyntax]
    let type: TypeSyntax
    let name: Located<CIMName>
    let isArray: Bool
    let arraySize: Int?
    let defaultValue: ValueSyntax?
}

struct ParameterSyntax: Sendable {
    let qualifiers: [QualifierSyntax]
    let type: TypeSyntax
    let name: Located<CIMName>
    let isArray: Bool
    let arraySize: Int?
}

struct MethodSyntax: Sendable {
    let qualifiers: [QualifierSyntax]
    let returnType: CIMType
    let name: Located<CIMName>
    let parameters: [ParameterSyntax]
}

struct ClassSyntax: Sendable {
    let qualifiers: [QualifierSyntax]
    let name: Located<CIMName>
    let alias: Located<CIMName>?
    let superclass: Located<CIMName>?
    let properties: [PropertySyntax]
    let methods: [MethodSyntax]
    /// A feature was left out because it could not be read: what is missing here may have been meant to be there.
    let isDamaged: Bool
}

struct InstanceSyntax: Sendable {
    struct Assignment: Sendable {
        let name: Located<CIMName>
        let value: ValueSyntax
    }

    let className: Located<CIMName>
    let alias: Located<CIMName>?
    let assignments: [Assignment]
}

struct PragmaSyntax: Sendable {
    let name: Located<CIMName>
    /// `nil` when there is none, or not one string; only pragmas that are not known may be so.
    let parameter: Located<String>?
}

enum ProductionSyntax: Sendable {
    case pragma(PragmaSyntax)
    case qualifierType(QualifierTypeSyntax)
    case classDeclaration(ClassSyntax)
    case instance(InstanceSyntax)
}
