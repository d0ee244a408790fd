import ArgumentParser
import CIM
import MOF

struct SchemaShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints a class as MOF.")

    @Argument(help: "The name of the class.")
    var name: String

    @Flag(help: "With everything that the class inherits, and where from.")
    var resolved = false

    @OptionGroup var options: SchemaOptions

    func run() async throws {
        let compiler = try options.load()
        for (contents, name) in try compiler.classes(named: name) {
            if let namespace = contents.namespace { Terminal.say("// in namespace \(namespace)") }
            let printer = MOFPrinter(repository: contents.repository)
            if resolved, let found = contents.repository[name] {
                Terminal.say(printer.resolvedText(of: found))
            } else if let declared = contents.repository.declaration(of: name) {
                Terminal.say(printer.text(of: declared))
            }
        }
    }
}
