import Foundation
import HypervisorAPI
import MigrationLogic
import Testing

@testable import MigrationDriver

@Suite struct HostFilesTests {
    private static func with(_ files: [String: String], _ body: (HostFiles) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, text) in files {
            try text.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
        }
        try body(
            HostFiles(
                MigrationLogic.HostDescription(
                    name: "a", uri: "qemu:///system", qemuLogDirectory: directory.path,
                    qemuConfiguration: directory.appending(path: "qemu.conf").path)))
    }

    @Test func theEndOfALogIsKeptVerbatim() throws {
        let lines = (1...5000).map { "line \($0) of QEMU's own words" }
        try Self.with(["web.log": lines.joined(separator: "\n") + "\n"]) { files in
            let excerpt = try #require(files.logExcerpt(of: "web"))
            #expect(excerpt.lines == lines.suffix(40))
            #expect(excerpt.file.hasSuffix("/web.log") && excerpt.host == "a")
        }
    }

    @Test func aLogThatIsNotThereIsSaidToBe() throws {
        try Self.with([:]) { files in
            #expect(files.logExcerpt(of: "web")?.lines.first?.contains("No such file") == true)
        }
    }

    @Test func aNameDoesNotLeadElsewhere() throws {
        try Self.with([:]) { files in
            #expect(files.logExcerpt(of: "../../etc/passwd") == nil)
            #expect(files.logExcerpt(of: "..") == nil)
        }
    }

    @Test(arguments: [
        ("", LockManager.none), ("#lock_manager = \"lockd\"\n", .none), ("lock_manager = \"lockd\"\n", .lockd),
        ("lock_manager=\"sanlock\"", .sanlock), ("lock_manager = \"nop\"", .none), ("lock_manager = \"x\"", .other),
        ("lock_manager = \"lockd\"\nlock_manager = \"sanlock\"\n", .sanlock),
    ])
    func theLockManagerIsReadFromTheConfiguration(text: String, manager: LockManager) throws {
        try Self.with(["qemu.conf": text]) { files in #expect(files.lockManager() == .known(manager)) }
    }

    @Test func aHostWhoseFilesAreElsewhereIsNotRead() {
        let files = HostFiles(MigrationLogic.HostDescription(name: "b", uri: "qemu+tls://b/system"))
        #expect(files.logExcerpt(of: "web") == nil)
        #expect(files.lockManager().value == nil)
    }
}
