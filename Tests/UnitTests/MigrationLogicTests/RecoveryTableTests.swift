import HypervisorAPI
import Testing

@testable import MigrationLogic

@Suite struct RecoveryTableTests {
    /// Every combination of the table's columns.
    static let allCases: [RecoveryCase] = RecoveryPhase.allCases.flatMap { phase in
        MigrationKind.allCases.flatMap { kind in
            Sighting.allCases.flatMap { source in
                Sighting.allCases.flatMap { destination in
                    Work.allCases.flatMap { work in
                        [true, false].flatMap { agree in
                            [true, false].map { marked in
                                RecoveryCase(
                                    phase: phase, kind: kind, readsAgree: agree, source: source,
                                    destination: destination, isMarked: marked, work: work)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func everyCombinationHasItsRow() {
        #expect(Self.allCases.count == 5 * 2 * 5 * 5 * 3 * 2 * 2)
        for found in Self.allCases {
            #expect(RecoveryTable.row(for: found) != RecoveryTable.unforeseen, "\(found)")
        }
    }

    @Test func everyRowIsReached() {
        let reached = Set(Self.allCases.map(RecoveryTable.row(for:)))
        for row in RecoveryTable.rows { #expect(reached.contains(row), "never reached: \(row)") }
    }

    // MARK: What must hold in every row

    @Test func nothingIsSettledWithoutEvidenceOfBothHosts() {
        let settling: Set<RecoveryAction> = [.settleAtDestination, .settleAtSource, .settleStopped, .finish]
        for found in Self.allCases where settling.contains(RecoveryTable.row(for: found).action) {
            #expect(found.readsAgree && found.work == .none, "\(found)")
            #expect(found.source != .unreadable && found.destination != .unreadable, "\(found)")
        }
    }

    @Test func aLiveMoveIsCompleteOnlyWhereTheGuestIs() {
        for found in Self.allCases
        where found.kind == .live && RecoveryTable.row(for: found).action == .settleAtDestination {
            #expect(found.source != .running, "\(found)")
            #expect(found.destination == .running || (found.destination == .defined && found.isMarked), "\(found)")
        }
    }

    @Test func aMoveFailedOnlyWhereTheGuestIsAtTheSource() {
        let failing: Set<RecoveryAction> = [.settleAtSource, .settleStopped]
        for found in Self.allCases where failing.contains(RecoveryTable.row(for: found).action) {
            #expect(found.phase == .callEnded, "a call that may be on its way: \(found)")
            #expect(found.source != .absent && found.destination != .running, "\(found)")
        }
    }

    @Test func aMoveIsTakenUpAgainOnlyWithItsMark() {
        for found in Self.allCases where RecoveryTable.row(for: found).action == .reattach {
            #expect(found.isMarked && found.work == .active && found.phase != .finishing, "\(found)")
        }
    }

    @Test func twoActiveCopiesAreSettledOnlyWhereOneIsAHalfOfOurs() {
        let active: Set<Sighting> = [.running, .held]
        for found in Self.allCases where active.contains(found.source) && active.contains(found.destination) {
            switch RecoveryTable.row(for: found).action {
            case .settleAtDestination where found.kind == .live:
                #expect(found.isMarked && found.source == .held && found.destination == .running, "\(found)")
            case .settleAtSource:
                #expect(found.isMarked && found.source == .running && found.destination == .held, "\(found)")
            case .queueAgain, .nothing, .readAgain, .watch, .reattach, .wait, .finish: break
            case .lookAgain, .settleStopped, .settleAtDestination: Issue.record("\(found)")
            }
        }
    }

    // MARK: Row by row, through the machine

    struct Row: Sendable, CustomTestStringConvertible {
        var kind = MigrationKind.live
        var callEnded = true
        var source: DomainSummary?
        var destination: DomainSummary?
        var job: Bool? = false
        var phase: JobPhase
        var act: DomainAct?
        var testDescription: String {
            "\(kind) \(callEnded ? "ended" : "open") \(source?.state.rawValue ?? "-") \(destination?.state.rawValue ?? "-") "
                + "\(job.map(String.init) ?? "?")"
        }
    }

    private static let mark = OwnershipMark(owner: Samples.daemon, generation: 1, job: "j")
    private static let running = Samples.domain()
    private static let defined = Samples.domain(.shutOff)
    private static let held = Samples.domain(.paused, pausedReason: .migration)
    private static func ours(_ domain: DomainSummary, _ mark: OwnershipMark = mark.raised) -> DomainSummary {
        var domain = domain
        domain.mark = mark
        return domain
    }

    static let rows: [Row] = [
        Row(source: nil, destination: running, phase: .completed),
        Row(source: nil, destination: ours(running), phase: .completed),
        Row(source: defined, destination: ours(running), phase: .completed),
        Row(source: defined, destination: running, phase: .verifying),
        Row(source: ours(defined, mark), destination: running, phase: .verifying),
        Row(source: ours(defined, mark), destination: ours(running), phase: .finishing, act: .undefine(mark)),
        Row(
            source: ours(held, mark), destination: ours(running), phase: .finishing,
            act: .destroy(run: 7, onlyIfPaused: true)),
        Row(source: held, destination: running, phase: .verifying),
        Row(source: running, destination: nil, phase: .failed),
        Row(callEnded: false, source: running, destination: nil, phase: .verifying),
        Row(source: running, destination: defined, phase: .failed),
        Row(source: ours(running, mark), destination: ours(defined), phase: .finishing, act: .undefine(mark.raised)),
        Row(source: running, destination: ours(defined), phase: .failed),
        Row(
            source: ours(running, mark), destination: ours(held), phase: .finishing,
            act: .destroy(run: 7, onlyIfPaused: true)),
        Row(callEnded: false, source: running, destination: ours(held), phase: .verifying),
        Row(source: running, destination: held, phase: .verifying),
        Row(source: running, destination: running, phase: .verifying),
        Row(source: running, destination: ours(running), phase: .verifying),
        Row(source: defined, destination: nil, phase: .failed),
        Row(callEnded: false, source: defined, destination: nil, phase: .verifying),
        Row(source: defined, destination: defined, phase: .verifying),
        Row(source: nil, destination: ours(defined), phase: .completed),
        Row(source: nil, destination: defined, phase: .verifying),
        Row(source: nil, destination: nil, phase: .verifying),
        Row(source: held, destination: nil, phase: .verifying),
        Row(source: nil, destination: held, phase: .verifying),
        Row(source: running, destination: ours(held), job: true, phase: .transferring),
        Row(source: running, destination: held, job: true, phase: .verifying),
        Row(source: running, destination: nil, job: nil, phase: .verifying),
        Row(source: nil, destination: ours(running), job: nil, phase: .verifying),
        Row(kind: .offline, source: nil, destination: defined, phase: .completed),
        Row(kind: .offline, source: defined, destination: nil, phase: .failed),
        Row(kind: .offline, callEnded: false, source: defined, destination: nil, phase: .verifying),
        Row(
            kind: .offline, source: ours(defined, mark), destination: ours(defined), phase: .finishing,
            act: .undefine(mark)),
        Row(kind: .offline, source: defined, destination: defined, phase: .verifying),
        Row(kind: .offline, source: nil, destination: nil, phase: .verifying),
    ]

    @Test(arguments: rows) func theMachineDoesWhatTheRowSays(row: Row) throws {
        var machine = MachineUnderTest()
        machine.submit("j", Samples.request(kind: row.kind), guest: row.kind == .live ? Self.running : Self.defined)
        machine.gather("j", Samples.facts(kind: row.kind))
        #expect(machine.job("j")?.mark == Self.mark)
        let error = Samples.error(row.callEnded ? .operationFailed : .connectionLost)
        machine.send(.transferEnded(JobID("j"), .failed(error)))
        let effects = machine.send(
            .evidenceRead(JobID("j"), Samples.evidence(row.source, row.destination, job: row.job)))
        #expect(machine.job("j")?.phase == row.phase)
        #expect(effects.acts.first?.act == row.act)
        if let act = row.act { #expect(machine.journal[JobID("j")]?.intendedAct?.act == act) }
    }

    @Test func aHostThatDoesNotAnswerProvesNothing() {
        for unread in Side.allCases {
            var machine = MachineUnderTest()
            machine.submit("j")
            machine.gather("j")
            machine.send(.transferEnded(JobID("j"), .returned))
            var evidence = Samples.evidence(Self.running, nil, job: nil)
            if unread == .source { evidence.source = .unreadable("down") }
            if unread == .destination {
                evidence.destinationFirst = .unreadable("down")
                evidence.destinationAgain = .unreadable("down")
            }
            let effects = machine.send(.evidenceRead(JobID("j"), evidence))
            #expect(machine.job("j")?.phase == .verifying && effects.acts.isEmpty)
        }
    }

    // MARK: The printed table

    @Test func theDocumentIsTheTable() throws {
        let document = try RecoveryDocument.committed()
        #expect(
            document == RecoveryDocument.text,
            "docs/recovery-table.md is not what the code says: run the tests with UPDATE_DOCUMENTS=1")
    }
}
