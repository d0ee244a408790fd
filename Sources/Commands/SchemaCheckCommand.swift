import ArgumentParser
import MOF

struct SchemaCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Says everything that is wrong with MOF files.",
        discussion: """
            The files are compiled together, in any order: one may derive from, refer to and instantiate the classes of \
            another. A file that another one includes is read there and only there. Exit status 0: no error (there may \
            be warnings); 1: errors; 64: a file cannot be read.
            """)

    @Argument(help: "Files, and folders: of these, all that end in .mof.")
    var paths: [String]

    @OptionGroup var reading: SchemaReadingOptions
    @Flag(help: "Print JSON.") var json = false

    struct Finding: Encodable {
        let severity: String
        let file: String
        let line: Int
        let column: Int
        let message: String
    }

    func run() async throws {
        let (compiler, found) = try reading.compile(paths)
        if json {
            try JSONOutput.say(
                found.map {
                    Finding(
                        severity: $0.severity.rawValue, file: $0.place.file, line: $0.place.line,
                        column: $0.place.column, message: $0.message)
                })
        } else {
            Terminal.say((found.map(\.description) + [summary(of: compiler, found)]).joined(separator: "\n"))
        }
        if found.contains(where: { $0.severity == .error }) { throw CommandFailure(.negative) }
    }

    private func summary(of compiler: MOFCompiler, _ found: [MOFDiagnostic]) -> String {
        let errors = found.count { $0.severity == .error }
        let verdict = "\(counted(errors, "error")), \(counted(found.count - errors, "warning"))"
        guard errors == 0 else { return verdict }
        let named = compiler.contents.count { $0.namespace != nil }
        let contents = compiler.inhabited
        return verdict + ": " + counted(contents.reduce(0) { $0 + $1.repository.classNames.count }, "class", "classes")
            + ", " + counted(contents.reduce(0) { $0 + $1.repository.qualifierTypes.count }, "qualifier type")
            + ", " + counted(compiler.contents.reduce(0) { $0 + $1.instances.count }, "instance")
            + (named == 0 ? "" : " in " + counted(named, "namespace"))
    }

    private func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
    }
}
