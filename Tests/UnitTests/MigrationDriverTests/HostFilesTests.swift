import Foundation
import HypervisorAPI
import MigrationLogic
import Testing

@testable import MigrationDriver

@Suite struct HostFilesTests {
    private static let reads = FileReads(clock: ContinuousClock(), read: HostFiles.tail)

    private static func with(_ files: [String: String], _ body: (HostFiles) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files {
            try text.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
        }
        try await body(
            HostFiles(
                MigrationLogic.HostDescription(
                    name: "a", uri: "qemu:///system", qemuLogDirectory: directory.path,
                    qemuConfiguration: directory.appending(path: "qemu.conf").path), reads))
    }

    @Test func theEndOfALogIsKeptVerbatim() async throws {
        let lines = (1...5000).map { "line \($0) of QEMU's own words" }
        try await Self.with(["web.log": lines.joined(separator: "\n") + "\n"]) { files in
            let excerpt = try #require(await files.logExcerpt(of: "web"))
            #expect(excerpt.lines == lines.suffix(40))
            #expect(excerpt.file.hasSuffix("/web.log") && excerpt.host == "a")
        }
    }

    @Test func aLogThatIsNotThereIsSaidToBe() async throws {
        try await Self.with([:]) { files in
            #expect(await files.logExcerpt(of: "web")?.lines.first?.contains("No such file") == true)
        }
    }

    @Test func aNameDoesNotLeadElsewhere() async throws {
        try await Self.with([:]) { files in
            #expect(await files.logExcerpt(of: "../../etc/passwd") == nil)
            #expect(await files.logExcerpt(of: "..") == nil)
        }
    }

    @Test(arguments: [
        ("", LockManager.none), ("#lock_manager = \"lockd\"\n", .none), ("lock_manager = \"lockd\"\n", .lockd),
        ("lock_manager=\"sanlock\"", .sanlock), ("lock_manager = \"nop\"", .none), ("lock_manager = \"x\"", .other),
        ("lock_manager = \"lockd\"\nlock_manager = \"sanlock\"\n", .sanlock),
    ])
    func theLockManagerIsReadFromTheConfiguration(text: String, manager: LockManager) async throws {
        try await Self.with(["qemu.conf": text]) { files in #expect(await files.lockManager() == .known(manager)) }
    }

    @Test func aHostWhoseFilesAreElsewhereIsNotRead() async {
        let files = HostFiles(MigrationLogic.HostDescription(name: "b", uri: "qemu+tls://b/system"), Self.reads)
        #expect(await files.logExcerpt(of: "web") == nil)
        #expect(await files.lockManager().value == nil)
    }
}
