import HypervisorAPI
import Testing

@testable import MigrationLogic

@Suite struct MachineTests {
    private static let moved = Evidence(
        destinationFirst: .present(Samples.domain()), source: .absent, destinationAgain: .present(Samples.domain()),
        jobIsActive: false)
    private static let stayed = Evidence(
        destinationFirst: .absent, source: .present(Samples.domain()), destinationAgain: .absent, jobIsActive: false)
    private static let silent = Evidence(
        destinationFirst: .unreadable("down"), source: .absent, destinationAgain: .unreadable("down"), jobIsActive: nil)

    @Test func aMigrationGoesFromRequestToProof() throws {
        var machine = MachineUnderTest()
        let effects = machine.submit("j")
        #expect(effects.contains { if case .reply(_, .accepted) = $0 { true } else { false } })
        #expect(machine.job("j")?.phase == .checking)
        let call = try #require(machine.gather("j").transfers.first)
        #expect(call.source == Samples.alpha)
        #expect(machine.journal[JobID("j")]?.phase == .transferring)
        #expect(machine.send(.transferEnded(JobID("j"), .returned)).readsEvidence)
        machine.send(.evidenceRead(JobID("j"), Self.moved))
        let job = try #require(machine.job("j"))
        #expect(job.phase == .completed)
        #expect(job.percent == 100)
        #expect(machine.journal[JobID("j")]?.phase == .completed)
    }

    @Test func theIntentIsCommittedInTheStepThatStartsTheTransfer() throws {
        var machine = MachineUnderTest()
        machine.submit("j")
        let effects = machine.gather("j")
        #expect(effects.transfers.count == 1)
        let committed = try #require(machine.lastStep.commit.jobs.first { $0.id == JobID("j") })
        #expect(committed.phase == .transferring)
        #expect(committed.transfer == effects.transfers[0].transfer)
    }

    @Test func aRefusedCheckEndsTheJobWithEveryReason() throws {
        var machine = MachineUnderTest()
        machine.submit("j")
        var facts = Samples.facts(disk: "/private/web.img")
        facts.destinationIdentity = .known(Samples.identity("a"))
        #expect(machine.gather("j", facts).transfers.isEmpty)
        let job = try #require(machine.job("j"))
        #expect(job.phase == .failed)
        #expect(job.errors.map(\.source) == ["another-host", "disks-reachable"])
    }

    @Test func successIsBelievedOnlyWhenBothHostsSaySo() throws {
        var machine = MachineUnderTest()
        machine.submit("j")
        _ = machine.gather("j")
        machine.send(.transferEnded(JobID("j"), .returned))
        machine.send(.evidenceRead(JobID("j"), Self.stayed))
        #expect(machine.job("j")?.phase == .failed)
    }

    @Test func aFailedCallWhoseGuestMovedAllTheSameIsASuccess() {
        var machine = MachineUnderTest()
        machine.submit("j")
        _ = machine.gather("j")
        machine.send(.transferEnded(JobID("j"), .failed(Samples.error(.connectionLost))))
        machine.send(.evidenceRead(JobID("j"), Self.moved))
        #expect(machine.job("j")?.phase == .completed)
    }

    @Test func theHypervisorsWordsReachTheJobsError() throws {
        var machine = MachineUnderTest()
        machine.submit("j")
        _ = machine.gather("j")
        machine.send(.transferEnded(JobID("j"), .failed(Samples.error(.operationFailed, "disk on fire"))))
        machine.send(.evidenceRead(JobID("j"), Self.stayed))
        let error = try #require(machine.job("j")?.errors.first)
        #expect(error.message.contains("disk on fire"))
        #expect(error.hypervisor?.call == "virDomainMigrateToURI3")
    }

    @Test func anUnreadableHostMakesTheJobUndecidedAndOnlyReadsFollow() throws {
        var machine = MachineUnderTest { $0.verifyAttempts = 3 }
        machine.submit("j")
        _ = machine.gather("j")
        machine.send(.transferEnded(JobID("j"), .failed(Samples.error(.unknownOutcome))))
        for _ in 0..<3 { machine.send(.evidenceRead(JobID("j"), Self.silent)) }
        let job = try #require(machine.job("j"))
        #expect(job.phase == .undecided)
        #expect(job.knowledge.contains { $0.contains("down") })
        let effects = machine.send(.alarm(.verifyAgain(JobID("j"))))
        #expect(effects.count == 1 && effects.readsEvidence)
        machine.send(.evidenceRead(JobID("j"), Self.moved))
        #expect(machine.job("j")?.phase == .completed)
    }

