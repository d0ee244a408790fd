/// A row of the recovery table: for these cases, this action. An empty column stands for any value.
package struct RecoveryRow: Hashable, Sendable {
    package var phases: [RecoveryPhase] = []
    package var kinds: [MigrationKind] = []
    package var readsAgree: Bool?
    package var sources: [Sighting] = []
    package var destinations: [Sighting] = []
    package var isMarked: Bool?
    package var work: [Work] = []
    package let action: RecoveryAction
    /// Why, for people: of a `wait` it is what an undecided job says.
    package let reason: String

    package func matches(_ found: RecoveryCase) -> Bool {
        Self.holds(phases, found.phase) && Self.holds(kinds, found.kind) && Self.holds(sources, found.source)
            && Self.holds(destinations, found.destination) && Self.holds(work, found.work)
            && (readsAgree ?? found.readsAgree) == found.readsAgree && (isMarked ?? found.isMarked) == found.isMarked
    }

    private static func holds<Value: Equatable>(_ column: [Value], _ value: Value) -> Bool {
        column.isEmpty || column.contains(value)
    }
}

/// Phase × source × destination → action: what is done with a job, after a restart and otherwise. The first row that
/// matches stands. Printed as docs/recovery-table.md; a test walks every combination.
package enum RecoveryTable {
    package static func row(for found: RecoveryCase) -> RecoveryRow {
        rows.first { $0.matches(found) } ?? unforeseen
    }

    /// No combination comes to this (a test walks them all); if one did, nothing would be touched.
    static let unforeseen = RecoveryRow(action: .wait, reason: "what was read fits no row of the recovery table")

    package static let rows: [RecoveryRow] = byPhase + general + live + offline

    private static let byPhase: [RecoveryRow] = [
        RecoveryRow(
            phases: [.notBegun], action: .queueAgain,
            reason: "the transfer's intent is not in the journal: nothing was moved"),
        RecoveryRow(phases: [.ended], action: .nothing, reason: "the job has ended"),
    ]

    private static let general: [RecoveryRow] = [
        RecoveryRow(readsAgree: false, action: .readAgain, reason: "two reads of the destination differ"),
        RecoveryRow(
            phases: [.callOpen, .callEnded], destinations: [.running, .held], isMarked: true, work: [.active],
            action: .reattach, reason: "the copy that arrives carries this job's mark"),
        RecoveryRow(work: [.active], action: .watch, reason: "a job runs on the guest"),
        RecoveryRow(sources: [.unreadable], action: .wait, reason: "the source could not be read"),
        RecoveryRow(destinations: [.unreadable], action: .wait, reason: "the destination could not be read"),
        RecoveryRow(work: [.unknown], action: .wait, reason: "whether a job runs on the guest could not be read"),
        RecoveryRow(
            phases: [.finishing], action: .finish, reason: "where the guest is was proved; what is left is put right"),
        RecoveryRow(
            sources: [.absent], destinations: [.absent], action: .wait, reason: "neither host knows the guest"),
        RecoveryRow(
            kinds: [.live], sources: [.held], destinations: [.running], isMarked: true, action: .settleAtDestination,
            reason: "the guest runs at the destination with this job's mark; the source's half waits for nothing"),
        RecoveryRow(
            phases: [.callEnded], kinds: [.live], sources: [.running], destinations: [.held], isMarked: true,
            action: .settleAtSource,
            reason: "the guest runs at the source; the half that this job made at the destination waits for nothing"),
        RecoveryRow(
            sources: [.running, .held], destinations: [.running, .held], action: .wait,
            reason: "the guest is active on both hosts"),
    ]

    private static let live: [RecoveryRow] = [
        RecoveryRow(
            kinds: [.live], sources: [.absent], destinations: [.running], action: .settleAtDestination,
            reason: "the guest runs at the destination, and the source does not know it"),
        RecoveryRow(
            kinds: [.live], sources: [.defined], destinations: [.running], isMarked: true,
            action: .settleAtDestination, reason: "the guest runs at the destination with this job's mark"),
        RecoveryRow(
            kinds: [.live], sources: [.defined], destinations: [.running], isMarked: false, action: .wait,
            reason: "what runs at the destination is not this job's copy, and the source has a definition"),
        RecoveryRow(
            phases: [.callOpen], kinds: [.live], sources: [.running], destinations: [.absent, .defined],
            action: .lookAgain, reason: "the transfer may not have begun yet"),
        RecoveryRow(
            phases: [.callEnded], kinds: [.live], sources: [.running], destinations: [.absent, .defined],
            action: .settleAtSource, reason: "the guest runs at the source alone"),
        RecoveryRow(
            phases: [.callOpen], kinds: [.live], sources: [.defined], destinations: [.absent], action: .lookAgain,
            reason: "the transfer may not have begun yet"),
        RecoveryRow(
            phases: [.callEnded], kinds: [.live], sources: [.defined], destinations: [.absent],
            action: .settleStopped, reason: "the guest stopped; its definition is at the source alone"),
        RecoveryRow(
            kinds: [.live], sources: [.absent], destinations: [.defined], isMarked: true, action: .settleAtDestination,
            reason: "the guest arrived at the destination and has stopped since"),
        RecoveryRow(
            kinds: [.live], sources: [.absent], destinations: [.defined], isMarked: false, action: .wait,
            reason: "the guest runs nowhere; its definition is at the destination"),
        RecoveryRow(
            kinds: [.live], sources: [.defined], destinations: [.defined], action: .wait,
            reason: "the guest runs nowhere; it is defined on both hosts"),
        RecoveryRow(
            kinds: [.live], sources: [.held], destinations: [.absent, .defined], action: .wait,
            reason: "the guest is paused at the source in the middle of a move, and may have run at the destination"),
        RecoveryRow(
            kinds: [.live], sources: [.absent, .defined], destinations: [.held], action: .wait,
            reason: "the guest is paused at the destination in the middle of a move"),
    ]

    private static let offline: [RecoveryRow] = [
        RecoveryRow(
            kinds: [.offline], sources: [.absent], destinations: [.defined, .running, .held],
            action: .settleAtDestination, reason: "the definition is at the destination alone"),
        RecoveryRow(
            phases: [.callOpen], kinds: [.offline], sources: [.defined, .running, .held], destinations: [.absent],
            action: .lookAgain, reason: "the transfer may not have begun yet"),
        RecoveryRow(
            phases: [.callEnded], kinds: [.offline], sources: [.defined, .running, .held], destinations: [.absent],
            action: .settleAtSource, reason: "the definition is at the source alone"),
        RecoveryRow(
            kinds: [.offline], sources: [.defined], destinations: [.defined], isMarked: true,
            action: .settleAtDestination,
            reason: "the definition arrived with this job's mark; the source's is the older copy"),
        RecoveryRow(
            kinds: [.offline], sources: [.defined, .running, .held], destinations: [.defined, .running, .held],
            action: .wait, reason: "the guest is defined on both hosts"),
    ]
}
