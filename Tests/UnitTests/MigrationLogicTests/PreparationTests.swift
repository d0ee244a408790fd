import HypervisorAPI
import Testing

@testable import MigrationLogic

/// From the checks to the transfer, and what is put right afterwards.
@Suite struct PreparationTests {
    private static let autostarting = Samples.domain(startsWithHost: true)
    private static let id = JobID("j")

    private static func facts(_ guest: DomainSummary) -> Facts {
        var facts = Samples.facts()
        facts.guest = .known(guest)
        return facts
    }

    private static func prepared(_ guest: DomainSummary = autostarting) -> (MachineUnderTest, [Effect]) {
        var machine = MachineUnderTest()
        machine.submit("j", guest: guest)
        let effects = machine.send(.factsGathered(.job(id), facts(guest)))
        return (machine, effects)
    }

    @Test func theGuestIsMarkedBeforeAnythingElse() throws {
        let (machine, effects) = Self.prepared()
        let mark = OwnershipMark(owner: Samples.daemon, generation: 1, job: "j")
        #expect(effects.acts.map(\.act) == [.mark(mark)] && effects.transfers.isEmpty)
        #expect(machine.journal[Self.id]?.intendedAct == IntendedAct(side: .source, act: .mark(mark)))
        #expect(machine.job("j")?.phase == .preparing)
        #expect(machine.contents.generations[Samples.guestUUID] == 2, "the copy's generation is spoken for")
    }

    @Test func theSourceIsToldNotToStartTheGuestAndTheCopyCarriesTheNextGeneration() throws {
        var (machine, _) = Self.prepared()
        let second = machine.send(.actEnded(Self.id, nil))
        #expect(second.acts.map(\.act) == [.setStartsWithHost(false)])
        let third = machine.send(.actEnded(Self.id, nil))
        #expect(third.transfers.first?.transfer.mark?.generation == 2)
        #expect(machine.journal[Self.id]?.transferBeganAt != nil)
    }

    @Test func aGenerationNeverGoesDown() {
        var machine = MachineUnderTest(
            contents: JournalContents(daemon: Samples.daemon, generations: [Samples.guestUUID: 41]))
        machine.submit("j")
        let effects = machine.send(.factsGathered(.job(Self.id), Samples.facts()))
        #expect(effects.acts.first?.act == .mark(OwnershipMark(owner: Samples.daemon, generation: 42, job: "j")))
    }

    @Test func whatMayOrMayNotHaveBeenDoneIsDoneAgain() {
        var (machine, _) = Self.prepared()
        let effects = machine.send(.actEnded(Self.id, Samples.error(.unknownOutcome)))
        #expect(effects.contains { if case .wake(.actAgain, _) = $0 { true } else { false } })
        let again = machine.send(.alarm(.actAgain(Self.id)))
        #expect(again.acts.count == 1 && machine.job("j")?.phase == .preparing)
    }

    @Test func aRefusedMarkEndsTheJobAndNothingIsMoved() throws {
        var (machine, _) = Self.prepared(Samples.domain())
        let effects = machine.send(.actEnded(Self.id, Samples.error(.operationFailed, "no room in the metadata")))
        #expect(effects.transfers.isEmpty)
        let job = try #require(machine.job("j"))
        #expect(job.phase == .failed && job.errors.first?.message.contains("no room in the metadata") == true)
    }

    @Test func aHostIsToldToStartTheGuestAgainWhenNothingWasMoved() throws {
        var (machine, _) = Self.prepared()
        machine.send(.actEnded(Self.id, nil))
        let effects = machine.send(.actEnded(Self.id, Samples.error(.operationFailed)))
        #expect(effects.acts.map(\.act) == [.setStartsWithHost(true)])
        #expect(machine.job("j")?.phase == .finishing)
        machine.send(.actEnded(Self.id, nil))
        #expect(machine.job("j")?.phase == .failed)
    }

    @Test func aCancelDuringThePreparationMovesNothing() {
        var (machine, _) = Self.prepared()
        machine.send(.actEnded(Self.id, nil))
        machine.send(.cancelRequested(RequestID(5), Self.id))
        let effects = machine.send(.actEnded(Self.id, nil))
        #expect(effects.transfers.isEmpty && effects.acts.map(\.act) == [.setStartsWithHost(true)])
        machine.send(.actEnded(Self.id, nil))
        #expect(machine.job("j")?.phase == .cancelled)
    }

    @Test func aFlagThatAnInterruptedPreparationDroppedIsNotForgotten() throws {
        var (before, _) = Self.prepared()
        before.send(.actEnded(Self.id, nil))
        let mark = try #require(before.job("j")?.mark)
        var after = before.restarted()
        after.send(.started)
        // Dropped already, and marked: as the interrupted preparation left it.
        var facts = Self.facts(Samples.domain(mark: mark))
        facts.ownership = after.state.ownership(of: Samples.guestUUID)
        let effects = after.send(.factsGathered(.job(Self.id), facts))
        #expect(effects.transfers.count == 1, "nothing is left to prepare")
        after.send(.transferEnded(Self.id, .returned))
        let there = Samples.domain(mark: mark.raised)
        let last = after.send(.evidenceRead(Self.id, Samples.evidence(nil, there)))
        #expect(last.acts.map(\.act) == [.setStartsWithHost(true)])
        #expect(last.acts.first?.host == Samples.beta)
    }

