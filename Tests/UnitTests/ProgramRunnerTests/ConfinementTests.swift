import Glibc
import Testing

@testable import ProgramRunner

/// A program gets what it is given, and nothing of the daemon's.
@Suite struct ConfinementTests {
    private func status(_ program: ProgramInvocation? = nil) async -> [String: String] {
        let invocation =
            program ?? ProgramInvocation(path: "/bin/cat", arguments: ["/proc/self/status"], timeout: ample)
        return fields(await runner.run(invocation).output)
    }

    private func fields(_ bytes: [UInt8]) -> [String: String] {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.reduce(into: [:]) { fields, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.last?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            fields[String(parts[0])] = parts.count == 2 ? value : ""
        }
    }

    @Test func environmentIsExactlyTheOneGiven() async {
        let program = ProgramInvocation(
            path: "/usr/bin/env", environment: [("Z", "1"), ("A", "with space"), ("EMPTY", ""), ("U", "ü=\n")],
            timeout: ample)
        #expect(await runner.run(program).output == Array("Z=1\nA=with space\nEMPTY=\nU=ü=\n\n".utf8))
        #expect(await runner.run(ProgramInvocation(path: "/usr/bin/env", timeout: ample)).output == [])
    }

    @Test func onlyDescriptorsZeroToTwoAreOpen() async throws {
        // Inheritable, as a careless library would leave it.
        let careless = open("/dev/null", O_RDONLY)
        try #require(careless > 2)
        defer { close(careless) }
        let result = await runner.run(.shell("ls /proc/$$/fd; readlink /proc/$$/fd/0; :"))
        #expect(result.output == Array("0\n1\n2\n/dev/null\n".utf8))
    }

    @Test func maskDirectoryAndSignalsAreFresh() async throws {
        let sandbox = try Sandbox()
        // What a caller may have done to itself before: all of it is undone.
        let careless = try sandbox.script(
            "careless",
            "umask 0; cd /tmp; trap '' INT QUIT PIPE TERM CHLD USR2; exec 7</dev/null; exec \"$@\"")
        let process = try ConfineProcess(
            [careless, confine] + ConfineProcess.options
                + [
                    "--", "/bin/sh", "-c",
                    "ls /proc/$$/fd; readlink /proc/$$/cwd; ulimit -c; exec cat /proc/self/status",
                ])
        let report = try #require(ConfineReport(await process.answer().output))
        process.endControl()
        let text = String(decoding: report.result.output, as: UTF8.self)
        #expect(text.hasPrefix("0\n1\n2\n/\n0\n"))
        let status = fields(report.result.output)
        #expect(status["Umask"] == "0077")
        for signals in ["SigBlk", "SigIgn", "SigPnd", "ShdPnd"] {
            #expect(status[signals] == "0000000000000000", "\(signals)")
        }
    }

    @Test func programLeadsItsOwnSessionAndGainsNoPrivileges() async {
        let status = await status()
        #expect(status["NoNewPrivs"] == "1")
        #expect(status["NSsid"] == status["Pid"])
        #expect(status["NSpgid"] == status["Pid"])
    }

    @Test func limitsAreSet() async {
        var program = ProgramInvocation(path: "/bin/cat", arguments: ["/proc/self/limits"], timeout: ample)
        program.limits = ProgramLimits(
            fileSizeBytes: 1_048_576, processes: 5000, openFiles: 77, addressSpaceBytes: 1 << 30, cpuSeconds: 9)
        let lines = String(decoding: await runner.run(program).output, as: UTF8.self).split(separator: "\n")
        func limit(_ name: String) -> [Substring] {
            guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return [] }
            return line.dropFirst(name.count).split(separator: " ").prefix(2).map { $0 }
        }
        #expect(limit("Max core file size") == ["0", "0"])
        #expect(limit("Max file size") == ["1048576", "1048576"])
        #expect(limit("Max processes") == ["5000", "5000"])
        #expect(limit("Max open files") == ["77", "77"])
        #expect(limit("Max address space") == ["1073741824", "1073741824"])
        #expect(limit("Max cpu time") == ["9", "9"])
    }

    @Test func fileLargerThanTheLimitEndsTheProgram() async throws {
        let sandbox = try Sandbox()
        var program = ProgramInvocation.shell("exec head -c 5000 /dev/zero >'\(sandbox.path)/big'")
        program.limits.fileSizeBytes = 4096
        #expect(await runner.run(program).ending == .signaled(SIGXFSZ, coreDumped: false))
    }

    @Test func cpuTimeHasABackStop() async {
        var program = ProgramInvocation.shell("while :; do :; done")
        program.limits.cpuSeconds = 1
        #expect(await runner.run(program).ending == .signaled(SIGKILL, coreDumped: false))
    }

    @Test(.enabled(if: isRoot, "becomes another user")) func programRunsAsTheGivenUser() async {
        var program = ProgramInvocation(path: "/bin/cat", arguments: ["/proc/self/status"], timeout: ample)
        program.user = ProgramUser(uid: 64_998, gid: 64_997, groups: [64_996, 64_997])
        let status = await status(program)
        #expect(status["Uid"] == "64998 64998 64998 64998")
        #expect(status["Gid"] == "64997 64997 64997 64997")
        #expect(status["Groups"] == "64996 64997")
        #expect(status["CapEff"] == "0000000000000000")
        #expect(status["NoNewPrivs"] == "1")
    }

    @Test(.enabled(if: isRoot, "becomes another user")) func daemonsGroupsAreGivenUp() async {
        var program = ProgramInvocation(path: "/bin/cat", arguments: ["/proc/self/status"], timeout: ample)
        program.user = stranger
        #expect(await status(program)["Groups"] == "")
    }

    @Test(.enabled(if: isRoot, "becomes another user")) func unprivilegedDaemonCannotBecomeAnother() async throws {
        let sandbox = try Sandbox(mode: 0o711)
        let script = try sandbox.script("unprivileged", "exec setpriv --reuid=64998 --clear-groups \"$@\"")
        let process = try ConfineProcess(
            [script, try sandbox.confineForAll()] + ConfineProcess.options + [
                "--uid", "64999", "--gid", "64999", "--", "/bin/true",
            ])
        let report = try #require(ConfineReport(await process.answer().output))
        process.endControl()
        #expect(report.failure == .init(stage: "user", errno: EPERM))
        #expect(report.failure?.reason(for: .shell("")).contains("not privileged") == true)
    }

    @Test func usersAreLookedUpByName() throws {
        let root = try ProgramUser(named: "root")
        #expect(root.uid == 0 && root.gid == 0 && root.groups.contains(0))
        #expect(throws: ProgramError(.noSuchUser, "")) { try ProgramUser(named: "no-such-user-here") }
    }
}
