import HypervisorAPI

struct MigrationID: Hashable, Comparable, Sendable {
    let number: UInt64
    static func < (lhs: MigrationID, rhs: MigrationID) -> Bool { lhs.number < rhs.number }
}

/// A live migration under way. Its phases, and what ends each:
///
///     connecting ──connected──► copying ──rest fits──► switchingOver ──memory arrived──► confirming ──► done
///         │ (no route: after 3 s)   │ abort, guest killed, peer lost (8 s)   │               │ peer lost (8 s)
///         ▼                         ▼                                        ▼               ▼
///       failed, the guest runs on at the source                           (the same)     undecided: paused at the
///                                                                                        source, runs at the destination
struct Migration: Sendable {
    enum Phase: Hashable, Sendable {
        /// The source waits for an answer of a peer that it cannot reach.
        case connecting
        case copying
        /// The guest is suspended at the source and the rest of its memory is on its way.
        case switchingOver
        /// The guest runs at the destination; the source does not know yet.
        case confirming
    }

    /// What comes next.
    enum Step: Hashable, Sendable {
        case connectionFailed, iterationEnds, memoryArrived, confirmed, peerLost
    }

    let id: MigrationID
    let guest: DomainUUID
    let name: String
    let source: Int
    let destination: Int
    let transfer: LiveTransfer
    let began: Duration
    /// The guest was not paused when it began.
    let wasRunning: Bool
    let ticket: Ticket<Void>
    var phase = Phase.connecting
    var preCopy: PreCopy
    /// The next step in the agenda.
    var step: Agenda<Occurrence>.Token?
    /// When the keepalives of a cut connection have failed.
    var lossStep: Agenda<Occurrence>.Token?

    var link: Links.Key { Links.Key(source, destination) }
    var sendsMemory: Bool { phase == .copying || phase == .switchingOver }
}

/// How long the parts of a migration take, and after what time a silent peer counts as lost.
enum MigrationTiming {
    /// Until a connection to a host that does not answer is given up.
    static let connect = Duration.seconds(3)
    /// Between the guest's resumption at the destination and its end at the source.
    static let confirm = Duration.milliseconds(200)
    /// libvirt's keepalive in the lab: 2 s × 3, and what it takes to notice.
    static let keepalive = Duration.seconds(8)
}
