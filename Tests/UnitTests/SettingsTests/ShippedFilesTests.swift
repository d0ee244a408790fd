import Daemon
import Glibc
import Settings
import Testing

/// The files of `config/`.
@Suite struct ShippedFilesTests {
    private static let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()

    private func text(_ name: String) throws -> String {
        let descriptor = try #require(fopen("\(Self.root)/config/\(name)", "r"))
        defer { fclose(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, descriptor)], as: UTF8.self)
    }

    @Test func commentedFileSpellsEveryDefaultAsItIs() throws {
        let spelled = try configuration(try text("migrationd.yaml") + oneHost)
        let builtIn = try configuration(oneHost)
        #expect(spelled.service == builtIn.service)
        #expect(spelled.hypervisor == builtIn.hypervisor)
        #expect(spelled.migration == builtIn.migration)
        #expect(spelled.checks == builtIn.checks)
        #expect(spelled.limits == builtIn.limits)
        #expect(spelled.access == builtIn.access)
        let unspelled = spelled.describe().filter { $0.origin == "default" && !$0.key.hasPrefix("hosts[") }
        #expect(unspelled.map(\.key) == [])
        #expect(spelled.describe().map(\.key) == builtIn.describe().map(\.key))
        #expect(spelled.describe().map(\.value) == builtIn.describe().map(\.value))
    }

    @Test func commentedFileWantsOnlyItsHosts() throws {
        let found = configurationProblems(try text("migrationd.yaml"))
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("error: missing required key 'hosts'") == true)
    }

    @Test func exampleHostsOfTheCommentedFileAreValid() throws {
        let lines = try text("migrationd.yaml").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "# hosts:"))
        let example = lines[start...].prefix { $0.hasPrefix("# ") }.map { $0.dropFirst(2) }.joined(separator: "\n")
        let hosts = try configuration(example).hosts
        #expect(hosts.map(\.name) == ["node1.example.org", "node2.example.org"])
        #expect(hosts.allSatisfy { $0.peerURI != nil })
    }

    @Test func demonstrationRunsOnThreeFakeHosts() throws {
        var surroundings = ConfigurationSurroundings.live()
        // The world's file is another's work; that it is there is the demonstration's to show.
        surroundings.whyNotFile = { _ in nil }
        let found = try Configuration.load(file: "\(Self.root)/config/demo.yaml", surroundings: surroundings)
        #expect(found.hosts.map(\.name) == ["alpha", "beta", "gamma"])
        #expect(found.migration.sharedPaths == ["/srv/shared"])
        #expect(found.service.schemaDirectory == "\(Self.root)/schema")
        #expect(found.service.stateDirectory == "\(Self.root)/.demo/state")
    }
}
