import Glibc
import Settings
import Testing

/// A directory of its own, removed at the end.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/settings-tests-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private var names: [String] = []

    func file(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        let path = "\(path)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        names.append(name)
        try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
        return path
    }

    func pipe(_ name: String) throws -> String {
        let path = "\(path)/\(name)"
        try #require(mkfifo(path, 0o600) == 0)
        names.append(name)
        return path
    }
}

@Suite struct SettingsFileTests {
    private func failure(ofFile path: String) -> SettingsError? {
        #expect(throws: SettingsError.self) { try SettingsDocument(contentsOf: path) }
    }

    @Test func fileIsReadAndNamedAsItWasGiven() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("x.yaml", "a: 1\n")
        let reader = SettingsReader(try SettingsDocument(contentsOf: path))
        let error = #expect(throws: SettingsError.self) { _ = try reader.finish() }
        #expect(error?.problems.map(\.summary) == ["\(path):1:1: error: unknown key 'a'"])
    }

    @Test func missingFileSaysSo() {
        let error = failure(ofFile: "/nonexistent/migrationd.yaml")
        #expect(error?.description == "/nonexistent/migrationd.yaml: error: cannot be read: No such file or directory")
    }

    @Test func directoryIsNotRead() throws {
        #expect(failure(ofFile: "/tmp")?.description == "/tmp: error: cannot be read: not a regular file")
    }

    @Test func pipeWithoutAWriterIsRefusedAndNotWaitedFor() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.pipe("pipe.yaml")
        #expect(failure(ofFile: path)?.description == "\(path): error: cannot be read: not a regular file")
    }

    @Test func fileBeyondTheLimitIsRefused() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("huge.yaml", String(repeating: "#", count: SettingsDocument.sizeLimitBytes + 1))
        #expect(failure(ofFile: path)?.codes == [.tooLarge])
    }
}
