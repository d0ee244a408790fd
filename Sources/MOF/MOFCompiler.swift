import CIM

/// Compiles MOF texts into one class repository for each namespace.
///
/// A compilation is all or nothing: when there is an error, the repositories and the instances stay what they were
/// before. The language is that of DSP0004 2.x: no structures, enumerations or instance qualifiers.
///
/// The order of declarations does not matter within one compilation: a class may come before its superclass, an
/// instance before its class and a qualifier before its declaration, in the same text or in another.
package struct MOFCompiler: Sendable {
    /// Reads the file that a `#pragma include` names, given also the file the pragma is in;
    /// `MOFInclude.path(of:includedFrom:)` joins the two.
    package typealias IncludeReader = @Sendable (_ file: String, _ includedFrom: String) -> MOFInclude

    /// What has been declared in one namespace.
    package struct Contents: Sendable {
        /// `nil` for what stands outside any `#pragma namespace`.
        package let namespace: CIMNamespace?
        package var repository: ClassRepository
        /// With the values that were given and no defaults.
        package var instances: [CIMInstance] = []
    }

    /// What stands outside any `#pragma namespace` first, then the others in the order in which they are named. What
    /// the first declares is in all that were named later.
    package private(set) var contents: [Contents]
    private let options: MOFOptions
    private let readInclude: IncludeReader

    /// - Parameter repository: what is declared already, outside any namespace.
    package init(
        repository: ClassRepository = ClassRepository(), options: MOFOptions = MOFOptions(),
        readInclude: @escaping IncludeReader = { _, _ in .unreadable(reason: "nothing can be included here") }
    ) {
        self.contents = [Contents(namespace: nil, repository: repository)]
        self.options = options
        self.readInclude = readInclude
    }

    /// What is declared outside any namespace; where there is no such thing and only one namespace, what is in that.
    package var repository: ClassRepository { only.repository }
    package var instances: [CIMInstance] { only.instances }

    private var only: Contents {
        contents.count == 2 && contents[0].instances.isEmpty ? contents[1] : contents[0]
    }

    /// Compiles one text and what it includes.
    /// - Returns: as `compile(sources:)`.
    package mutating func compile(source: MOFSource) -> [MOFDiagnostic] { compile(sources: [source]) }

    /// Compiles texts. One that another of them includes is read there and nowhere else; each begins outside any
    /// namespace and has aliases of its own.
    /// - Returns: every error and warning found, text by text; when none is an error all was compiled.
    package mutating func compile(sources: [MOFSource]) -> [MOFDiagnostic] {
        var compilation = Compilation(contents: contents, options: options, readInclude: readInclude)
        compilation.read(sources)
        compilation.finish()
        let diagnostics = compilation.diagnostics()
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return diagnostics }
        contents = compilation.rooms.map(\.contents)
        return diagnostics
    }
}
