import CIM
import MOF

/// Reads the daemon's schema into classes.
package enum SchemaLoader {
    /// The file that includes all others.
    package static let entryFile = "migrationd.mof"

    /// - Throws: `StartError(.schema)` with every error: file, line, column and caret.
    package static func load(directory: String) throws(StartError) -> ClassRepository {
        let entry = "\(directory)/\(entryFile)"
        var compiler = MOFCompiler(readInclude: SchemaFiles.includeReader(folders: []))
        let source: MOFSource
        switch SchemaFiles.read(entry) {
        case .success(let read): source = read
        case .failure(let failure):
            throw StartError(
                .schema, "\(entry): \(failure.reason). Set daemon.schemaDirectory to the directory of the schema.")
        }
        let errors = compiler.compile(source: source).filter { $0.severity == .error }
        guard errors.isEmpty else { throw StartError(.schema, errors.map(\.description).joined(separator: "\n")) }
        return compiler.repository
    }
}
