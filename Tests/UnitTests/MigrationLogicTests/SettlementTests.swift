import HypervisorAPI
import Testing

@testable import MigrationLogic

@Suite struct SettlementTests {
    private static let running = Observation.present(Samples.domain(.running))
    private static let defined = Observation.present(Samples.domain(.shutOff))
    private static let halfway = Observation.present(Samples.domain(.paused, pausedReason: .migration))
    private static let unreadable = Observation.unreadable("no route")

    private static func settle(
        _ kind: MigrationKind, source: Observation, destination: Observation, job: Bool? = false
    ) -> Settlement {
        Settlement(
            kind: kind,
            Evidence(destinationFirst: destination, source: source, destinationAgain: destination, jobIsActive: job))
    }

    private static func isUnproved(_ settlement: Settlement) -> Bool {
        if case .unproved = settlement { true } else { false }
    }

    @Test func aLiveGuestThatRunsOnlyThereHasMoved() {
        #expect(Self.settle(.live, source: .absent, destination: Self.running) == .atDestination(leftover: false))
        #expect(Self.settle(.live, source: Self.defined, destination: Self.running) == .atDestination(leftover: true))
    }

    @Test func aLiveGuestThatRunsOnlyHereHasNotMoved() {
        #expect(Self.settle(.live, source: Self.running, destination: .absent) == .atSource(leftover: false))
        #expect(Self.settle(.live, source: Self.running, destination: Self.defined) == .atSource(leftover: true))
    }

    @Test func aGuestThatStoppedAtTheSourceIsNotLost() {
        #expect(Self.settle(.live, source: Self.defined, destination: .absent) == .stoppedAtSource)
    }

    @Test func nothingIsProvedByAbsenceOnBothSidesOrByTwoRunners() {
        #expect(Self.isUnproved(Self.settle(.live, source: .absent, destination: .absent)))
        #expect(Self.isUnproved(Self.settle(.live, source: Self.running, destination: Self.running)))
        #expect(Self.isUnproved(Self.settle(.live, source: Self.defined, destination: Self.defined)))
        #expect(Self.isUnproved(Self.settle(.live, source: .absent, destination: Self.defined)))
    }

    @Test func nothingIsProvedByAHostThatDoesNotAnswer() {
        for other in [Observation.absent, Self.running, Self.defined, Self.unreadable] {
            for kind in MigrationKind.allCases {
                #expect(Self.isUnproved(Self.settle(kind, source: Self.unreadable, destination: other)))
                #expect(Self.isUnproved(Self.settle(kind, source: other, destination: Self.unreadable)))
            }
        }
        #expect(Self.isUnproved(Self.settle(.live, source: .absent, destination: Self.running, job: nil)))
    }

    @Test func aHalfMovedGuestIsNotSettled() {
        #expect(Self.isUnproved(Self.settle(.live, source: .absent, destination: Self.halfway)))
        #expect(Self.isUnproved(Self.settle(.live, source: Self.halfway, destination: .absent)))
    }

    @Test func whileAJobRunsTheMoveGoesOn() {
        for source in [Observation.absent, Self.running, Self.defined] {
            #expect(Self.settle(.live, source: source, destination: Self.halfway, job: true) == .moving)
        }
    }

    @Test func readsThatDisagreeProveNothing() {
        let evidence = Evidence(
            destinationFirst: .absent, source: .absent, destinationAgain: Self.running, jobIsActive: false)
        #expect(Settlement(kind: .live, evidence) == .disagreeing)
    }

    @Test func anOfflineMoveIsSettledByDefinitions() {
        #expect(Self.settle(.offline, source: .absent, destination: Self.defined) == .atDestination(leftover: false))
        #expect(Self.settle(.offline, source: Self.defined, destination: .absent) == .atSource(leftover: false))
        #expect(Self.isUnproved(Self.settle(.offline, source: Self.defined, destination: Self.defined)))
        #expect(Self.isUnproved(Self.settle(.offline, source: .absent, destination: .absent)))
    }
}
