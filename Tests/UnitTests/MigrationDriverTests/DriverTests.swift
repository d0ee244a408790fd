import FakeHypervisor
import HypervisorAPI
import Journal
import MigrationLogic
import Testing

@testable import MigrationDriver

@Suite struct DriverTests {
    @Test func aCheckReadsBothHostsAndGivesItsReasons() async throws {
        try await DriverUnderTest.with { test in
            let report = try await test.driver.check(test.request())
            #expect(report.verdict.isMigratable)
            #expect(report.findings.count == BuiltInChecks.all.count)
            #expect(!report.findings.contains { $0.severity == .unknown && $0.checkID != "cpu" })
        }
    }

    @Test func aMigrationMovesTheGuestAndProvesIt() async throws {
        try await DriverUnderTest.with { test in
            let accepted = try await test.driver.migrate(test.request())
            let job = try await test.job(accepted.id, until: \.isEnded)
            #expect(job.phase == .completed)
            #expect(try await test.domain(DriverUnderTest.web, on: "alpha") == nil)
            let there = try #require(try await test.domain(DriverUnderTest.web, on: "beta"))
            #expect(there.state == .running && there.isPersistent)
            #expect(try await test.journal.load().jobs.first?.phase == .completed)
            #expect(test.world.violations().isEmpty)
        }
    }

    @Test func anAcceptedJobIsDurableBeforeItsCallerHears() async throws {
        try await DriverUnderTest.with { test in
            let accepted = try await test.driver.migrate(test.request())
            #expect(try await test.journal.load().jobs.contains { $0.id == accepted.id })
        }
    }

    @Test func aJournalThatTakesNothingStartsNothing() async throws {
        let journal = MemoryJournal()
        try await DriverUnderTest.with(journal: journal) { test in
            journal.failNextCommits(1)
            await #expect(throws: RequestError(.journalFailed, "")) { try await test.driver.migrate(test.request()) }
            #expect(test.driver.state.jobs.isEmpty)
            // It is over as soon as the journal works again; who asks before that is told so.
            var accepted: JobRecord?
            for _ in 0..<10 where accepted == nil { accepted = try? await test.driver.migrate(test.request()) }
            let id = try #require(accepted?.id)
            #expect(try await test.job(id, until: \.isEnded).phase == .completed)
        }
    }

    @Test func whileTheJournalTakesNothingEverybodyIsToldAtOnce() async throws {
        let journal = MemoryJournal()
        try await DriverUnderTest.with(journal: journal) { test in
            let accepted = try await test.driver.migrate(test.request("busy"))
            _ = try await test.job(accepted.id) { $0.phase == .transferring }
            journal.failNextCommits(1_000_000)
            // The world goes on: this end of the transfer cannot be written down.
            try test.world.perform(.guestStop(host: "alpha", guest: "busy"))
            await #expect(throws: RequestError(.journalFailed, "")) { try await test.driver.migrate(test.request()) }
            try await test.until { _ in test.driver.journalState.contains("no space left") }
            await #expect(throws: RequestError(.journalFailed, "")) { try await test.driver.check(test.request()) }
        }
    }

    @Test func aLostReplyIsSettledByReadingBothHosts() async throws {
        try await DriverUnderTest.with { test in
            _ = try test.world.add(Fault(.loseReply, call: .migrate))
            let accepted = try await test.driver.migrate(test.request())
            let job = try await test.job(accepted.id, until: \.isEnded)
            let isThere = try await test.domain(DriverUnderTest.web, on: "beta") != nil
            #expect(job.phase == (isThere ? .completed : .failed))
            #expect(job.transferError?.code == .connectionLost)
        }
    }

    @Test func aFailedTransferKeepsTheHypervisorsWords() async throws {
        try await DriverUnderTest.with { test in
            _ = try test.world.add(
                Fault(.fail(number: 9, message: "disk on fire", code: .operationFailed), call: .migrate))
            let accepted = try await test.driver.migrate(test.request())
            let job = try await test.job(accepted.id, until: \.isEnded)
            #expect(job.phase == .failed)
            #expect(job.errors.first?.message.contains("disk on fire") == true)
            #expect(try await test.domain(DriverUnderTest.web, on: "alpha")?.state == .running)
        }
    }

