import Glibc
import Testing

@testable import ProgramRunner

/// Nothing a program started outlives it.
@Suite struct DescendantTests {
    @Test func grandchildThatHoldsTheOutputIsNotAwaited() async {
        let marker = Marker()
        let result = await runner.run(.shell("sleep 1000 & echo done", marker))
        #expect(result.ending == .exited(0))
        #expect(result.output == Array("done\n".utf8))
        #expect(result.leftovers == 1)
        #expect(marker.processes == [])
    }

    @Test func daemonisedGrandchildIsKilled() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        let marker = Marker()
        // Two forks, a session of its own, no descriptor of its parent's but the beacon.
        let daemon = "setsid sh -c 'setsid sh -c \"\(beacon.light); exec sleep 1000\" </dev/null >/dev/null 2>&1 &' &"
        async let run = runner.run(.shell("\(daemon) read line <'\(sandbox.path)/go'", marker))
        try #require(mkfifo(sandbox.path + "/go", 0o600) == 0)
        _ = try await beacon.processes()
        #expect(marker.processes.contains { $0.hasSuffix("sleep\n") || $0.hasSuffix("sh\n") })
        let go = await onThread { [path = sandbox.path + "/go"] in open(path, O_WRONLY | O_CLOEXEC) }
        try #require(go >= 0)
        close(go)
        let result = await run
        #expect(result.leftovers >= 1)
        #expect(marker.processes == [])
    }

    @Test func familyIsKilledAtTheDeadline() async {
        let marker = Marker()
        let result = await runner.run(
            .shell(
                "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 1000 & sleep 1001' &) ; sleep 1002", marker,
                timeout: .seconds(6)))
        #expect(result.ending == .timedOut)
        #expect(result.leftovers >= 3)
        #expect(marker.processes == [])
    }

    /// Sessions of their own, several levels deep: no one signal reaches them all.
    @Test func treeOfSessionsIsKilled() async throws {
        let sandbox = try Sandbox()
        let path = try sandbox.script(
            "tree", "n=$1; [ $n -gt 0 ] && { setsid \"$0\" $((n-1)) & setsid \"$0\" $((n-1)) & }; exec sleep 1000")
        let marker = Marker()
        let result = await runner.run(
            ProgramInvocation(
                path: path, arguments: ["6"], environment: marker.environment, timeout: .seconds(2),
                grace: .milliseconds(100)))
        #expect(result.ending == .timedOut)
        #expect(result.leftovers > 60)
        #expect(marker.processes == [])
    }

    @Test(.enabled(if: isRoot, "becomes another user, whose processes it limits"))
    func forkBombIsBoundedAndKilled() async {
        let marker = Marker()
        var program = ProgramInvocation.shell(
            "bomb() { bomb | bomb & }; exec 2>/dev/null; bomb & exec sleep 1000", marker, timeout: .seconds(1),
            outputLimit: 1000)
        program.user = crowd
        program.limits.processes = 40
        let result = await runner.run(program)
        #expect(result.ending == .timedOut)
        #expect(result.survivors == 0)
        #expect(marker.processes == [])
    }

    @Test func daemonDeathKillsEverything() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        let process = try ConfineProcess(
            [confine] + ConfineProcess.options
                + ["--", "/bin/sh", "-c", "\(beacon.light); trap '' TERM; setsid sleep 1000 & sleep 1001"])
        _ = try await beacon.processes()
        process.endControl()
        let answer = await process.answer()
        #expect(ConfineReport(answer.output)?.result.ending == .cancelled)
        #expect(await beacon.isOut())
    }

    @Test func terminatedConfineKillsEverything() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        let process = try ConfineProcess(
            [confine] + ConfineProcess.options
                + ["--", "/bin/sh", "-c", "\(beacon.light); trap '' TERM; setsid sleep 1000 & sleep 1001"])
        _ = try await beacon.processes()
        kill(process.pid, SIGTERM)
        let answer = await process.answer()
        process.endControl()
        #expect(ConfineReport(answer.output)?.result.ending == .cancelled)
        #expect(await beacon.isOut())
    }

    /// confine is two processes, so that either can clean up after the other.
    @Test(arguments: ["guard", "supervisor"])
    func killedConfineIsARunnerFailureAndLeavesNothing(_ part: String) async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        async let run = runner.run(.shell("\(beacon.light); trap '' TERM; (setsid sleep 1000 &); sleep 1001"))
        let supervisor = try await beacon.processes().supervisor
        kill(part == "guard" ? try parent(of: supervisor) : supervisor, SIGKILL)
        guard case .runnerFailed = await run.ending else {
            Issue.record("its result was believed")
            return
        }
        #expect(await beacon.isOut())
    }

    @Test func stoppedSupervisorIsKilledByTheGuard() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        let marker = Marker()
        async let run = runner.run(
            .shell("\(beacon.light); setsid sleep 1000 & sleep 1001", marker, timeout: .seconds(10)))
        kill(try await beacon.processes().supervisor, SIGSTOP)
        guard case .runnerFailed(let reason) = await run.ending else {
            Issue.record("its result was believed")
            return
        }
        #expect(reason.contains("without a report"))
        #expect(marker.processes == [])
    }

    @Test func noZombieIsLeftAfterATimeout() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        async let run = runner.run(.shell("\(beacon.light); sleep 1000", timeout: .seconds(10)))
        // Ten seconds: on a busy machine it takes a while until this task reads who they are.
        let (program, supervisor) = try await beacon.processes()
        let confinement = try parent(of: supervisor)
        #expect(await run.ending == .timedOut)
        for process in [program, supervisor, confinement] {
            #expect(throws: SystemFailure(code: ENOENT)) { try FileStatus(ofPath: "/proc/\(process)") }
        }
    }
}
