import HypervisorAPI
import Testing

@testable import MigrationLogic

/// An admin says which copy is the guest.
@Suite struct ResolveTests {
    private static let id = JobID("j")
    private static let mark = OwnershipMark(owner: Samples.daemon, generation: 1, job: "j")
    private static let running = Samples.domain()
    private static let held = Samples.domain(.paused, pausedReason: .migration)

    private static func ours(_ domain: DomainSummary, _ side: Side) -> DomainSummary {
        var domain = domain
        domain.mark = side == .source ? mark : mark.raised
        return domain
    }

    private static func undecided() -> MachineUnderTest {
        var machine = MachineUnderTest { $0.verifyAttempts = 1 }
        machine.submit("j")
        machine.gather("j")
        machine.send(.transferEnded(id, .failed(Samples.error(.connectionLost))))
        machine.send(.evidenceRead(id, Samples.evidence(nil, nil)))
        return machine
    }

    private static func resolve(
        _ machine: inout MachineUnderTest, _ keep: Side, fenced: [String] = [], _ evidence: Evidence
    ) -> [Effect] {
        let resolution = Resolution(keep: keep, fenced: fenced, owner: "root")
        let asked = machine.send(.resolveRequested(RequestID(9), id, resolution))
        guard asked.refusal == nil else { return asked }
        return machine.send(.evidenceReadToResolve(RequestID(9), id, evidence))
    }

    private static func unread(_ side: Side, other: DomainSummary?) -> Evidence {
        var evidence = Samples.evidence(other, other, job: nil)
        if side == .source {
            evidence.source = .unreadable("no route")
        } else {
            evidence.destinationFirst = .unreadable("no route")
            evidence.destinationAgain = .unreadable("no route")
        }
        return evidence
    }

    @Test func bothHostsAreReadAgainFirst() {
        var machine = Self.undecided()
        #expect(machine.job("j")?.phase == .undecided)
        let effects = machine.send(.resolveRequested(RequestID(9), Self.id, Resolution(keep: .source)))
        #expect(effects.count == 1)
        guard case .readEvidenceToResolve(RequestID(9), Self.id, _) = effects[0] else {
            Issue.record("\(effects)")
            return
        }
    }

