import HypervisorAPI
import Testing

@testable import MigrationLogic

/// A journal that does not tell what was done, and what reading every host makes of it.
@Suite struct RecoverTests {
    private static let need = RecoveryNeed(reason: "The journal was damaged.", since: Timestamp(microseconds: 1))
    private static let request = RequestID(9)

    private static func machine(jobs: [JobRecord] = []) -> MachineUnderTest {
        MachineUnderTest(contents: JournalContents(daemon: Samples.daemon, jobs: jobs, recoveryNeed: need))
    }

    private static func reading(_ domains: [DomainSummary] = []) -> Reading<HostReading> {
        .known(HostReading(identity: Samples.identity("x"), domains: domains))
    }

    private static func recover(
        _ machine: inout MachineUnderTest, _ order: RecoveryOrder,
        _ readings: [String: Reading<HostReading>]
    ) -> [Effect] {
        let asked = machine.send(.recoveryRequested(request, order))
        guard asked.refusal == nil else { return asked }
        return machine.send(.hostsRead(request, readings))
    }

    private static func report(_ effects: [Effect]) -> RecoveryReport? {
        for case .reply(_, .recovered(let report)) in effects { return report }
        return nil
    }

    private static let allEmpty = ["alpha": reading(), "beta": reading(), "gamma": reading()]

    @Test func untilThenNothingIsMovedCancelledOrTakenUp() {
        var before = MachineUnderTest()
        before.submit("j")
        before.gather("j")
        var machine = Self.machine(jobs: before.contents.jobs)
        let started = machine.send(.started)
        #expect(!started.readsEvidence && started.acts.isEmpty && started.transfers.isEmpty)
        for event in [
            Event.migrateRequested(RequestID(2), JobID("k"), Samples.request(guest: "other")),
            .cancelRequested(RequestID(3), JobID("j")),
            .resolveRequested(RequestID(4), JobID("j"), Resolution(keep: .source)),
        ] {
            #expect(machine.send(event).refusal == RequestError(.recoveryNeeded, ""))
        }
        let later = Self.recover(&machine, RecoveryOrder(), Self.allEmpty)
        #expect(later.readsEvidence, "the job of the journal is taken up now")
        #expect(machine.contents.recoveryNeed == nil)
    }

    @Test func whatHadNotBegunInAnOldJournalIsNotBegunNow() {
        var before = MachineUnderTest()
        before.submit("j")
        var machine = Self.machine(jobs: before.contents.jobs)
        machine.send(.started)
        var readings = Self.allEmpty
        readings["alpha"] = Self.reading([Samples.domain()])
        let effects = Self.recover(&machine, RecoveryOrder(), readings)
        #expect(machine.job("j")?.phase == .failed)
        #expect(!effects.contains { if case .gatherFacts = $0 { true } else { false } })
    }

    @Test func aJobThatLaterMovesOvertookIsNotSettledByWhatTheyLeft() {
        var before = MachineUnderTest()
        before.submit("j")
        before.gather("j")
        var machine = Self.machine(jobs: before.contents.jobs)
        machine.send(.started)
        let later = OwnershipMark(owner: Samples.daemon, generation: 9, job: "later")
        var readings = Self.allEmpty
        readings["alpha"] = Self.reading([Samples.domain(mark: later)])
        #expect(!Self.recover(&machine, RecoveryOrder(), readings).readsEvidence)
        #expect(machine.job("j")?.errors.first?.source == "outdated")
    }

    @Test func aPreparationThatIsTheLastThingDoneToItsGuestGoesOn() throws {
        var before = MachineUnderTest()
        before.submit("j")
        before.send(.factsGathered(.job(JobID("j")), Samples.facts()))
        let mark = try #require(before.job("j")?.mark)
        var machine = Self.machine(jobs: before.contents.jobs)
        machine.send(.started)
        var readings = Self.allEmpty
        readings["alpha"] = Self.reading([Samples.domain(mark: mark)])
        _ = Self.recover(&machine, RecoveryOrder(), readings)
        #expect(machine.job("j")?.phase == .checking)
    }

