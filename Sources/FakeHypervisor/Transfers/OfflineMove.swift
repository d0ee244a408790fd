import HypervisorAPI

/// The move of a definition under way. libvirt shows no job of it.
///
///     defining ──► defined at the destination ──► undefined at the source: done
///         └───────────────┴── peer or daemon lost: what is defined stays so, on one host or on both
struct OfflineMove: Sendable {
    enum Step: Hashable, Sendable { case defines, undefines, losesPeer }

    let id: MigrationID
    let guest: DomainUUID
    let name: String
    let source: Int
    let destination: Int
    let mark: OwnershipMark?
    let began: Duration
    let ticket: Ticket<Void>
    var isDefined = false
    /// The next step in the agenda.
    var step: Agenda<Occurrence>.Token?
    var isStalled = false

    var link: Links.Key { Links.Key(source, destination) }
}

extension WorldState {
    mutating func beginOffline(
        _ domain: DomainRecord, _ transfer: OfflineTransfer, ticket: Ticket<Void>
    ) throws(Refusal) {
        let source = ticket.host
        let destination = try peer(transfer.peerURI, of: source)
        try checkWay(from: source, to: destination)
        try checkIdentity(domain, on: destination)
        let id = nextMigrationID()
        offlineMoves[id] = OfflineMove(
            id: id, guest: domain.uuid, name: domain.name, source: source, destination: destination,
            mark: transfer.mark, began: now, ticket: ticket)
        hosts[source].domains[domain.uuid]?.job = .outgoing(id)
        plan(.defines, of: id, after: MigrationTiming.define)
    }

    mutating func take(_ step: OfflineMove.Step, of id: MigrationID) {
        switch step {
        case .defines: define(id)
        case .undefines: undefine(id)
        case .losesPeer: end(offline: id, .peerLost)
        }
    }

    private mutating func define(_ id: MigrationID) {
        guard let move = offlineMoves[id], let domain = hosts[move.source].domains[move.guest],
            let definition = domain.persistent ?? domain.live
        else { return end(offline: id, .guestEnded) }
        do { try checkIdentity(domain, on: move.destination) } catch { return end(offline: id, error) }
        var record =
            hosts[move.destination].domains[move.guest]
            ?? DomainRecord(uuid: move.guest, name: move.name, state: .shutOff)
        record.persistent = definition.carrying(move.mark)
        hosts[move.destination].domains[move.guest] = record
        offlineMoves[id]?.isDefined = true
        tell(.defined, record, on: move.destination)
        plan(.undefines, of: id, after: MigrationTiming.undefine)
    }

    /// The source tells nobody that the definition is gone. As the real one does it, that of a guest which runs stays,
    /// and is doubled.
    private mutating func undefine(_ id: MigrationID) {
        guard let move = offlineMoves.removeValue(forKey: id) else { return }
        hosts[move.source].domains[move.guest]?.job = nil
        if hosts[move.source].domains[move.guest]?.isActive == false { hosts[move.source].domains[move.guest] = nil }
        oversight.touched.insert(move.guest)
        move.ticket.answer(.success(()), in: &self)
    }

    /// What it has done so far stays.
    mutating func end(offline id: MigrationID, _ refusal: Refusal) {
        guard let move = offlineMoves.removeValue(forKey: id) else { return }
        if let step = move.step { agenda.remove(step) }
        hosts[move.source].domains[move.guest]?.job = nil
        oversight.touched.insert(move.guest)
        move.ticket.answer(.failure(refusal), in: &self)
    }

    /// A host's daemon is dead, with its host or without.
    mutating func endOfflineMoves(withDaemonOf place: Int) {
        for id in offlineMoves.keys.sorted() {
            if offlineMoves[id]?.source == place { end(offline: id, .connectionLost) }
            if offlineMoves[id]?.destination == place {
                if hosts[place].hasPower { end(offline: id, .peerLost) } else { stallOffline(id) }
            }
        }
    }

    mutating func setCutOffline(_ link: Links.Key, _ isCut: Bool) {
        for id in offlineMoves.keys.sorted() where offlineMoves[id]?.link == link {
            if isCut { stallOffline(id) } else { goOnOffline(id) }
        }
    }

    private mutating func stallOffline(_ id: MigrationID) {
        guard offlineMoves[id]?.isStalled == false else { return }
        offlineMoves[id]?.isStalled = true
        plan(.losesPeer, of: id, after: MigrationTiming.keepalive)
    }

    private mutating func goOnOffline(_ id: MigrationID) {
        guard let move = offlineMoves[id], move.isStalled, hosts[move.destination].runsDaemon else { return }
        offlineMoves[id]?.isStalled = false
        plan(
            move.isDefined ? .undefines : .defines, of: id,
            after: move.isDefined ? MigrationTiming.undefine : MigrationTiming.define)
    }

    private mutating func plan(_ step: OfflineMove.Step, of id: MigrationID, after delay: Duration) {
        if let step = offlineMoves[id]?.step { agenda.remove(step) }
        offlineMoves[id]?.step = agenda.add(.offlineMove(id, step), at: now + delay)
    }
}
