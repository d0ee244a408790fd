import ArgumentParser

struct SchemaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Compiles MOF files, and shows what they declare.",
        discussion: """
            No daemon is needed. The language is that of DSP0004 2.x. Without --schema or files, the schema is the one \
            that the daemon serves (daemon.schemaDirectory of the configuration).
            """,
        subcommands: [
            SchemaCheckCommand.self, SchemaShowCommand.self, SchemaTreeCommand.self, SchemaExportCommand.self,
        ])
}
