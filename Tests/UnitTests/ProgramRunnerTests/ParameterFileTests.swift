import Glibc
import Testing

@testable import ProgramRunner

@Suite struct ParameterFileTests {
    private let sandbox: Sandbox
    private let directory: String

    init() throws {
        sandbox = try Sandbox()
        directory = try sandbox.directory("parameters", mode: 0o700)
    }

    private var files: [String] {
        get throws { try DirectoryListing(of: directory, bound: 100).names }
    }

    @Test func valuesAreWrittenOnePerLine() async throws {
        let text = try await ParameterFile.with(["window=22-04", "", "ü b"], in: directory) { path in
            try contentsOfFile(try #require(path))
        }
        #expect(text == "window=22-04\n\nü b\n")
    }

    @Test func noValuesAreAnEmptyFileAndNullIsNoFile() async throws {
        let text = try await ParameterFile.with([], in: directory) { try contentsOfFile(try #require($0)) }
        #expect(text == "")
        let path = try await ParameterFile.with(nil, in: directory) { $0 }
        #expect(path == nil)
    }

    @Test func fileIsPrivateAndItsNameIsNotGuessed() async throws {
        let first = try ParameterFile(["a"], in: directory)
        let second = try ParameterFile(["a"], in: directory)
        #expect(first.path != second.path)
        #expect(first.path.count >= directory.count + 1 + 32)
        let status = try FileStatus(ofPath: first.path)
        #expect(status.isRegular && status.modeText == "0600" && status.value.st_uid == geteuid())
        try first.remove()
        try second.remove()
        #expect(try files == [])
    }

    @Test func fileIsRemovedAfterwards() async throws {
        struct Failure: Error {}
        let during = try await ParameterFile.with(["a"], in: directory) { _ in try files }
        #expect(during.count == 1)
        #expect(try files == [])
        await #expect(throws: Failure.self) {
            try await ParameterFile.with(["a"], in: directory) { _ in throw Failure() }
        }
        #expect(try files == [])
    }

    @Test func fileIsRemovedAfterCancel() async throws {
        let beacon = try Beacon(in: sandbox)
        let directory = directory
        let task = Task {
            try await ParameterFile.with(["a"], in: directory) { path in
                await runner.run(.shell("\(beacon.light); test -r '\(path ?? "")' && sleep 1000")).ending
            }
        }
        _ = try await beacon.processes()
        #expect(try files.count == 1)
        task.cancel()
        #expect(try await task.value == .cancelled)
        #expect(try files == [])
    }

    /// Each would give a check written in some language a second parameter out of one.
    @Test(arguments: [
        "\n", "\r", "\r\n", "\0", "\u{B}", "\u{C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}",
    ])
    func valueThatWouldInjectAParameterIsRejectedByItsIndex(_ separator: String) throws {
        do {
            let file = try ParameterFile(["good", "bad\(separator)force=yes"], in: directory)
            Issue.record("\(file.path) was written")
        } catch {
            #expect(error == ProgramError(.parameterUnusable, ""))
            #expect(error.message.contains("CheckParameters[1]"))
        }
        #expect(try files == [])
    }

    @Test func tooMuchIsRejected() throws {
        #expect(throws: ProgramError(.parameterUnusable, "")) {
            try ParameterFile(Array(repeating: String(repeating: "x", count: 1023), count: 1025), in: directory)
        }
        #expect(try files == [])
    }

    @Test func directoryThatIsNotPrivateIsRejected() throws {
        func message(_ directory: String, _ user: ProgramUser? = nil) -> String {
            do {
                let file = try ParameterFile(["a"], in: directory, readableBy: user)
                return "written: \(file.path)"
            } catch {
                #expect(error == ProgramError(.parameterDirectoryUnsafe, ""))
                return error.message
            }
        }
        #expect(message(try sandbox.directory("open", mode: 0o755)).contains("mode 0755: chmod 0700"))
        #expect(message(try sandbox.directory("shared", mode: 0o733), stranger).contains("mode 0733: chmod 0711"))
        #expect(message(directory, stranger).contains("cannot be entered by user 64998"))
        #expect(message(sandbox.path + "/none").contains("No such file"))
        #expect(message(try sandbox.file("file")).contains("not a directory"))
        try #require(symlink(directory, sandbox.path + "/link") == 0)
        #expect(message(sandbox.path + "/link").contains("not a directory"))
    }

    @Test(.enabled(if: isRoot, "becomes another user")) func runAsUserCanReadTheFileAndNotChangeIt() async throws {
        let reachable = try sandbox.directory("reachable", mode: 0o711)
        try await ParameterFile.with(["secret"], in: reachable, readableBy: stranger) { path in
            let path = try #require(path)
            let status = try FileStatus(ofPath: path)
            #expect(status.modeText == "0640" && status.value.st_uid == 0 && status.value.st_gid == stranger.gid)
            var program = ProgramInvocation.shell("cat '\(path)'; (echo more >>'\(path)' || rm '\(path)') 2>/dev/null")
            program.user = stranger
            let result = await runner.run(program)
            #expect(result.output == Array("secret\n".utf8))
            #expect(result.ending == .exited(1))
            program.user = crowd
            #expect(await runner.run(program).output != Array("secret\n".utf8))
            #expect(try contentsOfFile(path) == "secret\n")
        }
    }

    @Test func failedWriteIsAnError() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        #expect(throws: SystemFailure(code: ENOSPC)) {
            try ParameterFile.fill(full, with: Array("value\n".utf8), readableBy: nil)
        }
    }

    @Test func leftoversOfADeadDaemonAreRemovedAtStart() throws {
        _ = try ParameterFile(["a"], in: directory)
        _ = try ParameterFile(["b"], in: directory)
        try sandbox.file("parameters/other")
        #expect(try ParameterFile.removeLeftovers(in: directory) == 2)
        #expect(try files == ["other"])
        #expect(throws: ProgramError(.parameterFileFailed, "")) {
            try ParameterFile.removeLeftovers(in: directory + "/none")
        }
    }
}
