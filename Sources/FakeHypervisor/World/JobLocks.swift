import HypervisorAPI

/// A call that changes a domain and waits until no job holds that domain.
struct LockWait: Sendable {
    typealias Act = @Sendable (inout WorldState, DomainRecord) throws(Refusal) -> Void

    /// As long as libvirt's QEMU driver waits for a domain's job lock.
    static let patience = Duration.seconds(30)

    let guest: DomainUUID
    let ticket: Ticket<Void>
    let act: Act
    let timeout: Agenda<Occurrence>.Token
}

extension WorldState {
    /// Lets a call act on a domain at once, or when the domain's job has ended.
    /// - Returns: `nil` when it waits.
    /// - Throws: what `act` throws, `.noSuchDomain`; after 30 s, `.operationTimeout`.
    mutating func withJobLock(
        _ guest: DomainUUID, _ ticket: Ticket<Void>, _ act: @escaping LockWait.Act
    ) throws(Refusal) -> Void? {
        guard let domain = hosts[ticket.host].domains[guest] else { throw .noDomain(guest) }
        guard domain.job != nil else { return try act(&self, domain) }
        let timeout = agenda.add(.lockTimesOut(ticket.id), at: now + LockWait.patience)
        lockWaits.append(LockWait(guest: guest, ticket: ticket, act: act, timeout: timeout))
        return nil
    }

    /// Lets those act that waited for a job which has ended, in the order of their arrival. Called after every change.
    mutating func grantLocks() {
        while let place = lockWaits.firstIndex(where: { hosts[$0.ticket.host].domains[$0.guest]?.job == nil }) {
            let wait = lockWaits.remove(at: place)
            agenda.remove(wait.timeout)
            // The daemon that died took its calls with it.
            guard calls[wait.ticket.id] != nil else { continue }
            wait.ticket.answer(granted(wait), in: &self)
        }
    }

    private mutating func granted(_ wait: LockWait) -> Result<Void, Refusal> {
        do throws(Refusal) {
            guard let domain = hosts[wait.ticket.host].domains[wait.guest] else { throw .noDomain(wait.guest) }
            return .success(try wait.act(&self, domain))
        } catch {
            return .failure(error)
        }
    }

    mutating func timeOutLock(_ id: CallID) {
        guard let place = lockWaits.firstIndex(where: { $0.ticket.id == id }) else { return }
        let wait = lockWaits.remove(at: place)
        let job = hosts[wait.ticket.host].domains[wait.guest]?.job
        wait.ticket.answer(.failure(.locked(by: job)), in: &self)
    }
}