    @Test func anUnfinishedRestorationIsTakenUpAfterARestart() {
        var (before, _) = Self.prepared()
        before.send(.actEnded(Self.id, nil))
        before.send(.actEnded(Self.id, Samples.error(.operationFailed)))
        var after = before.restarted()
        #expect(after.send(.started).acts.map(\.act) == [.setStartsWithHost(true)])
        after.send(.actEnded(Self.id, nil))
        #expect(after.job("j")?.phase == .failed)
    }

    // MARK: Finishing

    private static func settling(_ source: DomainSummary?, _ destination: DomainSummary?) -> (
        MachineUnderTest, [Effect]
    ) {
        var (machine, effects) = prepared()
        machine.finishActs(effects)
        machine.send(.transferEnded(id, .returned))
        effects = machine.send(.evidenceRead(id, Samples.evidence(source, destination)))
        return (machine, effects)
    }

    private static let mark = OwnershipMark(owner: Samples.daemon, generation: 1, job: "j")

    @Test func everythingIsPutRightOneActAtATimeEachFromAFreshReading() {
        var (machine, effects) = Self.settling(
            Samples.domain(.shutOff, mark: Self.mark), Samples.domain(isPersistent: false, mark: Self.mark.raised))
        #expect(effects.acts.map(\.act) == [.makePersistent], "defined where it runs before anything is removed")
        #expect(machine.send(.actEnded(Self.id, nil)).readsEvidence)
        effects = machine.send(
            .evidenceRead(
                Self.id,
                Samples.evidence(Samples.domain(.shutOff, mark: Self.mark), Samples.domain(mark: Self.mark.raised))))
        #expect(effects.acts.map(\.act) == [.setStartsWithHost(true)])
        machine.send(.actEnded(Self.id, nil))
        let there = Samples.domain(mark: Self.mark.raised, startsWithHost: true)
        effects = machine.send(
            .evidenceRead(Self.id, Samples.evidence(Samples.domain(.shutOff, mark: Self.mark), there)))
        #expect(effects.acts.map(\.act) == [.undefine(Self.mark)] && effects.acts.first?.host == Samples.alpha)
        machine.send(.actEnded(Self.id, nil))
        machine.send(.evidenceRead(Self.id, Samples.evidence(nil, there)))
        #expect(machine.job("j")?.phase == .completed)
    }

    @Test func aDefinitionThatIsNotThisJobsStaysAndIsTold() {
        let foreign = OwnershipMark(owner: Samples.daemon, generation: 1, job: "another")
        let (machine, effects) = Self.settling(
            Samples.domain(.shutOff, mark: foreign), Samples.domain(mark: Self.mark.raised, startsWithHost: true))
        #expect(effects.acts.isEmpty)
        let job = machine.job("j")
        #expect(job?.phase == .completed)
        #expect(job?.timeline.last?.text.contains("a definition of it is on alpha, where nothing was touched") == true)
    }

    @Test func anActThatFailsIsTriedAgainFromAFreshReadingAndToldOnce() throws {
        var (machine, _) = Self.settling(
            Samples.domain(.shutOff, mark: Self.mark), Samples.domain(mark: Self.mark.raised, startsWithHost: true))
        for _ in 0..<10 {
            let effects = machine.send(.actEnded(Self.id, Samples.error(.operationFailed, "it has snapshots")))
            #expect(effects.contains { if case .wake(.verifyAgain, _) = $0 { true } else { false } })
            #expect(machine.send(.alarm(.verifyAgain(Self.id))).readsEvidence)
            let again = machine.send(
                .evidenceRead(
                    Self.id,
                    Samples.evidence(
                        Samples.domain(.shutOff, mark: Self.mark),
                        Samples.domain(mark: Self.mark.raised, startsWithHost: true))))
            #expect(again.acts.map(\.act) == [.undefine(Self.mark)])
        }
        let job = try #require(machine.job("j"))
        #expect(job.phase == .finishing)
        #expect(job.timeline.count { $0.text.contains("it has snapshots") } == 1)
    }

    @Test func aJobThatFinishesGivesItsPlaceToTheNext() {
        var machine = MachineUnderTest { $0.runningMigrations = 1 }
        machine.submit("j")
        machine.submit("k", guest: Samples.domain(uuid: Samples.otherUUID))
        machine.gather("j")
        machine.send(.transferEnded(Self.id, .returned))
        machine.send(
            .evidenceRead(
                Self.id,
                Samples.evidence(Samples.domain(.shutOff, mark: Self.mark), Samples.domain(mark: Self.mark.raised))))
        #expect(machine.job("j")?.phase == .finishing && machine.job("k")?.phase == .checking)
    }
}
