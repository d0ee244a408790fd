import Glibc
import Testing

@testable import ProgramRunner

@Suite struct CancellationTests {
    @Test func cancelledProgramIsEndedAndSaysSo() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        let marker = Marker()
        let program = ProgramInvocation.shell(
            "\(beacon.light); echo began; trap '' TERM; (setsid sleep 1000 &) ; sleep 1001", marker)
        let task = Task { await runner.run(program) }
        _ = try await beacon.processes()
        task.cancel()
        let result = await task.value
        #expect(result.ending == .cancelled)
        #expect(result.output == Array("began\n".utf8))
        #expect(marker.processes == [])
    }

    @Test func cancelledTaskStartsNothing() async throws {
        let sandbox = try Sandbox()
        let program = ProgramInvocation.shell("touch '\(sandbox.path)/ran'")
        let result = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await runner.run(program)
        }.value
        #expect(result.ending == .cancelled)
        #expect(throws: SystemFailure(code: ENOENT)) { try FileStatus(ofPath: sandbox.path + "/ran") }
    }

    @Test func cancelledProgramIsAskedToEndFirst() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        var program = ProgramInvocation.shell(
            "exec 2>/dev/null; trap 'echo asked; exit 0' TERM; \(beacon.light); while :; do sleep 0.01; done")
        program.grace = ample
        let task = Task { [program] in await runner.run(program) }
        _ = try await beacon.processes()
        task.cancel()
        let result = await task.value
        #expect(result.ending == .cancelled)
        #expect(result.output == Array("asked\n".utf8))
    }
}

@Suite struct RunnerFailureTests {
    private func failure(_ confinePath: String, margin: Duration = ample, timeout: Duration = ample) async -> String {
        let failing = ConfinedRunner(confinePath: confinePath, margin: margin)
        let result = await failing.run(.shell("exit 0", timeout: timeout))
        guard case .runnerFailed(let reason) = result.ending else { return "no failure: \(result.ending)" }
        return reason
    }

    @Test func missingConfineIsARunnerFailure() async {
        #expect(await failure("/nonexistent/confine").contains("/nonexistent/confine could not be run"))
    }

    @Test func hangingConfineIsARunnerFailureWithinTheDeadline() async throws {
        let sandbox = try Sandbox()
        let hanging = try sandbox.script("confine", "trap '' TERM; exec sleep 1000")
        let reason = await failure(hanging, margin: .milliseconds(300), timeout: .milliseconds(300))
        #expect(reason.contains("did not answer within"))
    }

    @Test func hangingConfineIsARunnerFailureAfterCancelToo() async throws {
        let sandbox = try Sandbox()
        let beacon = try Beacon(in: sandbox)
        let hanging = try sandbox.script("confine", "\(beacon.light); exec sleep 1000")
        let failing = ConfinedRunner(confinePath: hanging, margin: .milliseconds(300))
        let task = Task { await failing.run(.shell("exit 0")) }
        _ = try await beacon.processes()
        task.cancel()
        guard case .runnerFailed(let reason) = await task.value.ending else {
            Issue.record("it is not known to have ended")
            return
        }
        #expect(reason.contains("did not answer within"))
    }

    @Test func confineThatTalksNonsenseIsNotBelieved() async throws {
        let sandbox = try Sandbox()
        let babbling = try sandbox.script("confine", "echo confine/1 ended=exited code=0; echo why >&2")
        #expect(await failure(babbling).contains("without a report: why"))
        let flooding = try sandbox.script("flood", "exec head -c 10000000 /dev/zero")
        #expect(await failure(flooding).contains("more than a report"))
    }
}

@Suite struct ConcurrencyTests {
    /// Those that do not hang wait for the last one.
    @Test func fiftyProgramsRunTogetherThoughSomeHang() async throws {
        let marker = Marker()
        let sandbox = try Sandbox()
        let last = sandbox.path + "/last"
        let endings = await withTaskGroup(of: (Int, ProgramResult).self) { group in
            for index in 0..<50 {
                group.addTask {
                    let hangs = index % 5 == 0
                    let meet = index == 49 ? "touch '\(last)'" : "until [ -e '\(last)' ]; do sleep 0.1; done"
                    let command = hangs ? "trap '' TERM; sleep 1000" : "\(meet); echo \(index); exit \(index)"
                    return (index, await runner.run(.shell(command, marker, timeout: hangs ? .seconds(1) : ample)))
                }
            }
            return await group.reduce(into: [Int: ProgramResult]()) { $0[$1.0] = $1.1 }
        }
        #expect(endings.count == 50)
        for (index, result) in endings {
            if index % 5 == 0 {
                #expect(result.ending == .timedOut)
            } else {
                #expect(result.ending == .exited(Int32(index)))
                #expect(result.output == Array("\(index)\n".utf8))
            }
        }
        #expect(marker.processes == [])
    }

    @Test func programsThatHangHoldUpNoOtherTask() async {
        let ended = await withTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = await runner.run(.shell("sleep 1000", timeout: .seconds(120)))
                    return "program"
                }
            }
            group.addTask {
                for _ in 0..<1000 { await Task.yield() }
                return "task"
            }
            defer { group.cancelAll() }
            return await group.next()
        }
        #expect(ended == "task")
    }
}