    @Test func checksOnlyReadAndGoOn() {
        var machine = Self.machine()
        let effects = machine.send(.checkRequested(RequestID(1), Samples.request()))
        #expect(effects.refusal == nil)
    }

    @Test func everyHostMustBeReadOrVouchedForAsOff() {
        var machine = Self.machine()
        var readings = Self.allEmpty
        readings["beta"] = .failed(Samples.error(.connectionFailed, "no route to host"))
        let refusal = Self.recover(&machine, RecoveryOrder(), readings).refusal
        #expect(refusal == RequestError(.hostsUnread, ""))
        #expect(refusal?.message.contains("beta (no route to host)") == true)
        #expect(machine.contents.recoveryNeed == Self.need)
        #expect(Self.report(Self.recover(&machine, RecoveryOrder(fenced: ["beta"]), readings)) != nil)
        #expect(machine.contents.recoveryNeed == nil)
    }

    @Test func aHostThatAnswersIsNotOff() {
        var machine = Self.machine()
        #expect(Self.recover(&machine, RecoveryOrder(fenced: ["beta"]), Self.allEmpty).refusal != nil)
        #expect(Self.recover(&machine, RecoveryOrder(fenced: ["nobody"]), Self.allEmpty).refusal != nil)
        #expect(machine.contents.recoveryNeed == Self.need)
    }

    @Test func generationsAreLearntFromTheGuests() {
        var machine = Self.machine()
        let mark = OwnershipMark(owner: Samples.daemon, generation: 7, job: "lost")
        var readings = Self.allEmpty
        readings["beta"] = Self.reading([Samples.domain(mark: mark)])
        #expect(Self.report(Self.recover(&machine, RecoveryOrder(), readings))?.guests == 1)
        #expect(machine.contents.generations[Samples.guestUUID] == 7)
    }

    @Test func twoEndsOfALostMoveMakeItsJobAnew() throws {
        var machine = Self.machine()
        let mark = OwnershipMark(owner: Samples.daemon, generation: 3, job: "lost")
        var readings = Self.allEmpty
        readings["alpha"] = Self.reading([Samples.domain(.shutOff, mark: mark)])
        readings["beta"] = Self.reading([Samples.domain(mark: mark.raised)])
        let effects = Self.recover(&machine, RecoveryOrder(), readings)
        #expect(Self.report(effects)?.reconstructed == [JobID("lost")])
        #expect(effects.readsEvidence)
        let job = try #require(machine.job("lost"))
        #expect(job.plan.source == Samples.alpha && job.plan.destination == Samples.beta && job.plan.kind == .live)
        let last = machine.send(
            .evidenceRead(
                job.id, Samples.evidence(Samples.domain(.shutOff, mark: mark), Samples.domain(mark: mark.raised))))
        #expect(last.acts.map(\.act) == [.undefine(mark)], "the older copy goes, and it alone")
    }

    @Test func aGuestOnTwoHostsWithoutMarksIsToldAndNotTouched() {
        var machine = Self.machine()
        var readings = Self.allEmpty
        readings["alpha"] = Self.reading([Samples.domain()])
        readings["gamma"] = Self.reading([Samples.domain()])
        let effects = Self.recover(&machine, RecoveryOrder(), readings)
        #expect(Self.report(effects)?.warnings.first?.contains("on more than one host") == true)
        #expect(effects.acts.isEmpty && machine.state.jobs.isEmpty)
    }