    @Test func theKeptHalfGoesOnBeforeTheOtherEnds() {
        var machine = Self.undecided()
        let evidence = Samples.evidence(Self.ours(Self.held, .source), Self.ours(Self.held, .destination))
        var effects = Self.resolve(&machine, .source, evidence)
        #expect(effects.acts.map(\.act) == [.resume(run: 7)] && effects.acts[0].host == Samples.alpha)
        machine.send(.actEnded(Self.id, nil))
        effects = machine.send(
            .evidenceRead(
                Self.id, Samples.evidence(Self.ours(Self.running, .source), Self.ours(Self.held, .destination))))
        #expect(
            effects.acts.map(\.act) == [.destroy(run: 7, onlyIfPaused: true)] && effects.acts[0].host == Samples.beta)
        machine.send(.actEnded(Self.id, nil))
        machine.send(.evidenceRead(Self.id, Samples.evidence(Self.ours(Self.running, .source), nil)))
        #expect(machine.job("j")?.phase == .failed)
        #expect(machine.job("j")?.timeline.contains { $0.text.contains("resolved by root") } == true)
    }

    @Test func aHalfThatCannotGoOnEndsNothing() {
        var machine = Self.undecided()
        let evidence = Samples.evidence(Self.ours(Self.held, .source), Self.ours(Self.held, .destination))
        _ = Self.resolve(&machine, .destination, evidence)
        for _ in 0..<5 {
            machine.send(.actEnded(Self.id, Samples.error(.operationFailed, "its memory is not complete")))
            machine.send(.alarm(.verifyAgain(Self.id)))
            let effects = machine.send(.evidenceRead(Self.id, evidence))
            #expect(effects.acts.map(\.act) == [.resume(run: 7)])
        }
        #expect(machine.job("j")?.knowledge.first?.contains("its memory is not complete") == true)
    }

    @Test func whatRunsIsNotGivenUpForHalfAGuest() {
        var machine = Self.undecided()
        let running = Self.ours(Self.running, .source)
        let half = Self.ours(Self.held, .destination)
        #expect(Self.resolve(&machine, .destination, Samples.evidence(running, half)).refusal != nil)
        let mirrored = Samples.evidence(Self.ours(Self.held, .source), Self.ours(Self.running, .destination))
        #expect(Self.resolve(&machine, .source, mirrored).refusal != nil)
    }

    @Test func aJobThatCannotFinishIsEndedAsItIs() {
        var machine = MachineUnderTest()
        machine.submit("j")
        machine.gather("j")
        machine.send(.transferEnded(Self.id, .returned))
        let evidence = Samples.evidence(
            Samples.domain(.shutOff, mark: Self.mark), Self.ours(Self.running, .destination))
        machine.send(.evidenceRead(Self.id, evidence))
        machine.send(.actEnded(Self.id, Samples.error(.operationFailed, "it has snapshots")))
        #expect(machine.job("j")?.phase == .finishing)
        #expect(machine.job("j")?.knowledge.first?.contains("it has snapshots") == true)
        #expect(Self.resolve(&machine, .source, evidence).refusal?.message.contains("--keep destination") == true)
        #expect(Self.resolve(&machine, .destination, fenced: ["alpha"], evidence).refusal != nil, "alpha answers")
        #expect(Self.resolve(&machine, .destination, evidence).acts.isEmpty)
        let job = machine.job("j")
        #expect(job?.phase == .completed && job?.timeline.last?.text.contains("a definition of it is on alpha") == true)
    }

    @Test func aGuestThatIsNowhereIsNoSuccess() {
        var machine = Self.undecided()
        _ = Self.resolve(&machine, .destination, Samples.evidence(nil, nil))
        #expect(machine.job("j")?.phase == .failed)
    }

    @Test func aCallThatMayBeOnItsWayIsWaitedFor() {
        var machine = Self.undecided()
        let refused = Self.resolve(&machine, .source, Samples.evidence(Self.ours(Self.running, .source), nil))
        #expect(refused.refusal?.message.contains("on its way") == true)
        let unknown = Samples.evidence(Self.ours(Self.held, .source), Self.ours(Self.held, .destination), job: nil)
        #expect(Self.resolve(&machine, .source, unknown).refusal != nil)
    }

    @Test func aGuestIsNeverResolvedAway() {
        for (keep, source, destination) in [
            (Side.source, Samples.domain(.shutOff), Self.ours(Self.running, .destination)),
            (.destination, Self.ours(Self.running, .source), Samples.domain(.shutOff)),
        ] {
            var machine = Self.undecided()
            let refused = Self.resolve(&machine, keep, Samples.evidence(source, destination))
            #expect(refused.refusal == RequestError(.jobNotResolvable, ""))
            #expect(machine.job("j")?.phase == .undecided)
        }
        var machine = Self.undecided()
        #expect(Self.resolve(&machine, .source, Samples.evidence(nil, Self.running)).refusal != nil)
    }

    @Test func aCopyWithoutThisJobsMarkIsNotEnded() {
        var machine = Self.undecided()
        let refused = Self.resolve(&machine, .destination, Samples.evidence(Self.running, Self.running))
        #expect(refused.refusal?.message.contains("does not carry this job's mark") == true)
    }

    @Test func aHostThatDoesNotAnswerNeedsAWordThatItIsOff() {
        var machine = Self.undecided()
        let evidence = Self.unread(.source, other: Self.ours(Self.held, .destination))
        #expect(
            Self.resolve(&machine, .destination, evidence).refusal?.message.contains("--fenced alpha") == true)
        let effects = Self.resolve(&machine, .destination, fenced: ["alpha"], evidence)
        #expect(effects.acts.map(\.act) == [.resume(run: 7)])
        machine.send(.actEnded(Self.id, nil))
        machine.send(
            .evidenceRead(Self.id, Self.unread(.source, other: Self.ours(Self.running, .destination))))
        #expect(machine.job("j")?.phase == .completed, "the fenced host is not waited for")
    }

    @Test func aHostThatAnswersIsNotOff() {
        var machine = Self.undecided()
        let refused = Self.resolve(
            &machine, .destination, fenced: ["alpha"], Samples.evidence(nil, Self.ours(Self.running, .destination)))
        #expect(refused.refusal?.message.contains("alpha answers") == true)
    }

    @Test func aKeptHostMustAnswer() {
        var machine = Self.undecided()
        #expect(Self.resolve(&machine, .source, Self.unread(.source, other: Self.running)).refusal != nil)
        let fencedKept = Self.resolve(
            &machine, .source, fenced: ["alpha"], Self.unread(.source, other: Self.running))
        #expect(fencedKept.refusal != nil)
        let stranger = Self.resolve(&machine, .source, fenced: ["gamma"], Samples.evidence(Self.running, nil))
        #expect(stranger.refusal?.message.contains("not a host of job") == true)
    }

    @Test func aMoveUnderWayIsNotResolved() {
        var machine = Self.undecided()
        let moving = Samples.evidence(Self.running, Self.held, job: true)
        #expect(Self.resolve(&machine, .source, moving).refusal == RequestError(.jobNotResolvable, ""))
    }

    @Test func aGuestThatIsNowhereEndsItsJobByAnAdminsWord() {
        var machine = Self.undecided()
        let effects = Self.resolve(&machine, .source, Samples.evidence(nil, nil))
        #expect(effects.acts.isEmpty)
        #expect(machine.job("j")?.phase == .failed)
    }

    @Test func aHostThatAnswersAtAnotherURIIsNotOff() {
        var machine = Self.undecided()
        var moved = Samples.alpha
        moved.uri = "qemu+tcp://alpha2.example/system"
        machine.send(
            .reconfigured(
                LogicOptions(resolver: DestinationResolver(hosts: [moved, Samples.beta]), sharedPaths: ["/srv/shared"]))
        )
        machine.send(.hostRead("alpha", .known(HostReading(identity: Samples.identity("a"), domains: []))))
        let refused = Self.resolve(
            &machine, .destination, fenced: ["alpha"], Self.unread(.source, other: Self.ours(Self.held, .destination)))
        #expect(refused.refusal?.message.contains("alpha2") == true)
    }

    @Test func onlyAJobThatIsNotProvedIsResolved() {
        var machine = MachineUnderTest()
        machine.submit("j")
        let effects = Self.resolve(&machine, .source, Samples.evidence(Self.running, nil))
        #expect(effects.refusal == RequestError(.jobNotResolvable, ""))
    }

    @Test func aJobThatWasSettledMeanwhileStaysSettled() {
        var machine = Self.undecided()
        machine.send(.resolveRequested(RequestID(9), Self.id, Resolution(keep: .source)))
        machine.send(.evidenceRead(Self.id, Samples.evidence(nil, Self.running)))
        #expect(machine.job("j")?.phase == .completed)
        let late = machine.send(.evidenceReadToResolve(RequestID(9), Self.id, Samples.evidence(nil, Self.running)))
        #expect(late.refusal?.message.contains("settled by itself") == true)
        #expect(machine.job("j")?.phase == .completed)
    }
}
