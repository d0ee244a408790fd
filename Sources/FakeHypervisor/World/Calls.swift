import HypervisorAPI

/// A call from its arrival to its answer.
extension WorldState {
    /// What a client asks.
    struct Request: Sendable {
        let call: HostCall
        let uri: HypervisorURI
        let client: ClientID
        /// The caller's, in the injected clock's time.
        let deadline: Duration
        /// Calls to one host whose callers gave them up; more are not made.
        let stuckLimit: Int
    }

    typealias Action<Value: Sendable> = @Sendable (inout WorldState, Ticket<Value>) throws(Refusal) -> Value?

    /// Makes a call. Its answer goes to `reply`, at once or later.
    /// - Parameter action: acts and answers; `nil` means that it answers later, through the ticket.
    mutating func receive<Value: Sendable>(
        _ request: Request, _ id: CallID, reply: Reply<Value, HypervisorError>, _ action: @escaping Action<Value>
    ) {
        let host: Int
        do { host = try admit(request) } catch {
            reply.resolve(.failure(error))
            return
        }
        let verdict = faults.judge(request.call, host: hosts[host].name)
        let ticket = Ticket(id: id, host: host, reply: reply)
        var call = PendingCall(
            call: request.call, uri: request.uri.text, client: request.client, host: host,
            losesReply: verdict.losesReply, fail: { reply.resolve(.failure($0)) })
        call.heldBy = verdict.hangsOn
        call.start = { state in
            if let refusal = verdict.refusal { return ticket.answer(.failure(refusal), in: &state) }
            do throws(Refusal) {
                if let value = try action(&state, ticket) { ticket.answer(.success(value), in: &state) }
            } catch {
                ticket.answer(.failure(error), in: &state)
            }
        }
        calls[id] = call
        if let delay = verdict.delay { agenda.add(.callActs(id), at: now + delay) } else { act(id) }
        if calls[id] != nil { deadlines.add(.call(id, request.deadline), at: wall + request.deadline) }
    }

    /// Takes a call off because it is answered; `nil` when it is over already.
    mutating func takeCall(_ id: CallID) -> PendingCall? { calls.removeValue(forKey: id) }

    /// Lets a call act, unless a fault holds it.
    mutating func act(_ id: CallID) {
        guard let call = calls[id], call.heldBy == nil, let start = call.start else { return }
        calls[id]?.start = nil
        start(&self)
    }

    /// Its caller waits no longer. The call goes on.
    mutating func abandon(_ id: CallID, _ why: String) {
        guard let call = calls[id], !call.isAbandoned else { return }
        calls[id]?.isAbandoned = true
        call.fail(
            HypervisorError(
                code: .unknownOutcome, message: "\(why): the outcome is not known", call: call.call.libvirtName,
                uri: call.uri))
    }

    /// Lets every call act that this fault holds, in the order of their arrival.
    mutating func letGo(_ fault: FaultID) {
        for id in calls.keys.sorted() where calls[id]?.heldBy == fault {
            calls[id]?.heldBy = nil
            act(id)
        }
    }

    /// Every connection to a host breaks: calls under way lose their answer, subscriptions end.
    mutating func dropConnections(to host: Int) {
        for id in calls.keys.sorted() where calls[id]?.host == host {
            guard let call = takeCall(id) else { continue }
            call.fail(Refusal.connectionLost.error(call: call.call, uri: call.uri))
        }
        endSubscriptions { $0.host == host }
    }

    /// A client closes: its calls under way lose their answer, later ones are not made.
    mutating func close(_ client: ClientID) {
        closedClients.insert(client)
        for id in calls.keys.sorted() where calls[id]?.client == client {
            guard let call = calls[id], !call.isAbandoned else { continue }
            calls[id]?.isAbandoned = true
            call.fail(Refusal.connectionLost.error(call: call.call, uri: call.uri))
        }
        endSubscriptions { $0.client == client }
    }

    private mutating func endSubscriptions(_ isOver: (Subscription) -> Bool) {
        for subscription in subscriptions where isOver(subscription) { subscription.queue?.finish() }
        subscriptions.removeAll(where: isOver)
    }

    /// The called host's place.
    private func admit(_ request: Request) throws(HypervisorError) -> Int {
        guard !closedClients.contains(request.client) else {
            throw own(.shutDown, "this process makes no more calls", request)
        }
        guard let host = place(of: request.uri) else {
            throw Refusal.unresolved(request.uri.host ?? request.uri.path).error(call: request.call, uri: request.uri.text)
        }
        if let refusal = connectionRefusal(host) { throw refusal.error(call: request.call, uri: request.uri.text) }
        let stuck = calls.values.count { $0.isAbandoned && $0.host == host && $0.client == request.client }
        guard stuck < request.stuckLimit else {
            throw own(.hostStuck, "\(stuck) calls hang; no more are made until one returns", request)
        }
        return host
    }

    private func connectionRefusal(_ host: Int) -> Refusal? {
        let address = hosts[host].description.address
        if !hosts[host].hasPower || !hosts[host].isReachable { return .noRoute(address) }
        return hosts[host].runsDaemon ? nil : .refused(address)
    }

    private func own(_ code: HypervisorError.Code, _ message: String, _ request: Request) -> HypervisorError {
        HypervisorError(code: code, message: message, call: request.call.libvirtName, uri: request.uri.text)
    }
}