    @Test func anotherDaemonsGuestsAreReadOnlyUntilItIsAdopted() {
        var machine = Self.machine()
        let foreign = "eeeeeeee-0000-4000-8000-000000000002"
        let mark = OwnershipMark(owner: foreign, generation: 5, job: "theirs")
        var readings = Self.allEmpty
        readings["alpha"] = Self.reading([Samples.domain(mark: mark)])
        #expect(
            Self.report(Self.recover(&machine, RecoveryOrder(), readings))?.warnings.first?.contains(
                "--adopt \(foreign)") == true)
        var facts = Samples.facts()
        facts.guest = .known(Samples.domain(mark: mark))
        facts.ownership = machine.state.ownership(of: Samples.guestUUID)
        #expect(OwnershipCheck.evaluate(facts).severity == .refusal)
        _ = Self.recover(&machine, RecoveryOrder(adopt: [foreign]), readings)
        facts.ownership = machine.state.ownership(of: Samples.guestUUID)
        #expect(OwnershipCheck.evaluate(facts).severity == .pass)
        #expect(machine.restarted().state.isOurs(mark), "an adoption is durable")
    }

    @Test func aGuestThatIsAheadOfTheJournalIsRefused() {
        var facts = Samples.facts()
        facts.guest = .known(
            Samples.domain(mark: OwnershipMark(owner: Samples.daemon, generation: 9, job: "unknown")))
        facts.ownership = Ownership(daemon: Samples.daemon, generation: 8)
        #expect(OwnershipCheck.evaluate(facts).severity == .refusal)
        facts.ownership.generation = 9
        #expect(OwnershipCheck.evaluate(facts).severity == .pass)
    }

    @Test func aMarkThatCannotBeReadIsNobodys() {
        var facts = Samples.facts()
        facts.guest = .known(Samples.domain(mark: OwnershipMark(xml: "<ownership owner='x'/>")))
        #expect(OwnershipCheck.evaluate(facts).severity == .refusal)
    }
}

/// SIGHUP: the configuration is read again.
@Suite struct ReconfigurationTests {
    private static func options(_ hosts: [HostDescription], places: Int = 4) -> LogicOptions {
        LogicOptions(
            resolver: DestinationResolver(hosts: hosts), sharedPaths: ["/srv/shared"], runningMigrations: places)
    }

    @Test func hostsComeAndGo() {
        var machine = MachineUnderTest()
        machine.send(.started)
        let delta = HostDescription(name: "delta", uri: "qemu+tcp://delta.example/system")
        let effects = machine.send(.reconfigured(Self.options([Samples.alpha, delta])))
        #expect(machine.state.orderedHosts.map(\.description.name) == ["alpha", "delta"])
        func count(_ isWanted: (Effect) -> Bool) -> Int { effects.count(where: isWanted) }
        #expect(count { if case .readHost(delta) = $0 { true } else { false } } == 1)
        #expect(count { if case .watchHost(delta) = $0 { true } else { false } } == 1)
        #expect(count { if case .unwatchHost = $0 { true } else { false } } == 2)
        #expect(machine.send(.alarm(.refresh(host: "beta"))).isEmpty, "a host that is gone is not read again")
    }

    @Test func aJobGoesOnWithTheHostsThatItWasGiven() {
        var machine = MachineUnderTest()
        machine.submit("j")
        machine.gather("j")
        machine.send(.reconfigured(Self.options([Samples.gamma])))
        machine.send(.transferEnded(JobID("j"), .returned))
        machine.send(.evidenceRead(JobID("j"), Samples.evidence(nil, Samples.domain())))
        #expect(machine.job("j")?.phase == .completed)
    }

    @Test func aRaisedLimitLetsTheQueuedBegin() {
        var machine = MachineUnderTest { $0.runningMigrations = 1 }
        machine.submit("a")
        machine.submit("b", guest: Samples.domain(uuid: Samples.otherUUID))
        #expect(machine.job("b")?.phase == .queued)
        machine.send(.reconfigured(Self.options(Samples.hosts, places: 2)))
        #expect(machine.job("b")?.phase == .checking)
    }

    @Test func historyEndsByAge() {
        var machine = MachineUnderTest { $0.jobHistoryDays = 1 }
        for id in ["a", "b"] {
            machine.submit(id)
            machine.gather(id, Samples.facts(disk: "/private/x"))
        }
        machine.clock += 86_400_000_000 + 1_000_000
        machine.send(.alarm(.refresh(host: "alpha")))
        #expect(machine.state.jobs.isEmpty && machine.contents.jobs.isEmpty)
    }
}
