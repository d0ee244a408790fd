import Daemon
import Glibc
import Testing

@Suite struct ConfigurationSurroundingsTests {
    private let live = ConfigurationSurroundings.live()

    @Test func directoriesMustBeThereAndBeDirectories() throws {
        let directory = try TemporaryDirectory()
        #expect(live.whyNotDirectory(directory.path) == nil)
        #expect(live.whyNotDirectory("\(directory.path)/none") == "No such file or directory")
        #expect(live.whyNotDirectory(try directory.file("file", "x")) == "not a directory")
    }

    @Test func filesMustBeThereAndBeRegular() throws {
        let directory = try TemporaryDirectory()
        #expect(live.whyNotFile(try directory.file("file", "x")) == nil)
        #expect(live.whyNotFile(directory.path) == "not a regular file")
        #expect(live.whyNotFile(try directory.pipe("pipe")) == "not a regular file")
    }

    @Test func programsMustBeExecutable() throws {
        let directory = try TemporaryDirectory()
        #expect(live.whyNotProgram(try directory.file("program", "x", mode: 0o755)) == nil)
        // Not even root may execute what nobody may.
        #expect(live.whyNotProgram(try directory.file("text", "x")) == "Permission denied")
    }

    @Test func usersAndGroupsAreLookedUp() {
        #expect(live.userID("root") == .success(0))
        #expect(live.userID("no-such-user-here") == .failure(AccountFault("no such user")))
        #expect(live.groupID("root") == .success(0))
        #expect(live.groupID("no-such-group-here") == .failure(AccountFault("no such group")))
    }

    @Test func directoriesAreAbsolute() throws {
        #expect(live.workingDirectory.hasPrefix("/"))
        #expect(live.executableDirectory.hasPrefix("/"))
        let directory = try TemporaryDirectory()
        #expect(live.directory(try directory.file("x.yaml", "")) == directory.path)
    }
}
