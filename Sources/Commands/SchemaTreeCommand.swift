import ArgumentParser
import CIM
import MOF

struct SchemaTreeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Shows which class derives from which.")

    @Argument(help: "The class to begin with, shown below its superclasses. Default: all classes.")
    var name: String?

    @OptionGroup var options: SchemaOptions

    func run() async throws {
        let compiler = try options.load()
        guard let name else {
            for contents in compiler.inhabited {
                head(contents)
                let top = contents.repository.subclasses(of: nil, deep: false).sorted()
                Terminal.say(lines(top, depth: 0, in: contents.repository).joined(separator: "\n"))
            }
            return
        }
        for (contents, name) in try compiler.classes(named: name) {
            head(contents)
            let above = contents.repository.superclasses(of: name).reversed()
            let path = above.enumerated().map { line($1, depth: $0, in: contents.repository) }
            Terminal.say((path + lines([name], depth: above.count, in: contents.repository)).joined(separator: "\n"))
        }
    }

    private func head(_ contents: MOFCompiler.Contents) {
        if let namespace = contents.namespace { Terminal.say("namespace \(namespace)") }
    }

    private func lines(_ names: [CIMName], depth: Int, in repository: ClassRepository) -> [String] {
        var lines: [String] = []
        var pending = names.reversed().map { ($0, depth) }
        while let (name, depth) = pending.popLast() {
            lines.append(line(name, depth: depth, in: repository))
            let below = repository.subclasses(of: name, deep: false).sorted()
            pending += below.reversed().map { ($0, depth + 1) }
        }
        return lines
    }

    private func line(_ name: CIMName, depth: Int, in repository: ClassRepository) -> String {
        let found = repository[name]
        let kinds = [
            found?.isAssociation == true ? "association" : nil, found?.isIndication == true ? "indication" : nil,
            found?.isAbstract == true ? "abstract" : nil,
        ].compactMap(\.self)
        let remark = kinds.isEmpty ? "" : "  (\(kinds.joined(separator: ", ")))"
        return String(repeating: "  ", count: depth) + name.text + remark
    }
}
