import HypervisorAPI

/// Two hosts and the means to bring about what the contract suite needs of them. One fixture serves one
/// test: the suite makes it, uses it and tears it down, whatever the outcome.
///
/// To put another implementation under the suite, write a fixture and add a `ContractFixtureKind` for it
/// to `ContractFixtureKind.all`.
protocol ContractFixture: Sendable {
    var hypervisor: any Hypervisor { get }
    var source: ContractHost { get }
    var destination: ContractHost { get }
    /// What this fixture cannot bring about; the tests that need it are skipped for it.
    var inabilities: Set<ContractInability> { get }

    /// A peer URI behind which nothing listens, and which answers so (or fails) within a few seconds.
    var unreachablePeerURI: String { get }

    /// Creates a guest on `source` that meets `plan` and returns once it is there in that state.
    /// Its name is unique to this call.
    func makeGuest(_ plan: GuestPlan) async throws -> ContractGuest

    /// Makes a persistent, shut-off guest on `destination` with the name of `guest` and another UUID.
    func takeNameAtDestination(of guest: ContractGuest) async throws

    /// Pauses a guest on `source`, as its user would; returns once it is paused.
    func pause(_ guest: ContractGuest) async throws

    /// CPUs to compare on `source`, with what must come back; only the case of `expected` counts, not its words.
    func cpuExamples() async throws -> [CPUExample]

    /// Paths to look up on `source`. Empty for a host without storage pools.
    func volumeExamples() async throws -> [VolumeExample]

    /// A volume that is not there, in the destination's own pool.
    func volumeOrder(capacity: UInt64, format: String) async throws -> VolumeOrder

    /// The volume, in the destination's own pool, that the disk `vda` of a guest in `.ownPool` is to be copied onto.
    func copyOrder(for guest: ContractGuest) async throws -> VolumeOrder

    /// Whether a guest that has moved with its disk runs from what was on it, without having booted again.
    func hasItsData(_ guest: ContractGuest) async throws -> Bool

    /// Makes `failure` happen; returns once it holds.
    func bringAbout(_ failure: ContractFailure) async throws

    /// Undoes `failure`; returns once the hosts can be called again.
    func undo(_ failure: ContractFailure) async throws

    /// Removes every guest this fixture made, wherever it is now, and shuts the hypervisor down.
    func tearDown() async throws
}

/// A host under test, as this process and as its peer reach it.
struct ContractHost: Sendable {
    var uri: HypervisorURI
    /// As the other host reaches it; what goes into `Transfer`.
    var peerURI: String
    /// Where the memory goes (`tcp://address`); `nil`: the destination chooses.
    var migrationURI: String?

    init(uri: HypervisorURI, peerURI: String, migrationURI: String? = nil) {
        self.uri = uri
        self.peerURI = peerURI
        self.migrationURI = migrationURI
    }
}

/// A guest to be made.
struct GuestPlan: Sendable {
    enum State: Sendable { case running, shutOff }
    enum Load: Sendable {
        /// A move ends within seconds.
        case idle
        /// Writes its memory faster than any link carries it: its pre-copy never converges, so a move is
        /// under way until something ends it.
        case hardDirtying
    }
    enum DiskPlacement: Sendable {
        /// On a path that both hosts see.
        case shared
        /// The hypervisor itself regards a move without copying as unsafe (a local path, or a cache mode
        /// that is not coherent between hosts).
        case unsafe
        /// In a pool that each host has to itself, at the same path; the move must copy it. Big enough for a slow copy
        /// (`slowly`) to be under way until something ends it.
        case ownPool(format: String)
    }

    var state = State.running
    /// A guest that is shut off is persistent, whatever this says.
    var isPersistent = true
    var load = Load.idle
    var disk = DiskPlacement.shared
}

/// A guest that a fixture made.
struct ContractGuest: Sendable {
    var uuid: DomainUUID
    var name: String
    /// The hypervisor wants `allowsUnsafeDisks` to move it although both hosts see its disk (a bind mount
    /// in the lab looks local to libvirt).
    var needsUnsafe: Bool
}

struct CPUExample: Sendable {
    var request: CPUComparisonRequest
    var expected: CPUComparison
}

/// A path and what must be answered. The pool's name counts; so does the capacity.
struct VolumeExample: Sendable {
    var path: String
    var expected: VolumeLookup
}

/// What goes wrong on request.
enum ContractFailure: Sendable, CaseIterable {
    /// The destination's management daemon dies (SIGKILL); its guests go on.
    case destinationDaemonKilled
    /// Source and destination no longer reach each other; this process still reaches the source.
    case linkCut
    /// The source host loses power.
    case sourceHostLost
}

/// What a fixture may be unable to do.
enum ContractInability: Hashable, Sendable {
    case killDestinationDaemon, cutLink, loseSourceHost
    /// No storage pools.
    case storagePools
    /// Nothing is known of CPU models (software emulation accepts everything).
    case compareCPUs

    init(_ failure: ContractFailure) {
        self =
            switch failure {
            case .destinationDaemonKilled: .killDestinationDaemon
            case .linkCut: .cutLink
            case .sourceHostLost: .loseSourceHost
            }
    }
}
