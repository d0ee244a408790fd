/// Who may start now: at most `running` at once, at most `waiting` in line, and of either no more than its share for one
/// user. First come, first served; but one who waits for others of its own user holds up nobody else.
///
/// Invariant: nobody waits who could start. So one who arrives and may start overtakes nobody of its own user, and one
/// who leaves makes place for one at most.
struct HTTPAdmission<Ticket: Sendable>: Sendable {
    enum Decision: Sendable, Hashable {
        case start
        case wait
        /// The line is full.
        case refuse
        /// The line is not full, but the user's share of it is.
        case refuseShare
    }

    private struct Entry: Sendable {
        var ticket: Ticket
        var connection: UInt64
        /// Counts all who waited.
        var arrival: Int
    }

    private struct Place: Sendable {
        var user: UInt32?
        var number: Int
    }

    private var runningShares: HTTPShares
    private var waitingShares: HTTPShares
    /// A line for each user of whom somebody waits.
    private var lines: [UInt32?: HTTPLine<Entry>] = [:]
    /// By the connection's number.
    private var places: [UInt64: Place] = [:]
    private var arrivals = 0

    var running: Int { runningShares.total }
    var waiting: Int { waitingShares.total }
    /// How many one user may have in line.
    var waitingShare: Int { waitingShares.share }

    /// - Parameter privileged: users who may have all places.
    init(running: Int, waiting: Int, privileged: Set<UInt32>) {
        runningShares = HTTPShares(limit: running, privileged: privileged)
        waitingShares = HTTPShares(limit: waiting, privileged: privileged)
    }

    /// - Parameter peer: a connection of which nothing waits: it has one request at a time.
    mutating func arrive(_ ticket: Ticket, from peer: HTTPPeer) -> Decision {
        let user = peer.userID
        if runningShares.room(for: 1, of: user) == .free {
            runningShares.add(1, to: user)
            return .start
        }
        switch waitingShares.room(for: 1, of: user) {
        case .allTaken: return .refuse
        case .shareTaken: return .refuseShare
        case .free: break
        }
        arrivals += 1
        let entry = Entry(ticket: ticket, connection: peer.connection, arrival: arrivals)
        let number = lines[user, default: HTTPLine()].append(entry)
        places[peer.connection] = Place(user: user, number: number)
        waitingShares.add(1, to: user)
        return .wait
    }

    /// One has ended, or gives up its place for a while; returns the one that takes it.
    mutating func leave(_ peer: HTTPPeer) -> Ticket? {
        runningShares.add(-1, to: peer.userID)
        var first: (entry: Entry, user: UInt32?)?
        for user in lines.keys where runningShares.room(for: 1, of: user) == .free {
            guard let entry = lines[user]?.first else { continue }
            if entry.arrival < first?.entry.arrival ?? .max { first = (entry, user) }
        }
        guard let first else { return nil }
        runningShares.add(1, to: first.user)
        return withdraw(first.entry.connection)
    }

    /// One that had left goes on. It has been begun, so it does not wait again: for a moment more than the limit may
    /// run, and nobody follows until there are fewer.
    mutating func comeBack(_ peer: HTTPPeer) { runningShares.add(1, to: peer.userID) }

    /// Takes what waits of a connection out of the line, if there is such a one.
    mutating func withdraw(_ connection: UInt64) -> Ticket? {
        guard let place = places.removeValue(forKey: connection),
            let entry = lines[place.user]?.remove(place.number)
        else { return nil }
        if lines[place.user]?.isEmpty == true { lines[place.user] = nil }
        waitingShares.add(-1, to: place.user)
        return entry.ticket
    }
}
