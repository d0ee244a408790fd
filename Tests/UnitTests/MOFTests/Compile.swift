import CIM
import Testing

@testable import MOF

/// Qualifiers that the tests' texts use.
let qualifierDeclarations = """
    Qualifier Association : boolean = false, Scope(association), Flavor(DisableOverride, ToSubclass);
    Qualifier Indication : boolean = false, Scope(class, indication), Flavor(DisableOverride, ToSubclass);
    Qualifier Abstract : boolean = false, Scope(class, association, indication), Flavor(EnableOverride, Restricted);
    Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride, ToSubclass);
    Qualifier Override : string = null, Scope(property, reference, method), Flavor(EnableOverride, Restricted);
    Qualifier Description : string = null, Scope(any), Flavor(EnableOverride, ToSubclass, Translatable);
    Qualifier MaxLen : uint32 = null, Scope(property, method, parameter);
    Qualifier ArrayType : string = "Bag", Scope(property, parameter), Flavor(DisableOverride, ToSubclass);
    Qualifier EmbeddedInstance : string = null, Scope(property, method, parameter);
    Qualifier EmbeddedObject : boolean = false, Scope(property, method, parameter), Flavor(DisableOverride);
    Qualifier ValueMap : string[], Scope(property, method, parameter);
    Qualifier Values : string[], Scope(property, method, parameter), Flavor(EnableOverride, ToSubclass, Translatable);
    Qualifier In : boolean = true, Scope(parameter), Flavor(DisableOverride, ToSubclass);
    Qualifier Out : boolean = false, Scope(parameter), Flavor(DisableOverride, ToSubclass);
    """

/// A compiler that knows those qualifiers.
func preparedCompiler(files: [String: String] = [:], options: MOFOptions = MOFOptions()) -> MOFCompiler {
    var compiler = MOFCompiler(options: options) { file, parent in
        let path = MOFInclude.path(of: file, includedFrom: parent)
        guard let text = files[path] else { return .unreadable(reason: "no such file") }
        return .source(MOFSource(file: path, text: text))
    }
    let found = compiler.compile(source: MOFSource(file: "qualifiers.mof", text: qualifierDeclarations))
    precondition(found.isEmpty, "\(found)")
    return compiler
}

/// What a text with no error declares.
/// - Parameter other: a second file, compiled together with the first.
func compiled(
    _ text: String, also other: String = "", _ location: SourceLocation = #_sourceLocation
) -> MOFCompiler {
    var compiler = preparedCompiler()
    let sources = [MOFSource(file: "t.mof", text: text), MOFSource(file: "other.mof", text: other)]
    let found = compiler.compile(sources: sources).filter { $0.severity == .error }
    #expect(found == [], "\(found.map(\.description).joined(separator: "\n"))", sourceLocation: location)
    return compiler
}

/// The errors in a text, each as `line:column code`.
func errors(_ text: String, files: [String: String] = [:]) -> [String] {
    var compiler = preparedCompiler(files: files)
    let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
    return found.filter { $0.severity == .error }.map(\.brief)
}

/// What a lenient compiler makes of a text, and its warnings; an error is a failure of the test.
func tolerated(
    _ text: String, files: [String: String] = [:], _ location: SourceLocation = #_sourceLocation
) -> (compiler: MOFCompiler, warnings: [String]) {
    var compiler = preparedCompiler(files: files, options: MOFOptions(isLenient: true))
    let found = compiler.compile(source: MOFSource(file: "t.mof", text: text))
    let errors = found.filter { $0.severity == .error }
    #expect(errors == [], "\(errors.map(\.description).joined(separator: "\n"))", sourceLocation: location)
    return (compiler, found.map(\.brief))
}

extension MOFDiagnostic {
    var brief: String {
        let kind = if case .schema(let rule) = code { "\(rule)" } else { "\(code)" }
        return "\(place.line):\(place.column) \(kind)"
    }
}

/// The default value of a property of the given type, from the literal in a text.
func value(_ literal: String, as type: String, _ location: SourceLocation = #_sourceLocation) -> CIMValue? {
    let array = type.hasSuffix("[]") ? "[]" : ""
    let text = "class T_X { \(type.split(separator: "[")[0]) P\(array) = \(literal); };"
    return compiled(text, also: "", location).repository["T_X"]?.property("P")?.defaultValue
}

/// The errors in a literal of the given type; columns count from the literal.
func literalErrors(_ literal: String, as type: String) -> [String] {
    let array = type.hasSuffix("[]") ? "[]" : ""
    var compiler = preparedCompiler()
    let text = "class T_X { \(type.split(separator: "[")[0]) P\(array) =\n\(literal)\n; };"
    return compiler.compile(source: MOFSource(file: "t.mof", text: text)).map(\.brief)
}