    @Test func aGuestWithAnUnfinishedJobTakesNoOther() {
        var machine = MachineUnderTest()
        machine.submit("j")
        #expect(machine.submit("k").refusal == RequestError(.guestBusy, ""))
        #expect(machine.job("k") == nil)
    }

    @Test func anUnknownGuestGetsNoJob() {
        var machine = MachineUnderTest()
        let id = RequestID(1)
        machine.send(.migrateRequested(id, JobID("j"), Samples.request()))
        let nowhere = Samples.hosts.map { GuestLocation(host: $0, answer: .known(nil)) }
        #expect(machine.send(.guestLocated(id, nowhere)).refusal == RequestError(.noSuchGuest, ""))
        #expect(machine.state.jobs.isEmpty)
    }

    @Test func anAmbiguousNameIsRefusedUnlessOneOfThemRuns() throws {
        let here = GuestLocation(host: Samples.alpha, answer: .known(Samples.domain(.shutOff)))
        let there = GuestLocation(host: Samples.beta, answer: .known(Samples.domain(.shutOff, uuid: Samples.otherUUID)))
        #expect(throws: RequestError(.ambiguousGuest, "")) {
            try GuestLocator.choose(.name("web"), among: [here, there])
        }
        let running = GuestLocation(host: Samples.beta, answer: .known(Samples.domain(.running)))
        #expect(try GuestLocator.choose(.name("web"), among: [here, running]).0 == Samples.beta)
        let twice = GuestLocation(host: Samples.alpha, answer: .known(Samples.domain(.running)))
        #expect(throws: RequestError(.ambiguousGuest, "")) {
            try GuestLocator.choose(.name("web"), among: [twice, running])
        }
    }

    @Test func aGuestOnItsWayIsWhereItRuns() throws {
        let incoming = GuestLocation(
            host: Samples.alpha, answer: .known(Samples.domain(.paused, pausedReason: .migration)))
        let running = GuestLocation(host: Samples.beta, answer: .known(Samples.domain(.running)))
        #expect(try GuestLocator.choose(.name("web"), among: [incoming, running]).0 == Samples.beta)
    }

    @Test func limitsHoldAndPriorityDecidesWhoIsNext() {
        var machine = MachineUnderTest {
            $0.runningMigrations = 1
            $0.queuedMigrations = 2
        }
        func guest(_ digit: Int) -> DomainSummary {
            Samples.domain(name: "g\(digit)", uuid: DomainUUID("0000000\(digit)-2222-4333-8444-555555555555")!)
        }
        machine.submit("a", Samples.request(guest: "g1"), guest: guest(1))
        machine.submit("b", Samples.request(guest: "g2"), guest: guest(2))
        machine.submit("c", Samples.request(priority: 9, guest: "g3"), guest: guest(3))
        #expect(
            machine.submit("d", Samples.request(guest: "g4"), guest: guest(4)).refusal == RequestError(.queueFull, ""))
        #expect(["a", "b", "c"].map { machine.job($0)?.phase } == [.checking, .queued, .queued])
        _ = machine.gather("a", Samples.facts(disk: "/private/x"))
        #expect(["a", "b", "c"].map { machine.job($0)?.phase } == [.failed, .queued, .checking])
    }

    @Test func aQueuedJobIsCancelledAtOnceAndATransferringOneByAbort() throws {
        var machine = MachineUnderTest { $0.runningMigrations = 1 }
        machine.submit("a")
        machine.submit("b", guest: Samples.domain(uuid: Samples.otherUUID))
        machine.send(.cancelRequested(RequestID(90), JobID("b")))
        #expect(machine.job("b")?.phase == .cancelled)
        _ = machine.gather("a")
        let effects = machine.send(.cancelRequested(RequestID(91), JobID("a")))
        #expect(effects.aborts)
        machine.send(.transferEnded(JobID("a"), .failed(Samples.error(.operationAborted))))
        let late = machine.send(.cancelRequested(RequestID(92), JobID("a")))
        #expect(late.refusal == RequestError(.jobNotCancellable, ""))
        machine.send(.evidenceRead(JobID("a"), Self.stayed))
        #expect(machine.job("a")?.phase == .cancelled)
    }

    @Test func restartReadsBothHostsOfAMoveInFlightAndStartsNothing() throws {
        var before = MachineUnderTest()
        before.submit("j")
        _ = before.gather("j")
        var after = before.restarted()
        let effects = after.send(.started)
        #expect(effects.readsEvidence)
        #expect(effects.transfers.isEmpty)
        #expect(after.job("j")?.phase == .verifying)
        after.send(.evidenceRead(JobID("j"), Self.moved))
        #expect(after.job("j")?.phase == .completed)
    }

    @Test func afterARestartTheSourceMustBeSeenForLongBeforeTheMoveCountsAsFailed() throws {
        var before = MachineUnderTest()
        before.submit("j")
        _ = before.gather("j")
        var after = before.restarted()
        after.send(.started)
        for _ in 0..<after.state.options.sourceSightings {
            after.send(.evidenceRead(JobID("j"), Self.stayed))
            #expect(after.job("j")?.phase == .verifying)
        }
        after.send(.evidenceRead(JobID("j"), Self.stayed))
        let job = try #require(after.job("j"))
        #expect(job.phase == .failed)
        #expect(job.errors[0].message.contains("stopped before the transfer's call came back"))
    }

    @Test func aMoveThatIsOnlyWatchedIsNotOursToStop() {
        var before = MachineUnderTest()
        before.submit("j")
        before.gather("j")
        var after = before.restarted()
        after.send(.started)
        var moving = Self.stayed
        moving.jobIsActive = true
        after.send(.evidenceRead(JobID("j"), moving))
        let refusal = after.send(.cancelRequested(RequestID(8), JobID("j"))).refusal
        #expect(refusal == RequestError(.jobNotCancellable, ""))
        #expect(refusal?.message.contains("domjobabort web") == true)
    }

    @Test func aMoveThatIsProvedOursIsTakenUpAgainAndCanBeStopped() throws {
        var before = MachineUnderTest()
        before.submit("j")
        before.gather("j")
        var after = before.restarted()
        after.send(.started)
        let moving = Samples.evidence(
            Samples.domain(),
            Samples.domain(.paused, pausedReason: .migration, mark: try #require(after.job("j")?.mark?.raised)),
            job: true)
        after.send(.evidenceRead(JobID("j"), moving))
        #expect(after.job("j")?.phase == .transferring)
        #expect(after.send(.cancelRequested(RequestID(8), JobID("j"))).aborts)
        #expect(!after.send(.evidenceRead(JobID("j"), moving)).aborts, "one at a time")
        after.send(.abortEnded(JobID("j"), Samples.error(.operationInvalid)))
        #expect(after.send(.evidenceRead(JobID("j"), moving)).aborts, "asked again until it is heard")
        after.send(.evidenceRead(JobID("j"), Self.stayed))
        #expect(after.job("j")?.phase == .cancelled)
    }

    @Test func restartQueuesAgainWhatHadTouchedNothing() {
        var before = MachineUnderTest()
        before.submit("j")
        var after = before.restarted()
        let effects = after.send(.started)
        #expect(effects.contains { if case .gatherFacts(.job(JobID("j")), _) = $0 { true } else { false } })
    }

    @Test func aMoveStillRunningAfterARestartIsWatchedWithoutEnd() {
        var before = MachineUnderTest()
        before.submit("j")
        _ = before.gather("j")
        var after = before.restarted { $0.verifyAttempts = 2 }
        after.send(.started)
        let moving = Evidence(
            destinationFirst: .present(Samples.domain(.paused, pausedReason: .migration)),
            source: .present(Samples.domain()),
            destinationAgain: .present(Samples.domain(.paused, pausedReason: .migration)), jobIsActive: true)
        for _ in 0..<10 { after.send(.evidenceRead(JobID("j"), moving)) }
        #expect(after.job("j")?.phase == .verifying)
    }

    @Test func historyIsBounded() {
        var machine = MachineUnderTest { $0.jobHistory = 2 }
        for id in ["a", "b", "c"] {
            machine.submit(id)
            _ = machine.gather(id, Samples.facts(disk: "/private/x"))
        }
        #expect(machine.state.orderedJobs.map(\.id.text) == ["b", "c"])
        #expect(machine.journal.keys.sorted().map(\.text) == ["b", "c"])
    }

    @Test func theJobThatEndsLastIsKeptHoweverOldItIs() throws {
        var machine = MachineUnderTest { $0.jobHistory = 0 }
        machine.submit("old", guest: Samples.domain(uuid: Samples.otherUUID))
        machine.submit("new")
        _ = machine.gather("new", Samples.facts(disk: "/private/x"))
        _ = machine.gather("old", Samples.facts(disk: "/private/x"))
        #expect(machine.state.orderedJobs.map(\.id.text) == ["old"])
    }

    @Test func everyCancelIsAnsweredEvenWhenNoHistoryIsKept() {
        var machine = MachineUnderTest {
            $0.jobHistory = 0
            $0.runningMigrations = 1
        }
        machine.submit("a")
        machine.submit("b", guest: Samples.domain(uuid: Samples.otherUUID))
        let effects = machine.send(.cancelRequested(RequestID(9), JobID("b")))
        #expect(effects.contains { if case .reply(RequestID(9), .cancelling) = $0 { true } else { false } })
    }

    @Test func aTransferPastItsDeadlineIsAborted() {
        var machine = MachineUnderTest()
        machine.submit("j")
        _ = machine.gather("j")
        let effects = machine.send(.transferEnded(JobID("j"), .failed(Samples.error(.unknownOutcome))))
        #expect(effects.aborts)
        #expect(effects.readsEvidence)
    }

    @Test func anAcceptedCancelIsAskedAgainUntilItIsHeard() {
        var machine = MachineUnderTest()
        machine.submit("j")
        _ = machine.gather("j")
        machine.send(.cancelRequested(RequestID(9), JobID("j")))
        let refused = machine.send(.abortEnded(JobID("j"), Samples.error(.operationInvalid, "no job is active")))
        #expect(refused.contains { if case .wake(.abortAgain, _) = $0 { true } else { false } })
        let again = machine.send(.alarm(.abortAgain(JobID("j"))))
        #expect(again.aborts)
    }

    @Test func aJobThatWasUndecidedAndIsProvedKeepsNoError() throws {
        var machine = MachineUnderTest { $0.verifyAttempts = 1 }
        machine.submit("j")
        _ = machine.gather("j")
        machine.send(.transferEnded(JobID("j"), .returned))
        machine.send(.evidenceRead(JobID("j"), Self.silent))
        #expect(machine.job("j")?.phase == .undecided)
        machine.send(.evidenceRead(JobID("j"), Self.moved))
        let job = try #require(machine.job("j"))
        #expect(job.phase == .completed && job.errors.isEmpty && job.knowledge.isEmpty)
    }

    @Test func aLongStoryIsCutInItsMiddle() throws {
        var machine = MachineUnderTest()
        machine.submit("j")
        _ = machine.gather("j")
        for number in 0..<500 {
            machine.send(.abortEnded(JobID("j"), Samples.error(.operationFailed, "attempt \(number)")))
        }
        let job = try #require(machine.job("j"))
        #expect(job.timeline.count == 200)
        #expect(job.timeline[0].text.hasPrefix("submitted"))
        let gone = job.timeline.compactMap { $0.text.hasSuffix("lines are left out here") ? $0.text : nil }
        #expect(gone.count == 1, "\(gone)")
    }

    @Test func whatNobodyWaitsForAnyMoreIsNotDone() {
        var machine = MachineUnderTest()
        machine.send(.migrateRequested(RequestID(1), JobID("j"), Samples.request()))
        #expect(machine.send(.closing).contains { if case .dismissCallers = $0 { true } else { false } })
        let found = Samples.hosts.map {
            GuestLocation(host: $0, answer: .known($0 == Samples.alpha ? Samples.domain() : nil))
        }
        machine.send(.guestLocated(RequestID(1), found))
        #expect(machine.state.jobs.isEmpty)
    }

    @Test func whatWasReadLongAgoIsReadAgain() {
        var machine = MachineUnderTest()
        machine.submit("j")
        let effects = machine.send(.checksStale(.job(JobID("j"))))
        #expect(effects.contains { if case .gatherFacts(.job(JobID("j")), _) = $0 { true } else { false } })
    }

    @Test func whileStoppingNothingNewIsAccepted() {
        var machine = MachineUnderTest()
        machine.send(.stopping)
        let effects = machine.send(.migrateRequested(RequestID(1), JobID("j"), Samples.request()))
        #expect(effects.refusal == RequestError(.stopping, ""))
    }
}
