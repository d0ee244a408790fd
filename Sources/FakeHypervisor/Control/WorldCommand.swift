import HypervisorAPI

/// What can be done to a world from outside its hosts. The control socket has a word for each case.
package enum WorldCommand: Hashable, Sendable {
    /// Power loss, and its end.
    case hostDown(String)
    case hostUp(String)
    /// The management daemon is killed, and starts again. Guests go on.
    case daemonDown(String)
    case daemonUp(String)
    /// This process, but no peer, loses the host from sight, and sees it again.
    case unreachable(String)
    case reachable(String)
    case linkCut(String, String)
    case linkRestore(String, String)
    case guestDefine(host: String, GuestDescription)
    case guestUndefine(host: String, guest: String)
    case guestStart(host: String, guest: String)
    /// Destroys it.
    case guestStop(host: String, guest: String)
    /// Its emulator dies.
    case guestCrash(host: String, guest: String)
    case guestPause(host: String, guest: String)
    case guestResume(host: String, guest: String)
    /// How fast it writes its memory from now on.
    case guestDirty(host: String, guest: String, miBPerSecond: Double)
    case diskMissing(host: String, path: String, Bool)
    case diskFull(host: String, path: String, Bool)
    /// The world's time stands still, and goes on.
    case clockHold
    case clockRelease
    /// Lets that much of the world's time pass at once; held or not.
    case clockAdvance(Duration)
    /// Seconds of the world per second of the clock.
    case clockSpeed(Double)
    /// Every fault ends; calls that hang act.
    case releaseAll
}

extension SimulatedWorld {
    /// - Throws: `.unknownHost`, `.unknownGuest`, `.conflict` or `.invalidValue`; then nothing has changed.
    package func perform(_ command: WorldCommand) throws(SimulationError) {
        try withState { state throws(SimulationError) in try state.perform(command) }
    }

    /// - Returns: what `release` wants.
    /// - Throws: `.unknownHost` or `.invalidValue`.
    package func add(_ fault: Fault) throws(SimulationError) -> FaultID {
        try withState { state throws(SimulationError) in
            if let host = fault.host { _ = try state.place(ofHost: host) }
            return try state.faults.add(fault)
        }
    }

    /// Ends a fault; calls that hang on it act, in the order of their arrival.
    /// - Throws: `.conflict` when there is no such fault (any more).
    package func release(_ id: FaultID) throws(SimulationError) {
        try withState { state throws(SimulationError) in
            guard state.faults.remove(id) else {
                throw SimulationError(
                    .conflict, "there is no fault \(id.number)", remedy: "it struck already or was released; see `dump`")
            }
            state.letGo(id)
        }
    }
}

extension WorldState {
    mutating func perform(_ command: WorldCommand) throws(SimulationError) {
        switch command {
        case .hostDown(let host): losePower(try place(ofHost: host))
        case .hostUp(let host): restorePower(try place(ofHost: host))
        case .daemonDown(let host): killDaemon(try place(ofHost: host))
        case .daemonUp(let host): startDaemon(try place(ofHost: host))
        case .unreachable(let host): setReachable(try place(ofHost: host), false)
        case .reachable(let host): setReachable(try place(ofHost: host), true)
        case .linkCut(let first, let second): setCut(try link(first, second), true)
        case .linkRestore(let first, let second): setCut(try link(first, second), false)
        case .guestDefine, .guestUndefine, .guestStart, .guestStop, .guestCrash, .guestPause, .guestResume, .guestDirty:
            try performOnGuest(command)
        case .diskMissing(let host, let path, let isMissing): setMissing(path, on: try place(ofHost: host), isMissing)
        case .diskFull(let host, let path, let isFull): setFull(path, on: try place(ofHost: host), isFull)
        case .clockHold: timeline.hold(atWall: wall)
        case .clockRelease: timeline.release(atWall: wall)
        case .clockAdvance(let duration): try advance(duration)
        case .clockSpeed(let speed): try change(speed: speed)
        case .releaseAll: releaseAll()
        }
    }

    private mutating func performOnGuest(_ command: WorldCommand) throws(SimulationError) {
        switch command {
        case .guestDefine(let host, let guest): try define(guest, on: try place(ofHost: host))
        case .guestUndefine(let host, let guest): try undefine(guest, on: try place(ofHost: host))
        case .guestStart(let host, let guest): try start(guest: guest, on: try place(ofHost: host))
        case .guestStop(let host, let guest): try kill(guest, on: try place(ofHost: host), crashes: false)
        case .guestCrash(let host, let guest): try kill(guest, on: try place(ofHost: host), crashes: true)
        case .guestPause(let host, let guest): try pause(guest, on: try place(ofHost: host), true)
        case .guestResume(let host, let guest): try pause(guest, on: try place(ofHost: host), false)
        case .guestDirty(let host, let guest, let rate):
            let place = try place(ofHost: host)
            setDirtying(try self.guest(guest, on: place).uuid, on: place, rate: rate)
        default: break
        }
    }

    private func link(_ first: String, _ second: String) throws(SimulationError) -> Links.Key {
        let (low, high) = (try place(ofHost: first), try place(ofHost: second))
        guard low != high else {
            throw SimulationError(.invalidValue, "a host has no link to itself", remedy: "name two hosts")
        }
        return Links.Key(low, high)
    }

    private mutating func advance(_ duration: Duration) throws(SimulationError) {
        guard duration >= .zero else {
            throw SimulationError(.invalidValue, "time does not go back", remedy: "advance by 0 or more seconds")
        }
        skip(duration)
    }

    private mutating func change(speed: Double) throws(SimulationError) {
        guard speed > 0, speed <= 1_000_000 else {
            throw SimulationError(.invalidValue, "the speed is \(speed)", remedy: "use more than 0, at most 1,000,000")
        }
        timeline.change(speed: speed, atWall: wall)
    }

    private mutating func releaseAll() {
        for (id, _) in faults.listed {
            _ = faults.remove(id)
            letGo(id)
        }
    }
}
