import Glibc
import Testing

@testable import ProgramRunner

/// The samples of docs/writing-checks.md do what it says of them.
@Suite struct ExampleChecksTests {
    private let sandbox: Sandbox
    private let checks: String

    /// Copies them to where they can be verified: a clone may lie in a directory that others can write.
    init() throws {
        sandbox = try Sandbox()
        checks = try sandbox.directory("checks.d")
        try sandbox.directory("parameters", mode: 0o700)
        let repository = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
        let examples = repository + "/config/checks.d-examples"
        for name in try DirectoryListing(of: examples, bound: 100).names {
            let status = try FileStatus(ofPath: examples + "/" + name)
            try sandbox.file(
                "checks.d/" + name, contentsOfFile(examples + "/" + name), mode: status.value.st_mode & 0o755)
        }
    }

    private func run(
        _ name: String, _ parameters: [String]?, _ environment: [(name: String, value: String)] = []
    ) async throws -> (ending: ProgramResult.Ending, text: String) {
        let directory = ProgramDirectory(path: checks, trustedRoot: sandbox.path)
        let entry = try directory.entries().first { $0.name == name }
        guard case .runnable(let program) = entry else {
            throw ProgramError(.directoryUnusable, "\(name) is not runnable")
        }
        return try await ParameterFile.with(parameters, in: sandbox.path + "/parameters") { path in
            let invocation = ProgramInvocation(
                program, arguments: ["web1", "qemu:///system"] + (path.map { [$0] } ?? []),
                environment: ProgramInvocation.baseEnvironment + environment, timeout: ample)
            let result = await runner.run(invocation)
            return (result.ending, result.outputText)
        }
    }

    @Test func shellExampleRefusesWhileFrozen() async throws {
        let freeze = [(name: "FREEZE_FILE", value: sandbox.path + "/freeze")]
        #expect(try await run("10-not-frozen", nil, freeze) == (.exited(0), ""))
        try sandbox.file("freeze", "storage maintenance\n")
        let refused: (ProgramResult.Ending, String) = (
            .exited(1), "web1 may not move, this host is frozen: storage maintenance"
        )
        #expect(try await run("10-not-frozen", nil, freeze) == refused)
        #expect(try await run("10-not-frozen", ["ignore-freeze=yes please"], freeze) == refused)
        #expect(try await run("10-not-frozen", ["other=1", "ignore-freeze=yes"], freeze).ending == .exited(0))
    }

    @Test func pythonExampleAllowsOnlyListedHosts() async throws {
        let name = "20-allowed-hosts.py"
        let destination = [
            (name: "MIGRATIOND_DESTINATION_URI", value: "qemu+ssh://root@Node7.rack2.example.org:22/system")
        ]
        #expect(try await run(name, nil) == (.exited(0), ""))
        #expect(try await run(name, ["other=1"], destination) == (.exited(0), ""))
        #expect(try await run(name, ["allowed-host=*.rack2.example.org"], destination) == (.exited(0), ""))
        let refused = try await run(name, ["allowed-host=*.rack3.example.org", "allowed-host=node8"], destination)
        #expect(refused.ending == .exited(1))
        #expect(
            refused.text == "web1 may not move to node7.rack2.example.org: allowed are *.rack3.example.org, node8")
        let unknown = try await run(name, ["allowed-host=node8"])
        #expect(unknown.ending == .exited(1))
        #expect(unknown.text.contains("MIGRATIOND_DESTINATION_URI"))
    }
}
