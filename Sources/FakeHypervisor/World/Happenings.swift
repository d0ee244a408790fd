import HypervisorAPI

extension WorldState {
    /// A domain event: into the trace, to the subscribers, to who waits for it.
    mutating func tell(_ event: DomainEvent, _ domain: DomainRecord, on place: Int) {
        tell(event, domain.uuid, domain.name, on: place)
    }

    mutating func tell(_ event: DomainEvent, _ uuid: DomainUUID, _ name: String, on place: Int) {
        note(EventName.text(event), guest: name, on: place)
        oversight.touched.insert(uuid)
        for subscription in subscriptions where subscription.host == place {
            subscription.queue?.push(.domain(uuid, name: name, event))
        }
        subscriptions.removeAll { $0.queue == nil }
    }

    /// Something else that happened.
    mutating func note(_ what: String, guest: String? = nil, on place: Int) {
        waits.notice(trace.add(time: now, host: hosts[place].name, guest: guest, what))
    }
}
