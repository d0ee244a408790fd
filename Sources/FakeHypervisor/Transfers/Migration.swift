import HypervisorAPI

struct MigrationID: Hashable, Comparable, Sendable {
    let number: UInt64
    static func < (lhs: MigrationID, rhs: MigrationID) -> Bool { lhs.number < rhs.number }
}

/// A live migration under way. Its phases, and what ends each:
///
///     connecting ──► copying ──► switchingOver ──► confirming ──► undefining ──► done
///         │             │              │               │               │
///         └─────────────┴──────┬───────┘               │ peer lost     │ source lost
///                              ▼                       ▼               ▼
///            failed: it runs at the source    undecided: paused at     its definition stays
///                                             the source, runs at      at the source
///                                             the destination
///
/// - connecting ends at once, or failed after 3 s without an answer; only then is anything at the destination.
/// - copying ends when the rest of the memory fits into the downtime (`PreCopy`).
/// - copying and switchingOver fail by an abort, the guest's death on either side, or a peer lost for 8 s. While disks are
///   copied, a lost peer takes the guest there with it after these 8 s, and the source goes on waiting (`awaitsDisks`).
struct Migration: Sendable {
    enum Phase: Hashable, Sendable {
        /// The source waits for an answer of a peer that it cannot reach.
        case connecting
        case copying
        /// The guest is suspended at the source and the rest of its memory is on its way.
        case switchingOver
        /// The guest runs at the destination; the source does not know yet.
        case confirming
        /// It has stopped at the source, which has yet to remove its definition.
        case undefining
    }

    /// What comes next.
    enum Step: Hashable, Sendable {
        case connectionFailed, iterationEnds, memoryArrived, confirmed, undefined, peerLost
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
    /// The peer is given up, but the copy of the disks still waits for it.
    var awaitsDisks = false

    var link: Links.Key { Links.Key(source, destination) }
    var sendsMemory: Bool { phase == .copying || phase == .switchingOver }
}

/// How long the parts of a migration take, and after what time a silent peer counts as lost.
enum MigrationTiming {
    /// Until a connection to a host that does not answer is given up.
    static let connect = Duration.seconds(3)
    /// Between the guest's resumption at the destination and its end at the source.
    static let confirm = Duration.milliseconds(180)
    /// Between the guest's end, or its definition at the destination, and the end of its definition at the source.
    static let undefine = Duration.milliseconds(20)
    /// Between the beginning of an offline move and the definition at the destination.
    static let define = Duration.milliseconds(100)
    /// libvirt's keepalive in the lab: 2 s × 3, and what it takes to notice.
    static let keepalive = Duration.seconds(8)
    /// Until a copy of disks over a connection that is cut ends, unless the link is back before. libvirt waits for QEMU,
    /// and QEMU for the kernel: 15 retransmissions. Source: Linux, ip-sysctl, `tcp_retries2`.
    static let diskConnection = Duration.seconds(924)
}
