import ArgumentParser
import CIM
import Daemon
import MOF

/// How MOF files are read.
struct SchemaReadingOptions: ParsableArguments {
    @Flag(help: "Take what vendors write beside the standard; each such place is a warning.")
    var lenient = false

    @Flag(name: .customLong("latin-1"), help: "Files without a byte order mark are Latin-1 instead of UTF-8.")
    var latin1 = false

    @Option(
        name: .customLong("include"),
        help:
            "A folder in which to look for included files that are not beside the file that includes them; repeatable.")
    var folders: [String] = []

    /// Compiles files, and the files of folders.
    func compile(_ paths: [String]) throws(CommandFailure) -> (compiler: MOFCompiler, found: [MOFDiagnostic]) {
        let sources: [MOFSource]
        switch SchemaFiles.read(paths) {
        case .success(let read): sources = read
        case .failure(let failure): throw CommandFailure(.usage, "\(failure.file): \(failure.reason)")
        }
        guard !sources.isEmpty else {
            throw CommandFailure(.usage, "\(paths.joined(separator: ", ")): no file there ends in .mof")
        }
        var compiler = MOFCompiler(
            options: MOFOptions(isLenient: lenient, isLatin1: latin1),
            readInclude: SchemaFiles.includeReader(folders: folders))
        let found = compiler.compile(sources: sources)
        return (compiler, found)
    }
}

/// Which schema a command is about.
struct SchemaOptions: ParsableArguments {
    @Option(help: "A folder of MOF files, or one file. Default: the daemon's schema.")
    var schema: String?

    @OptionGroup var reading: SchemaReadingOptions
    @OptionGroup var configuration: ConfigurationOptions

    /// - Throws: with every error in the files, when there is one.
    func load() throws -> MOFCompiler {
        let path = if let schema { schema } else { try configuration.load().service.schemaDirectory }
        let (compiler, found) = try reading.compile([path])
        let errors = found.filter { $0.severity == .error }
        guard errors.isEmpty else {
            throw CommandFailure(
                .negative, "the schema has errors:\n\(errors.map(\.description).joined(separator: "\n"))")
        }
        return compiler
    }
}

extension MOFCompiler {
    /// The namespaces that hold something of their own: what stands outside any is in all others too.
    var inhabited: [Contents] {
        let named = contents.filter { $0.namespace != nil }
        return named.isEmpty || !contents[0].instances.isEmpty ? contents : named
    }

    /// Every class of that name, one for each namespace that has it.
    /// - Throws: when none has.
    func classes(named spelled: String) throws(CommandFailure) -> [(contents: Contents, name: CIMName)] {
        guard let name = CIMName(spelled) else {
            throw CommandFailure(.usage, "\"\(spelled)\" is no name of a class")
        }
        let found = inhabited.compactMap { contents in contents.repository[name].map { (contents, $0.name) } }
        guard !found.isEmpty else { throw CommandFailure(.negative, "there is no class \(name)") }
        return found
    }
}
