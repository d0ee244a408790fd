import ArgumentParser
import CIM
import CIMXML
import MOF

struct SchemaExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Prints declarations as MOF, or as the XML of DSP0201.",
        discussion: """
            Without classes everything is printed: qualifier types, classes with superclasses first, instances. With \
            classes, those and the qualifier types.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case mof, xml
    }

    @Argument(help: "The classes to print. Default: all, and the instances.")
    var classes: [String] = []

    @Option(help: "mof or xml.")
    var format: Format = .mof

    @OptionGroup var options: SchemaOptions

    func run() async throws {
        let compiler = try options.load()
        var wanted: Set<CIMName> = []
        for spelled in classes {
            for (_, name) in try compiler.classes(named: spelled) { wanted.insert(name) }
        }
        let groups = compiler.inhabited.map { contents in
            CIMXMLDeclarations(
                namespace: contents.namespace, qualifierTypes: contents.repository.qualifierTypes,
                classes: contents.repository.classNames.filter { wanted.isEmpty || wanted.contains($0) }
                    .compactMap(contents.repository.declaration(of:)),
                instances: wanted.isEmpty ? contents.instances : [])
        }
        switch format {
        case .xml: Terminal.say(String(decoding: CIMXMLDeclarations.encoded(groups), as: UTF8.self))
        case .mof:
            for (group, contents) in zip(groups, compiler.inhabited) {
                Terminal.say(text(of: group, MOFPrinter(repository: contents.repository)))
            }
        }
    }

    private func text(of group: CIMXMLDeclarations, _ printer: MOFPrinter) -> String {
        let pragma = group.namespace.map { ["#pragma namespace (\"\($0)\")\n"] } ?? []
        let declarations =
            group.qualifierTypes.map(printer.text) + group.classes.map(printer.text)
            + group.instances.map(printer.text)
        return (pragma + declarations).joined(separator: "\n")
    }
}
