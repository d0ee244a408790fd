import HypervisorAPI

/// A rule that the world, or who moves guests in it, broke.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The guest executes on two hosts at once: its disks are being destroyed.
        case runsTwice
        /// Active on two hosts, and no migration explains it.
        case activeTwice
        /// Nowhere running, nowhere defined, and nobody asked for that.
        case lost
        /// More migrations on a host than `migrationsPerHost`.
        case tooManyMigrations
        /// Two executing guests write to one disk.
        case diskShared
        /// Executes with a disk that was made for a copy which never arrived.
        case diskEmpty
        /// Runs from a volume that was deleted.
        case diskDeleted
    }

    package let kind: Kind
    /// The world's time since it began.
    package let time: Duration
    package let description: String
}

/// Watches the guests that change, and keeps what was wrong even if it passes.
struct Oversight: Sendable {
    static let bound = 200

    /// Guests that must be somewhere, with their names.
    var expected: [DomainUUID: String] = [:]
    /// Who has, or had, a disk of that path on any host.
    var diskUsers: [String: Set<DomainUUID>] = [:]
    /// Guests that changed since the last look.
    var touched: Set<DomainUUID> = []
    private(set) var violations: [Violation] = []
    /// What holds now and was reported already.
    private var standing: [DomainUUID: Set<Violation.Kind>] = [:]

    mutating func report(_ kind: Violation.Kind, at time: Duration, _ text: String) {
        guard violations.count < Self.bound else { return }
        violations.append(Violation(kind: kind, time: time, description: text))
    }

    /// Reports what is new among the rules that a guest breaks now.
    mutating func note(_ found: [(kind: Violation.Kind, text: String)], of guest: DomainUUID, at time: Duration) {
        let before = standing[guest] ?? []
        for violation in found where !before.contains(violation.kind) {
            report(violation.kind, at: time, violation.text)
        }
        standing[guest] = found.isEmpty ? nil : Set(found.map(\.kind))
    }
}

extension WorldState {
    /// Looks at every guest that changed. Called before the lock is given back.
    mutating func oversee() {
        guard !oversight.touched.isEmpty else { return }
        let touched = oversight.touched.sorted()
        oversight.touched = []
        for guest in touched { oversight.note(broken(by: guest), of: guest, at: now) }
    }

    mutating func countMigrations(on place: Int) {
        guard let bound = description.migrationsPerHost else { return }
        let count = migrations.values.count { $0.source == place || $0.destination == place }
        if count > bound {
            oversight.report(
                .tooManyMigrations, at: now, "\(count) migrations on \(hosts[place].name); \(bound) are allowed")
        }
    }

    private func broken(by guest: DomainUUID) -> [(kind: Violation.Kind, text: String)] {
        let records = hosts.compactMap { host in host.domains[guest].map { (host: host.name, domain: $0) } }
        let name = records.first?.domain.name ?? oversight.expected[guest] ?? guest.text
        var found: [(kind: Violation.Kind, text: String)] = []
        let executing = records.filter(\.domain.isExecuting).map(\.host)
        if executing.count > 1 { found.append((.runsTwice, "\(name) runs on \(executing.joined(separator: " and "))")) }
        let claiming = records.filter { $0.domain.isActive && !$0.domain.isExplained }.map(\.host)
        if claiming.count > 1 {
            found.append((.activeTwice, "\(name) is active on \(claiming.joined(separator: " and "))"))
        }
        if records.isEmpty, oversight.expected[guest] != nil { found.append((.lost, "\(name) is nowhere")) }
        if !executing.isEmpty, let other = diskSharer(with: guest) {
            found.append((.diskShared, "\(name) and \(other) write to one disk"))
        }
        for record in records where record.domain.isExecuting {
            guard let path = emptyDisk(of: record.domain, on: record.host) else { continue }
            found.append((.diskEmpty, "\(name) runs on \(record.host) with an empty disk \(path)"))
        }
        return found
    }

    private func emptyDisk(of domain: DomainRecord, on host: String) -> String? {
        domain.live?.disks.map(\.path).first { files[$0, host]?.isFilled == false }
    }

    /// Another executing guest with a writable disk of this one's: on the same host, or on a file system that
    /// both hosts see.
    private func diskSharer(with guest: DomainUUID) -> String? {
        for (place, host) in hosts.enumerated() {
            guard let domain = host.domains[guest], domain.isExecuting else { continue }
            for path in domain.writablePaths {
                let reach = files.isShared(path, on: host.name) ? Array(hosts.indices) : [place]
                for other in (oversight.diskUsers[path] ?? []).sorted() where other != guest {
                    let sharer = reach.compactMap { hosts[$0].domains[other] }.first { other in
                        other.isExecuting && other.writablePaths.contains(path)
                    }
                    if let sharer { return sharer.name }
                }
            }
        }
        return nil
    }
}

extension DomainRecord {
    /// Active as one end of a migration, or left over from one that is not decided.
    fileprivate var isExplained: Bool {
        switch job {
        case .incoming, .orphaned: true
        case .outgoing, nil: isUndecided || pausedReason == .migration
        }
    }

    fileprivate var writablePaths: [String] {
        (live?.disks ?? []).filter { !$0.isReadOnly && $0.device == "disk" }.map(\.path)
    }
}