    @Test func aTransferUnderWayIsCancelledAndTheGuestStays() async throws {
        try await DriverUnderTest.with { test in
            let accepted = try await test.driver.migrate(test.request("busy"))
            _ = try await test.job(accepted.id) { $0.phase == .transferring && $0.progress.total != nil }
            _ = try await test.driver.cancel(accepted.id)
            let job = try await test.job(accepted.id, until: \.isEnded)
            #expect(job.phase == .cancelled)
            #expect(try await test.domain(DriverUnderTest.busy, on: "alpha")?.state == .running)
            #expect(try await test.domain(DriverUnderTest.busy, on: "beta") == nil)
        }
    }

    @Test func aHostThatFallsSilentMakesTheJobUndecidedUntilItAnswers() async throws {
        try await DriverUnderTest.with(options: { $0.verifyAttempts = 2 }) { test in
            let accepted = try await test.driver.migrate(test.request("busy"))
            _ = try await test.job(accepted.id) { $0.phase == .transferring }
            try test.world.perform(.hostDown("beta"))
            let undecided = try await test.job(accepted.id) { $0.phase == .undecided }
            #expect(undecided.knowledge.contains { $0.contains("on beta: not known") })
            #expect(try await test.domain(DriverUnderTest.busy, on: "alpha")?.state == .running)
            try test.world.perform(.hostUp("beta"))
            #expect(try await test.job(accepted.id, until: \.isEnded).phase == .failed)
        }
    }

    @Test func aDriverThatDiesInATransferIsSucceededByOneThatReadsBothHosts() async throws {
        let journal = MemoryJournal()
        let world = try DriverUnderTest.makeWorld()
        let id = Box<JobID>()
        try await DriverUnderTest.with(journal: journal, world: world) { test in
            let accepted = try await test.driver.migrate(test.request("busy"))
            _ = try await test.job(accepted.id) { $0.phase == .transferring }
            id.value = accepted.id
        }
        #expect(try await journal.load().jobs.first?.phase == .transferring)
        try world.perform(.guestDirty(host: "alpha", guest: "busy", miBPerSecond: 0))
        try await DriverUnderTest.with(journal: journal, world: world) { test in
            let job = try await test.job(try #require(id.value), until: \.isEnded)
            let isThere = try await test.domain(DriverUnderTest.busy, on: "beta")?.isActive == true
            #expect(job.phase == (isThere ? .completed : .failed))
            #expect(test.world.violations().isEmpty)
        }
    }

    @Test func anUnknownGuestIsRefusedAfterEveryHostWasAsked() async throws {
        try await DriverUnderTest.with { test in
            await #expect(throws: RequestError(.noSuchGuest, "")) {
                try await test.driver.check(test.request("nobody"))
            }
        }
    }

    @Test func manyMigrationsKeepTheLimit() async throws {
        try await DriverUnderTest.with(options: { $0.runningMigrations = 1 }) { test in
            let first = try await test.driver.migrate(test.request("busy"))
            let second = try await test.driver.migrate(test.request("web"))
            #expect(test.driver.state.jobs[second.id]?.phase == .queued)
            _ = try await test.job(first.id) { $0.phase == .transferring }
            _ = try await test.driver.cancel(first.id)
            #expect(try await test.job(second.id, until: \.isEnded).phase == .completed)
        }
    }

    @Test func afterAStopEveryCallerIsAnswered() async throws {
        try await DriverUnderTest.with { test in
            test.driver.stop()
            await #expect(throws: RequestError(.stopping, "")) { try await test.driver.check(test.request()) }
        }
    }

    @Test func theInventoryFollowsTheHosts() async throws {
        try await DriverUnderTest.with { test in
            try await test.until { $0.hosts["alpha"]?.domains.count == 2 }
            try test.world.perform(.guestStop(host: "alpha", guest: "web"))
            try await test.until {
                $0.hosts["alpha"]?.domains.contains { $0.name == "web" && $0.state == .shutOff } == true
            }
            try test.world.perform(.hostDown("beta"))
            try await test.until { if case .unreachable = $0.hosts["beta"]?.contact { true } else { false } }
        }
    }
}

/// Carries a value out of a closure.
private final class Box<Value: Sendable>: @unchecked Sendable {
    // Written in one closure and read in a later one, never at the same time.
    var value: Value?
}
