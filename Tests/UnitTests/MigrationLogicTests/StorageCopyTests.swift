import HypervisorAPI
import Testing

@testable import MigrationLogic

/// Disks that are not shared: what is made for them, and what becomes of it.
@Suite struct StorageCopyTests {
    private static let path = "/private/web.img"
    private static let order = VolumeOrder(pool: "private", path: path, capacity: 1 << 20, format: "raw")
    private static let id = JobID("j")

    private static func facts(_ change: (inout Facts) -> Void = { _ in }) -> Facts {
        var facts = Samples.facts(disk: path)
        facts.plan.request.copiesStorage = true
        facts.sourceVolumes = [path: .known(.found(pool: "private", capacity: 1 << 20, isEmpty: true))]
        facts.volumes = [path: .known(.missing(pool: "private"))]
        change(&facts)
        return facts
    }

    private static func submitted() -> MachineUnderTest {
        var machine = MachineUnderTest()
        var request = Samples.request()
        request.copiesStorage = true
        machine.submit("j", request)
        return machine
    }

    /// A job whose transfer is under way.
    private static func transferring() -> (MachineUnderTest, TransferCall?) {
        var machine = submitted()
        let effects = machine.gather("j", facts())
        return (machine, effects.transfers.first)
    }

    @Test func aDiskIsCopiedOnlyWhereThatWasAskedFor() {
        #expect(StorageCopy.plan(Self.facts()).map(\.order) == [Self.order])
        #expect(StorageCopy.plan(Self.facts { $0.plan.request.copiesStorage = false }).isEmpty)
        #expect(DisksCheck.evaluate(Self.facts { $0.plan.request.copiesStorage = false }).severity == .refusal)
        #expect(DisksCheck.evaluate(Self.facts()).severity == .pass)
    }

    @Test func aSharedDiskStaysWhereItIs() {
        var facts = Samples.facts()
        facts.plan.request.copiesStorage = true
        #expect(StorageCopy.plan(facts).isEmpty)
        #expect(SharedDisks.unsafeFlag(facts) == ["vda"])
        #expect(SharedDisks.unsafeFlag(Self.facts()) == nil, "a copied disk needs no flag")
    }

    @Test func whatIsThereIsNotOverwritten() {
        let found = Reading<VolumeLookup>.known(.found(pool: "private", capacity: 1 << 20, isEmpty: true))
        let refused = DisksCheck.evaluate(Self.facts { $0.volumes[Self.path] = found })
        #expect(refused.severity == .refusal && refused.seen.contains("not overwritten"))
        let ours = Self.facts {
            $0.volumes[Self.path] = found
            $0.staged = [Self.order]
        }
        #expect(DisksCheck.evaluate(ours).severity == .pass)
        #expect(StorageCopy.plan(ours).map(\.isThere) == [true])
        let written = Self.facts {
            $0.volumes[Self.path] = .known(.found(pool: "private", capacity: 1 << 20, isEmpty: false))
            $0.staged = [Self.order]
        }
        #expect(DisksCheck.evaluate(written).severity == .refusal, "whoever wrote to it")
    }

    @Test func whatCannotBeKnownRefuses() {
        for change: (inout Facts) -> Void in [
            { $0.sourceVolumes = [:] },
            { $0.volumes[Self.path] = .known(.notCovered) },
            { $0.volumes[Self.path] = .failed(Samples.error(.operationFailed)) },
        ] {
            #expect(DisksCheck.evaluate(Self.facts(change)).severity == .refusal)
        }
    }

    @Test func theVolumeIsInTheJournalBeforeItIsMade() throws {
        var machine = Self.submitted()
        machine.send(.factsGathered(.job(Self.id), Self.facts()))
        let effects = machine.send(.actEnded(Self.id, nil))
        #expect(effects.acts.map(\.act) == [.createVolume(Self.order)] && effects.acts[0].host == Samples.beta)
        #expect(machine.journal[Self.id]?.staged == [Self.order])
        let call = try #require(machine.send(.actEnded(Self.id, nil)).transfers.first)
        guard case .live(let live) = call.transfer else {
            Issue.record("\(call)")
            return
        }
        #expect(live.copiedDisks == ["vda"] && !live.allowsUnsafeDisks)
    }

    @Test func aVolumeThatSomebodyElseMadeMeanwhileIsNotOurs() {
        var machine = Self.submitted()
        machine.send(.factsGathered(.job(Self.id), Self.facts()))
        machine.send(.actEnded(Self.id, nil))
        let effects = machine.send(.actEnded(Self.id, Samples.error(.volumeExists)))
        #expect(effects.acts.isEmpty && machine.job("j")?.phase == .failed)
    }

