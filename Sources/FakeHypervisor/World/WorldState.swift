import HypervisorAPI

/// What is to happen in the world's own time.
enum Occurrence: Hashable, Sendable {
    case migration(MigrationID, Migration.Step)
    case offlineMove(MigrationID, OfflineMove.Step)
    /// A call has waited long enough for a domain's job to end.
    case lockTimesOut(CallID)
    /// A slowed call acts.
    case callActs(CallID)
}

/// What is to happen in the time of those who wait.
enum Deadline: Hashable, Sendable {
    case call(CallID, Duration)
    case wait(WaitID)
}

/// The whole world, as a value that one lock guards. Every change is synchronous; whatever takes time is an
/// entry in an agenda.
///
/// Invariants:
/// 1. `now` never goes back; an occurrence sees `now` as its own time, however late it is carried out.
/// 2. A domain's `job` and the record of its migration or offline move exist together, except for `.orphaned`.
/// 3. A call is in `calls` until it is answered; who gave it up is told once.
/// 4. No order comes from a dictionary: what is listed or carried out in turn is sorted.
struct WorldState: Sendable {
    let description: WorldDescription
    var timeline: Timeline
    /// The world's time.
    var now = Duration.zero
    /// The injected clock's time.
    var wall = Duration.zero
    var agenda = Agenda<Occurrence>()
    var deadlines = Agenda<Deadline>()
    var hosts: [HostState]
    var files: FileSystems
    var links: Links
    var migrations: [MigrationID: Migration] = [:]
    var offlineMoves: [MigrationID: OfflineMove] = [:]
    /// Calls that wait for a domain's job to end, oldest first.
    var lockWaits: [LockWait] = []
    var calls: [CallID: PendingCall] = [:]
    var faults = FaultBook()
    var subscriptions: [Subscription] = []
    var closedClients: Set<ClientID> = []
    var trace = Trace()
    var waits = WaitBook()
    var oversight = Oversight()
    private var lastMigration: UInt64 = 0
    private var lastCall: UInt64 = 0
    private var lastClient: UInt64 = 0

    /// - Precondition: the description is valid.
    init(_ description: WorldDescription, speed: Double) {
        self.description = description
        timeline = Timeline(speed: speed)
        hosts = description.hosts.map(HostState.init)
        files = FileSystems(description.storage)
        links = Links(description)
        for (place, host) in description.hosts.enumerated() {
            for guest in host.guests { install(guest, on: place) }
        }
    }

    // MARK: Numbers

    mutating func nextMigrationID() -> MigrationID {
        lastMigration += 1
        return MigrationID(number: lastMigration)
    }

    mutating func nextCallID() -> CallID {
        lastCall += 1
        return CallID(number: lastCall)
    }

    mutating func nextClientID() -> ClientID {
        lastClient += 1
        return ClientID(number: lastClient)
    }

    // MARK: Time

    /// When the injected clock must wake the world next; `nil` when nothing is to come by itself.
    var nextWake: Duration? {
        let occurrence = agenda.nextTime.flatMap { timeline.wall(atWorld: $0) }
        guard let deadline = deadlines.nextTime else { return occurrence }
        return min(occurrence ?? deadline, deadline)
    }

    /// Carries out everything that is due, each at its own time.
    mutating func catchUp(toWall target: Duration) {
        while let wake = nextWake, wake <= target {
            wall = max(wall, wake)
            if let time = agenda.nextTime, timeline.wall(atWorld: time) == wake, let next = agenda.next() {
                now = max(now, next.time)
                carryOut(next.item)
            } else if let deadline = deadlines.next() {
                now = max(now, timeline.world(atWall: wall))
                pass(deadline.item)
            }
        }
        wall = max(wall, target)
        now = max(now, timeline.world(atWall: wall))
    }

    /// Lets `duration` of the world's time pass at once.
    mutating func skip(_ duration: Duration) {
        let target = now + duration
        while let time = agenda.nextTime, time <= target, let next = agenda.next() {
            now = max(now, next.time)
            carryOut(next.item)
        }
        timeline.skip(target - timeline.world(atWall: wall), atWall: wall)
        now = target
    }

    private mutating func carryOut(_ occurrence: Occurrence) {
        switch occurrence {
        case .migration(let id, let step): take(step, of: id)
        case .offlineMove(let id, let step): take(step, of: id)
        case .lockTimesOut(let id): timeOutLock(id)
        case .callActs(let id): act(id)
        }
        grantLocks()
    }

    private mutating func pass(_ deadline: Deadline) {
        switch deadline {
        case .call(let id, let duration):
            abandon(id, "no answer within \(duration)")
        case .wait(let id):
            waits.expire(id)
        }
    }
}

/// Names to places.
extension WorldState {
    /// - Throws: `.unknownHost`
    func place(ofHost name: String) throws(SimulationError) -> Int {
        guard let place = hosts.firstIndex(where: { $0.name == name }) else {
            let names = hosts.map(\.name).joined(separator: ", ")
            throw SimulationError(.unknownHost, "there is no host “\(name)”", remedy: "use one of \(names)")
        }
        return place
    }

    /// The host that a URI names: by the host part, or by the last part of the path when there is none.
    func place(of uri: HypervisorURI) -> Int? {
        guard uri.driver == "fake" else { return nil }
        let wanted = (uri.host ?? String(uri.path.dropFirst())).lowercased()
        return hosts.firstIndex {
            $0.name.lowercased() == wanted || $0.description.address.lowercased() == wanted
        }
    }

    /// - Throws: `.unknownGuest`
    func guest(_ name: String, on place: Int) throws(SimulationError) -> DomainRecord {
        guard let domain = hosts[place].domain(named: name) else {
            throw SimulationError(
                .unknownGuest, "there is no guest “\(name)” on “\(hosts[place].name)”",
                remedy: "use `dump` to see which guests are where")
        }
        return domain
    }
}
