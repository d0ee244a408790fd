import Glibc
import Testing

@testable import ProgramRunner

@Suite struct EndingTests {
    @Test func exitCodesAreResults() async {
        #expect(await runner.run(.shell("exit 0")).ending == .exited(0))
        #expect(await runner.run(.shell("exit 1")).ending == .exited(1))
        #expect(await runner.run(.shell("exit 255")).ending == .exited(255))
    }

    @Test func programKilledBySignalDidNotExit() async {
        let result = await runner.run(.shell("kill -SEGV $$"))
        #expect(result.ending == .signaled(SIGSEGV, coreDumped: false))
    }

    @Test func programThatKillsItselfIsNotTakenForOneThatWasKilled() async {
        #expect(await runner.run(.shell("kill -KILL $$")).ending == .signaled(SIGKILL, coreDumped: false))
    }

    @Test func programThatIgnoresTerminationIsKilledAtItsDeadline() async {
        let marker = Marker()
        let result = await runner.run(
            .shell("trap '' TERM; while :; do sleep 100; done", marker, timeout: .seconds(4)))
        #expect(result.ending == .timedOut)
        #expect(result.elapsed >= .milliseconds(500), "timeout and grace are given in full")
        #expect(marker.processes == [])
    }

    @Test func programIsAskedToEndBeforeItIsKilled() async {
        let result = await runner.run(
            .shell(
                "exec 2>/dev/null; trap 'echo asked; exit 0' TERM; echo began; while :; do sleep 0.01; done",
                timeout: .seconds(8), grace: ample))
        #expect(result.ending == .timedOut)
        #expect(result.output == Array("began\nasked\n".utf8))
    }

    @Test func stoppedProgramIsKilledAtItsDeadline() async {
        let marker = Marker()
        let result = await runner.run(.shell("kill -STOP $$", marker, timeout: .milliseconds(200)))
        #expect(result.ending == .timedOut)
        #expect(marker.processes == [])
    }

    @Test func argumentsArriveUnchanged() async {
        var program = ProgramInvocation.shell("")
        program.arguments = ["-c", "printf '%s|' \"$0\" \"$@\"", "", "--timeout-ms", "a b", "--", "über\n", "*"]
        #expect(await runner.run(program).output == Array("|--timeout-ms|a b|--|über\n|*|".utf8))
    }

    @Test func firstArgumentIsThePathOfTheProgram() async throws {
        let sandbox = try Sandbox()
        let path = try sandbox.script("check", "echo \"$0 $#\"")
        let result = await runner.run(
            ProgramInvocation(path: path, arguments: ["guest", "qemu:///system"], timeout: ample))
        #expect(result.output == Array("\(path) 2\n".utf8))
    }

    @Test func elapsedTimeIsTheProgramsOwn() async {
        let result = await runner.run(.shell("sleep 0.2"))
        #expect(result.elapsed >= .milliseconds(200))
    }
}

@Suite struct StartFailureTests {
    private func failure(_ path: String) async throws -> (Int32, String) {
        let result = await runner.run(ProgramInvocation(path: path, timeout: ample))
        guard case .couldNotStart(let errno, let reason) = result.ending else {
            Issue.record("it ended otherwise: \(result.ending)")
            return (0, "")
        }
        #expect(reason.contains(path))
        return (errno, reason)
    }

    @Test func missingProgramCouldNotStart() async throws {
        let (errno, reason) = try await failure("/nonexistent/check")
        #expect(errno == ENOENT)
        #expect(reason == "/nonexistent/check does not exist")
    }

    @Test func missingInterpreterIsToldFromMissingProgram() async throws {
        let sandbox = try Sandbox()
        let path = try sandbox.file("check", "#! /no/such/interpreter -x\n", mode: 0o755)
        let (errno, reason) = try await failure(path)
        #expect(errno == ENOENT)
        #expect(reason.contains("/no/such/interpreter, does not exist"))
    }

    @Test func windowsLineEndIsNamedAsTheCause() async throws {
        let sandbox = try Sandbox()
        let path = try sandbox.file("check", "#!/bin/sh\r\nexit 0\r\n", mode: 0o755)
        let (errno, reason) = try await failure(path)
        #expect(errno == ENOENT)
        #expect(reason.contains("carriage return"))
    }

    @Test func scriptWithoutInterpreterLineCouldNotStart() async throws {
        let sandbox = try Sandbox()
        let (errno, reason) = try await failure(try sandbox.file("check", "exit 0\n", mode: 0o755))
        #expect(errno == ENOEXEC)
        #expect(reason.contains("#!"))
    }

    @Test func programWithoutExecuteBitCouldNotStart() async throws {
        let sandbox = try Sandbox()
        let (errno, reason) = try await failure(try sandbox.script(mode: 0o644))
        #expect(errno == EACCES)
        #expect(reason.contains("may not be executed"))
    }

    @Test func directoryCouldNotStart() async throws {
        #expect(try await failure("/usr").0 == EACCES)
    }

    @Test func tooManyArgumentsCouldNotStart() async {
        var program = ProgramInvocation.shell("exit 0")
        program.arguments += [String(repeating: "x", count: 200_000)]
        guard case .couldNotStart(E2BIG, let reason) = await runner.run(program).ending else {
            Issue.record("it was started")
            return
        }
        #expect(reason.contains("larger than the kernel takes"))
    }

    @Test func impossibleRequestsNameTheMistake() async {
        func reason(_ change: (inout ProgramInvocation) -> Void) async -> String {
            var program = ProgramInvocation.shell("exit 0")
            change(&program)
            guard case .couldNotStart(EINVAL, let reason) = await runner.run(program).ending else { return "started" }
            return reason
        }
        #expect(await reason { $0.path = "bin/sh" }.contains("not absolute"))
        #expect(await reason { $0.path = "/bin/sh\0" }.contains("NUL"))
        #expect(await reason { $0.arguments[1] = "exit\0 1" }.contains("argument 2 holds a NUL"))
        #expect(await reason { $0.environment = [("A=B", "")] }.contains("`A=B' cannot be the name"))
        #expect(await reason { $0.environment = [("", "x")] }.contains("`' cannot be the name"))
        #expect(await reason { $0.environment = [("A", "x\0y")] }.contains("variable A holds a NUL"))
        #expect(await reason { $0.timeout = .zero }.contains("timeout"))
        #expect(await reason { $0.timeout = .seconds(8 * 24 * 3600) }.contains("timeout"))
        #expect(await reason { $0.grace = .seconds(-1) }.contains("grace"))
        #expect(await reason { $0.outputLimit = -1 }.contains("output limit"))
    }

    /// The original went on to `killpg(-1)`.
    @Test(.enabled(if: isRoot, "becomes another user")) func failedForkIsReported() async throws {
        let sandbox = try Sandbox(mode: 0o711)
        // Two processes are all this user may have: confine's own.
        let script = try sandbox.script(
            "limited", "exec setpriv --reuid=64997 --clear-groups prlimit --nproc=2:2 \"$@\"")
        let process = try ConfineProcess(
            [script, try sandbox.confineForAll()] + ConfineProcess.options + ["--", "/bin/true"])
        let answer = await process.answer()
        let report = try #require(ConfineReport(answer.output))
        #expect(report.failure == .init(stage: "fork", errno: EAGAIN))
        #expect(report.failure?.reason(for: .shell("")).contains("TasksMax") == true)
        #expect(answer.status == 0)
    }
}
