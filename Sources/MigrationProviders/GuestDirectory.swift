import HypervisorAPI
import MigrationLogic
import Synchronization

/// A guest as clients see it.
struct Guest: Sendable {
    /// The `Name` of its instance.
    var name: String
    var host: String
    var domain: DomainSummary
}

/// The guests of all configured hosts, found by name and by UUID. The table is made anew when a host was read again, and
/// not for each question: there may be thousands of guests.
final class GuestDirectory: Sendable {
    struct Table: Sendable {
        /// By name.
        let all: [Guest]
        private let byName: [String: Int]
        private let byUUID: [DomainUUID: Int]

        init(_ guests: [Guest]) {
            all = guests
            byName = Dictionary(guests.enumerated().map { ($1.name, $0) }) { first, _ in first }
            byUUID = Dictionary(guests.enumerated().map { ($1.domain.uuid, $0) }) { first, _ in first }
        }

        subscript(named name: String) -> Guest? { byName[name].map { all[$0] } }
        subscript(uuid: DomainUUID) -> Guest? { byUUID[uuid].map { all[$0] } }
    }

    /// Which readings a table was made of.
    private struct Reading: Hashable {
        var host: String
        var at: Timestamp?
    }

    private let made = Mutex<(readings: [Reading], table: Table)?>(nil)

    func table(_ state: MigrationState) -> Table {
        let readings = state.orderedHosts.map { Reading(host: $0.description.name, at: $0.readAt) }
        if let table = made.withLock({ $0?.readings == readings ? $0?.table : nil }) { return table }
        let table = Table(Self.guests(state))
        made.withLock { $0 = (readings, table) }
        return table
    }

    /// `Name` is a key, and two hosts may have a guest of one name. The one that runs keeps it; another guest
    /// shows under its UUID; a second definition of the same guest is not a second guest.
    private static func guests(_ state: MigrationState) -> [Guest] {
        let all = state.orderedHosts.flatMap { host in
            host.domains.map { Guest(name: $0.name, host: host.description.name, domain: $0) }
        }
        var taken: Set<String> = []
        var shown: Set<DomainUUID> = []
        var guests: [Guest] = []
        let ranked = [.active, .incoming, .defined].flatMap { rank in all.filter { $0.domain.presence == rank } }
        for var guest in ranked {
            guard shown.insert(guest.domain.uuid).inserted else { continue }
            if taken.contains(guest.name) { guest.name = guest.domain.uuid.text }
            taken.insert(guest.name)
            guests.append(guest)
        }
        return guests.sorted { ($0.name, $0.host) < ($1.name, $1.host) }
    }
}
