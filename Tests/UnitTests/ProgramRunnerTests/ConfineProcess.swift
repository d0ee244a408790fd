import Glibc
import Testing

@testable import ProgramRunner

/// `confine`, or what starts it, run without the runner: its control pipe is the test's.
final class ConfineProcess: Sendable {
    static let options = ["--timeout-ms", "60000", "--grace-ms", "200", "--output-bytes", "65536"]

    let pid: pid_t
    private let control: Int32
    private let output: Int32

    init(_ arguments: [String], environment: [String] = ["PATH=/usr/bin:/bin"]) throws {
        func pipe() throws -> (read: Int32, write: Int32) {
            var ends: [Int32] = [0, 0]
            try #require(Glibc.pipe(&ends) == 0)
            for end in ends { try #require(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
            return (ends[0], ends[1])
        }
        let (controlRead, controlWrite) = try pipe()
        let (outputRead, outputWrite) = try pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, controlRead, 0)
        posix_spawn_file_actions_adddup2(&actions, outputWrite, 1)
        posix_spawn_file_actions_adddup2(&actions, outputWrite, 2)
        // Every signal blocked, as they may be on the thread of a daemon that starts it.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, arguments[0], &actions, &attributes, argv, envp)
        close(controlRead)
        close(outputWrite)
        self.pid = pid
        control = controlWrite
        output = outputRead
        try #require(code == 0)
    }

    deinit { close(output) }

    /// What the kernel does when the daemon dies.
    func endControl() { close(control) }

    /// Its output, with what it says on standard error, and its exit status as `waitpid` gives it.
    func answer() async -> (output: [UInt8], status: Int32) {
        let (pid, output) = (pid, output)
        return await onThread {
            let bytes = readAll(output)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            return (bytes, status)
        }
    }
}

@Suite struct ConfineUsageTests {
    @Test(arguments: [
        [], ["--"], ["--", "/bin/true"],
        ConfineProcess.options, ConfineProcess.options + ["--"], ConfineProcess.options + ["--", "bin/true"],
        ConfineProcess.options + ["/bin/true"],
        ConfineProcess.options + ["--timeout-ms", "1", "--", "/bin/true"],
        ConfineProcess.options + ["--unknown", "1", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "0", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "-1", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "+1", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", " 1", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "0x10", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "1,2", "--", "/bin/true"],
        ConfineProcess.options + ["--processes", "18446744073709551617", "--", "/bin/true"],
        ConfineProcess.options + ["--uid", "1", "--", "/bin/true"],
        ConfineProcess.options + ["--gid", "1", "--", "/bin/true"],
        ConfineProcess.options + ["--groups", "1", "--", "/bin/true"],
        ConfineProcess.options + ["--uid", "4294967295", "--gid", "1", "--", "/bin/true"],
        ConfineProcess.options + ["--uid", "1", "--gid", "1", "--groups", "1,,2", "--", "/bin/true"],
        ConfineProcess.options + ["--uid", "1", "--gid", "1", "--groups", "1,", "--", "/bin/true"],
        ConfineProcess.options + ["--uid", "1", "--gid", "1", "--groups", "", "--", "/bin/true"],
    ])
    func wrongArgumentsAreRefusedWithTheUsage(_ arguments: [String]) async throws {
        let process = try ConfineProcess([confine] + arguments)
        let answer = await process.answer()
        process.endControl()
        #expect(answer.status == 64 << 8)
        let text = String(decoding: answer.output, as: UTF8.self)
        #expect(text.hasPrefix("confine: "))
        #expect(text.contains("usage: confine"))
        #expect(ConfineReport(answer.output) == nil)
    }

    @Test func reportsMustBeWholeAndWellFormed() {
        let header =
            "confine/1 ended=exited code=3 signal=0 core=0 stage=none errno=0 output-bytes=2 output-total=9 "
            + "truncated=1 leftovers=4 survivors=1 elapsed-us=1500000\n"
        let report = ConfineReport(Array((header + "hi").utf8))
        #expect(
            report?.result
                == ProgramResult(
                    ending: .exited(3), output: Array("hi".utf8), truncated: true, leftovers: 4, survivors: 1,
                    elapsed: .milliseconds(1500)))
        for broken in [
            "", "hi", header, header + "h", header + "hi!", header.replacing("confine/1", with: "confine/2") + "hi",
            header.replacing("code=3", with: "code=-3") + "hi", header.replacing("code=3 ", with: "") + "hi",
            header.replacing("code=3", with: "code=3 code=3") + "hi", header.replacing("exited", with: "gone") + "hi",
            header.replacing(" core", with: "  core") + "hi",
        ] {
            #expect(ConfineReport(Array(broken.utf8)) == nil, "\(broken)")
        }
    }
}

extension String {
    fileprivate func replacing(_ old: String, with new: String) -> String {
        var rest = self[...]
        var result = ""
        while let character = rest.first {
            if rest.hasPrefix(old) {
                result += new
                rest = rest.dropFirst(old.count)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
