import CIM

/// Compiles MOF texts into one class repository.
///
/// A compilation is all or nothing: when there is a diagnostic, the repository and the instances stay what they were
/// before. The language is that of DSP0004 2.x: no structures, enumerations or instance qualifiers.
package struct MOFCompiler: Sendable {
    /// Reads the file that a `#pragma include` names, given also the file the pragma is in;
    /// `MOFInclude.path(of:includedFrom:)` joins the two.
    package typealias IncludeReader = @Sendable (_ file: String, _ includedFrom: String) -> MOFInclude

    package private(set) var repository: ClassRepository
    /// The instances declared so far, with the values that were given and no defaults.
    package private(set) var instances: [CIMInstance] = []
    /// What `#pragma namespace` named.
    package private(set) var namespace: CIMNamespace?
    private let readInclude: IncludeReader

    /// - Parameter repository: what is declared already.
    package init(
        repository: ClassRepository = ClassRepository(),
        readInclude: @escaping IncludeReader = { _, _ in .unreadable(reason: "nothing can be included here") }
    ) {
        self.repository = repository
        self.readInclude = readInclude
    }

    /// Compiles one text and what it includes.
    /// - Returns: every error found, in the order of the text; empty when all was compiled.
    package mutating func compile(source: MOFSource) -> [MOFDiagnostic] { compile(sources: [source]) }

    /// Compiles texts in their order; a class may refer to one in a later text, but not derive from it.
    /// - Returns: as `compile(source:)`.
    package mutating func compile(sources: [MOFSource]) -> [MOFDiagnostic] {
        var compilation = Compilation(repository: repository, readInclude: readInclude)
        for source in sources { compilation.read(source) }
        compilation.finish()
        guard compilation.diagnostics.isEmpty else { return compilation.diagnostics }
        repository = compilation.repository
        instances += compilation.instances
        namespace = compilation.namespace ?? namespace
        return []
    }
}
