import HypervisorAPI

extension SimulatedWorld {
    /// The whole world as one JSON object on one line. Lists are sorted, so that equal worlds give equal text.
    package func dump() -> String { withState { $0.dump().text } }
}

extension WorldState {
    func dump() -> JSONValue {
        .object([
            "time": .seconds(now),
            "clock": .object(["held": .boolean(timeline.isHeld), "speed": .number(timeline.speed)]),
            "hosts": .array(hosts.map(Self.json)),
            "storage": .array(files.directories.map(Self.json)),
            "migrations": .array(migrations.keys.sorted().compactMap { migrations[$0] }.map(json)),
            "offlineMoves": .array(offlineMoves.keys.sorted().compactMap { offlineMoves[$0] }.map(json)),
            "calls": .array(calls.keys.sorted().compactMap { calls[$0] }.map(json)),
            "faults": .array(faults.listed.map { Self.json($0.id, $0.fault) }),
            "violations": .array(oversight.violations.map(\.json)),
            "lastTraceNumber": .integer(Int64(trace.lastNumber)),
        ])
    }

    private static func json(_ host: HostState) -> JSONValue {
        .object([
            "name": .string(host.name),
            "address": .string(host.description.address),
            "uuid": .string(host.description.uuid.text),
            "power": .boolean(host.hasPower),
            "daemon": .boolean(host.runsDaemon),
            "reachable": .boolean(host.isReachable),
            "missingPaths": .array(host.missingPaths.sorted().map(JSONValue.string)),
            "fullPaths": .array(host.fullPaths.sorted().map(JSONValue.string)),
            "guests": .array(host.sortedDomains.map(json)),
        ])
    }

    private static func json(_ domain: DomainRecord) -> JSONValue {
        .object([
            "name": .string(domain.name),
            "uuid": .string(domain.uuid.text),
            "id": domain.id.map { .integer(Int64($0)) } ?? .null,
            "state": .string(domain.state.rawValue),
            "pausedReason": .optional(domain.pausedReason?.rawValue),
            "persistent": .boolean(domain.persistent != nil),
            "startsWithHost": .boolean(domain.summary.startsWithHost),
            "mark": json(domain.live?.mark),
            "persistentMark": json(domain.persistent?.mark),
            "memoryMiB": .integer(Int64(domain.current?.memoryMiB ?? 0)),
            "dirtyMiBPerSecond": .number(domain.current?.dirtyMiBPerSecond ?? 0),
            "job": .optional(domain.job?.word),
            "undecided": .boolean(domain.isUndecided),
        ])
    }

    private static func json(_ directory: FileSystems.Directory) -> JSONValue {
        let volumes = directory.volumes.sorted { $0.key < $1.key }
        return .object([
            "pool": .string(directory.pool),
            "path": .string(directory.path),
            "hosts": .array(directory.hosts.sorted().map(JSONValue.string)),
            "volumes": .array(
                volumes.map { name, volume in
                    .object([
                        "name": .string(name), "capacity": .integer(Int64(clamping: volume.capacity)),
                        "format": .string(volume.format), "filled": .boolean(volume.isFilled),
                    ])
                }),
        ])
    }

    private static func json(_ mark: OwnershipMark?) -> JSONValue {
        guard let mark else { return .null }
        return .object([
            "owner": .string(mark.owner), "generation": .string("\(mark.generation)"), "job": .string(mark.job),
        ])
    }

    private func json(_ move: OfflineMove) -> JSONValue {
        .object([
            "guest": .string(move.name),
            "source": .string(hosts[move.source].name),
            "destination": .string(hosts[move.destination].name),
            "began": .seconds(move.began),
            "defined": .boolean(move.isDefined),
        ])
    }

    private func json(_ migration: Migration) -> JSONValue {
        var preCopy = migration.preCopy
        preCopy.accrue(to: now)
        return .object([
            "guest": .string(migration.name),
            "source": .string(hosts[migration.source].name),
            "destination": .string(hosts[migration.destination].name),
            "phase": .string(migration.phase.word),
            "began": .seconds(migration.began),
            "diskMiB": .number(preCopy.disks),
            "remainingDiskMiB": .number(preCopy.remainingDisks),
            "iteration": .integer(Int64(preCopy.iteration)),
            "remainingMiB": .number(preCopy.remaining),
            "bandwidthMiBPerSecond": .number(preCopy.bandwidth),
        ])
    }

    private func json(_ call: PendingCall) -> JSONValue {
        .object([
            "call": .string(call.call.rawValue),
            "host": .string(hosts[call.host].name),
            "acted": .boolean(call.start == nil),
            "heldByFault": call.heldBy.map { .integer(Int64($0.number)) } ?? .null,
            "abandoned": .boolean(call.isAbandoned),
        ])
    }

    private static func json(_ id: FaultID, _ fault: Fault) -> JSONValue {
        .object([
            "fault": .integer(Int64(id.number)),
            "effect": .string(fault.effect.word),
            "call": .optional(fault.call?.rawValue),
            "host": .optional(fault.host),
            "nth": .integer(Int64(fault.nth)),
        ])
    }
}

extension TraceEntry {
    var json: JSONValue {
        .object([
            "number": .integer(Int64(number)), "time": .seconds(time), "host": .string(host),
            "guest": .optional(guest), "what": .string(what),
        ])
    }
}

extension Violation {
    var json: JSONValue {
        .object(["kind": .string(kind.rawValue), "time": .seconds(time), "description": .string(description)])
    }
}

extension Migration.Phase {
    fileprivate var word: String {
        switch self {
        case .connecting: "connecting"
        case .copying: "copying"
        case .switchingOver: "switchingOver"
        case .confirming: "confirming"
        case .undefining: "undefining"
        }
    }
}

extension DomainRecord.Job {
    fileprivate var word: String {
        switch self {
        case .outgoing: "outgoing"
        case .incoming: "incoming"
        case .orphaned: "orphaned"
        }
    }
}

extension Fault.Effect {
    fileprivate var word: String {
        switch self {
        case .hang: "hang"
        case .slow: "slow"
        case .fail: "fail"
        case .loseReply: "lose-reply"
        }
    }
}