    @Test func neitherIsItWhenTheJobWasCancelledOrAnAttemptWasNotSent() {
        for attempt in [nil, Samples.error(.connectionFailed)] {
            var machine = Self.submitted()
            machine.send(.factsGathered(.job(Self.id), Self.facts()))
            machine.send(.actEnded(Self.id, nil))
            if let attempt {
                machine.send(.actEnded(Self.id, attempt))
                machine.send(.alarm(.actAgain(Self.id)))
            } else {
                machine.send(.cancelRequested(RequestID(7), Self.id))
            }
            let effects = machine.send(.actEnded(Self.id, Samples.error(.volumeExists)))
            #expect(effects.acts.isEmpty && effects.transfers.isEmpty && machine.job("j")?.isEnded == true)
        }
    }

    @Test func aVolumeThatAnAttemptMadeUnheardIsOurs() {
        var machine = Self.submitted()
        machine.send(.factsGathered(.job(Self.id), Self.facts()))
        machine.send(.actEnded(Self.id, nil))
        machine.send(.actEnded(Self.id, Samples.error(.connectionLost)))
        machine.send(.alarm(.actAgain(Self.id)))
        #expect(machine.send(.actEnded(Self.id, Samples.error(.volumeExists))).transfers.count == 1)
    }

    @Test func aFailedMoveLeavesNoVolume() {
        var (machine, _) = Self.transferring()
        machine.send(.transferEnded(Self.id, .failed(Samples.error(.operationFailed))))
        let effects = machine.send(.evidenceRead(Self.id, Samples.evidence(Samples.domain(), nil)))
        #expect(effects.acts.map(\.act) == [.deleteVolume(Self.order, onlyIfEmpty: false)])
        #expect(machine.send(.actEnded(Self.id, nil)).readsEvidence)
        machine.send(.evidenceRead(Self.id, Samples.evidence(Samples.domain(), nil)))
        #expect(machine.job("j")?.phase == .failed && machine.job("j")?.staged == [])
    }

    @Test func whileACopyOfTheGuestIsThereItsVolumesStay() throws {
        var (machine, _) = Self.transferring()
        let mark = try #require(machine.job("j")?.mark)
        machine.send(.transferEnded(Self.id, .failed(Samples.error(.operationFailed))))
        let left = Samples.domain(.shutOff, mark: mark.raised)
        let effects = machine.send(.evidenceRead(Self.id, Samples.evidence(Samples.domain(mark: mark), left)))
        #expect(effects.acts.map(\.act) == [.undefine(mark.raised)], "first the definition")
    }

    @Test func whatIsThereNowAndIsNotOursIsLeft() {
        var (machine, _) = Self.transferring()
        machine.send(.transferEnded(Self.id, .failed(Samples.error(.operationFailed))))
        machine.send(.evidenceRead(Self.id, Samples.evidence(Samples.domain(), nil)))
        machine.send(.actEnded(Self.id, Samples.error(.volumeDiffers, "it has another capacity")))
        machine.send(.evidenceRead(Self.id, Samples.evidence(Samples.domain(), nil)))
        #expect(machine.job("j")?.phase == .failed)
    }

    @Test func aMovedGuestKeepsItsVolumes() {
        var (machine, _) = Self.transferring()
        machine.send(.transferEnded(Self.id, .returned))
        let effects = machine.send(.evidenceRead(Self.id, Samples.evidence(nil, Samples.domain())))
        #expect(effects.acts.isEmpty && machine.job("j")?.phase == .completed)
    }

    @Test func aPreparationThatIsGivenUpIsUndoneWhole() {
        var machine = Self.submitted()
        let guest = Samples.domain(startsWithHost: true)
        machine.send(.factsGathered(.job(Self.id), Self.facts { $0.guest = .known(guest) }))
        machine.send(.actEnded(Self.id, nil))
        machine.send(.actEnded(Self.id, nil))
        machine.send(.cancelRequested(RequestID(7), Self.id))
        let first = machine.send(.actEnded(Self.id, nil))
        #expect(first.acts.map(\.act) == [.setStartsWithHost(true)])
        let second = machine.send(.actEnded(Self.id, nil))
        #expect(second.acts.map(\.act) == [.deleteVolume(Self.order, onlyIfEmpty: true)])
        machine.send(.actEnded(Self.id, nil))
        #expect(machine.job("j")?.phase == .cancelled)
    }

    @Test func anInterruptedPreparationGoesOnWithWhatItMade() throws {
        var before = Self.submitted()
        before.send(.factsGathered(.job(Self.id), Self.facts()))
        before.send(.actEnded(Self.id, nil))
        let mark = try #require(before.job("j")?.mark)
        var after = before.restarted()
        let effects = after.send(.started)
        let staged = effects.compactMap { effect -> [VolumeOrder]? in
            if case .gatherFacts(_, let facts) = effect { facts.staged } else { nil }
        }
        #expect(staged == [[Self.order]])
        let facts = Self.facts {
            $0.guest = .known(Samples.domain(mark: mark))
            $0.ownership = after.state.ownership(of: Samples.guestUUID)
            $0.staged = [Self.order]
            $0.volumes[Self.path] = .known(.found(pool: "private", capacity: 1 << 20, isEmpty: true))
        }
        #expect(after.send(.factsGathered(.job(Self.id), facts)).transfers.count == 1)
    }
}
