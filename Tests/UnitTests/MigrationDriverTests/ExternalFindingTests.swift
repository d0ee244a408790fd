import MigrationLogic
import ProgramRunner
import Testing

@testable import MigrationDriver

/// How a program ended, as a finding: only an exit with 0 passes.
@Suite struct ExternalFindingTests {
    private func finding(_ ending: ProgramResult.Ending, output: String = "", leftovers: Int = 0) -> Finding {
        ExternalChecks.finding(
            "50-quota",
            ProgramResult(ending: ending, output: Array(output.utf8), leftovers: leftovers, elapsed: .milliseconds(5)),
            timeout: .seconds(10), setting: "checks.externalTimeoutSeconds")
    }

    @Test func exitZeroPasses() {
        let found = finding(.exited(0))
        #expect(found.severity == .pass)
        #expect(found.checkID == "external:50-quota")
        #expect(found.elapsedMicroseconds == 5000)
    }

    @Test(arguments: [1, 2, 126, 127, 255] as [Int32]) func everyOtherExitRefuses(code: Int32) {
        #expect(finding(.exited(code)).severity == .refusal)
        #expect(finding(.exited(code)).message == "Migration check `50-quota' failed")
    }

    @Test func everyOtherEndingRefusesWithItsOwnReason() {
        let endings: [ProgramResult.Ending] = [
            .signaled(11, coreDumped: true), .timedOut, .cancelled, .couldNotStart(errno: 2, reason: "no such file"),
            .runnerFailed(reason: "confine was killed"),
        ]
        let findings = endings.map { finding($0) }
        #expect(findings.allSatisfy { $0.severity == .error && !$0.remedy.isEmpty })
        #expect(Set(findings.map(\.seen)).count == endings.count)
        #expect(findings.allSatisfy { !Verdict([$0]).isMigratable })
    }

    @Test func whatItSaidIsQuotedAndCut() {
        let found = finding(.exited(3), output: String(repeating: "x", count: 5000))
        #expect(found.seen.count < 1200)
        #expect(found.seen.hasSuffix("[...]"))
    }

    @Test func whatItLeftBehindIsSaid() {
        #expect(finding(.exited(0), leftovers: 2).seen.contains("2 processes it left behind were ended"))
    }
}
