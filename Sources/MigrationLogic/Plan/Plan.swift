import HypervisorAPI

/// Who moves, from where, to where, how: a request with every name resolved.
package struct MigrationPlan: Hashable, Sendable, Codable {
    package var guestName: String
    package var guestUUID: DomainUUID
    package var source: HostDescription
    package var destination: HostDescription
    package var request: MigrationRequest

    package init(
        guestName: String, guestUUID: DomainUUID, source: HostDescription, destination: HostDescription,
        request: MigrationRequest
    ) {
        self.guestName = guestName
        self.guestUUID = guestUUID
        self.source = source
        self.destination = destination
        self.request = request
    }

    package var kind: MigrationKind { request.kind }

    /// MiB/s: the least of what was asked and the two hosts' caps; `nil` when nothing limits it.
    package var bandwidthMiBPerSecond: UInt64? {
        [request.bandwidthMiBPerSecond, source.bandwidthMiBPerSecond, destination.bandwidthMiBPerSecond]
            .compactMap { $0 }.min()
    }
}

/// Where a guest was looked for and what came back.
package struct GuestLocation: Hashable, Sendable {
    package var host: HostDescription
    package var answer: Reading<DomainSummary?>

    package init(host: HostDescription, answer: Reading<DomainSummary?>) {
        self.host = host
        self.answer = answer
    }
}

/// Decides on which host the guest is that a client named.
package enum GuestLocator {
    /// What runs goes before the half of it that a migration is bringing in, and both before leftovers that do not run.
    package static func choose(
        _ guest: GuestSelector, among locations: [GuestLocation]
    ) throws(RequestError) -> (HostDescription, DomainSummary) {
        let found = locations.compactMap { location -> (host: HostDescription, domain: DomainSummary)? in
            if case .known(.some(let domain)) = location.answer { (location.host, domain) } else { nil }
        }
        let best = found.map(\.domain.presence).max()
        let candidates = found.filter { $0.domain.presence == best }
        if candidates.count == 1 { return candidates[0] }
        guard found.isEmpty else {
            let places = candidates.map { "\($0.domain.uuid) on \($0.host.name) (\($0.domain.state.rawValue))" }
            throw RequestError(
                .ambiguousGuest,
                "\(guest) stands for \(candidates.count) domains: \(places.joined(separator: ", ")). Name one by its UUID."
            )
        }
        let unasked = locations.compactMap { location -> String? in
            if case .failed(let error) = location.answer { "\(location.host.name) (\(error.message))" } else { nil }
        }
        guard unasked.isEmpty else {
            // "Not found" would be a lie while somebody could not be asked.
            let asked = locations.count - unasked.count
            throw RequestError(
                .guestUnknown,
                "\(guest) was not found on \(asked) of \(locations.count) hosts; could not ask "
                    + "\(unasked.joined(separator: ", ")).")
        }
        throw RequestError(.noSuchGuest, "No such domain: \(guest). No configured host knows it.")
    }
}

/// How much of a guest a domain is.
package enum DomainPresence: Int, Comparable, Sendable {
    case defined, incoming, active

    package static func < (lhs: DomainPresence, rhs: DomainPresence) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension DomainSummary {
    package var presence: DomainPresence {
        guard isActive else { return .defined }
        switch pausedReason {
        case .migration, .postCopy, .startingUp: return .incoming
        case .user, .postCopyFailed, .inputOutputError, .other, .none: return .active
        }
    }
}
