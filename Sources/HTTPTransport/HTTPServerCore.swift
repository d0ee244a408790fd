import NIOCore

/// What the connections of one server share: who is connected, who is being handled, how much is held.
/// Confined to its event loop.
final class HTTPServerCore {
    /// What `HTTPServer.run` is to do.
    enum Work: Sendable {
        case handle(HTTPRequest)
        /// Everything is over; `cancelling` when the time for a graceful end passed before.
        case end(cancelling: Bool)
    }

    /// Connections over the limit that are told so at once; further ones are closed without a word.
    private static let refusedConnections = 64

    let loop: any EventLoop
    let options: HTTPServer.Options
    let report: @Sendable (HTTPServerEvent) -> Void
    private let work: AsyncStream<Work>.Continuation
    private let wallClock: @Sendable () -> Int
    private var connections: [UInt64: HTTPServerConnection] = [:]
    /// Those of them that were not taken in; the others count as their users'.
    private var refused: Set<UInt64> = []
    private var taken: HTTPShares
    private var accepted: UInt64 = 0
    private var admission: HTTPAdmission<HTTPRequest>
    /// What the requests that wait or are handled and the connections hold.
    private var bytes: HTTPShares
    private var isStopping = false
    private var hasEnded = false
    private var deadline: Scheduled<Void>?
    private var emptied: (() -> Void)?
    private var dateText = (second: Int.min, text: "")

    init(
        loop: any EventLoop, options: HTTPServer.Options, work: AsyncStream<Work>.Continuation,
        wallClock: @escaping @Sendable () -> Int, report: @escaping @Sendable (HTTPServerEvent) -> Void
    ) {
        self.loop = loop
        self.options = options
        self.work = work
        self.wallClock = wallClock
        self.report = report
        let privileged = options.privilegedUsers
        admission = HTTPAdmission(
            running: options.concurrentRequests, waiting: options.waitingRequests, privileged: privileged)
        bytes = HTTPShares(limit: options.bufferedBytes, privileged: privileged)
        taken = HTTPShares(limit: options.connections, privileged: privileged)
    }

    var statistics: HTTPServerStatistics {
        HTTPServerStatistics(
            connections: connections.count, runningRequests: admission.running, waitingRequests: admission.waiting,
            bufferedBytes: bytes.total)
    }

    func account(_ change: Int, to peer: HTTPPeer) { bytes.add(change, to: peer.userID) }

    /// Why nothing more may be received from a peer now, if that is so.
    func lackOfBytes(for peer: HTTPPeer) -> HTTPViolation? {
        switch bytes.room(for: 0, of: peer.userID) {
        case .free: nil
        case .allTaken: HTTPViolation(503, "the server holds as many bytes for its clients as it may: try again later")
        case .shareTaken: beyondShare(of: peer, "bytes the server may hold", bytes.share)
        }
    }

    private func beyondShare(of peer: HTTPPeer, _ what: String, _ share: Int) -> HTTPViolation {
        let user = peer.userID.map { "user \($0)" } ?? "unknown users"
        return HTTPViolation(503, "of the \(what), \(user) may have \(share), and has them: try again later")
    }

    /// The time as a `Date` field gives it; made once a second.
    func date() -> String {
        let now = wallClock()
        if now != dateText.second { dateText = (now, HTTPDate.text(secondsSince1970: now)) }
        return dateText.text
    }

    // MARK: Connections

    func nextConnectionNumber() -> UInt64 {
        accepted += 1
        return accepted
    }

    func opened(_ connection: HTTPServerConnection) {
        connections[connection.peer.connection] = connection
        report(.connectionOpened(connection.peer))
        guard !isStopping, let violation = lackOfConnections(for: connection.peer) else {
            taken.add(1, to: connection.peer.userID)
            if isStopping { connection.cut() }
            return
        }
        refused.insert(connection.peer.connection)
        if refused.count > Self.refusedConnections { return connection.cut() }
        connection.refuse(violation)
    }

    private func lackOfConnections(for peer: HTTPPeer) -> HTTPViolation? {
        switch taken.room(for: 1, of: peer.userID) {
        case .free: nil
        case .allTaken:
            HTTPViolation(
                503, "\(options.connections) connections are open, the most this server takes: try again later")
        case .shareTaken: beyondShare(of: peer, "connections this server takes", taken.share)
        }
    }

    func closed(_ connection: HTTPServerConnection) {
        guard connections.removeValue(forKey: connection.peer.connection) != nil else { return }
        if refused.remove(connection.peer.connection) == nil { taken.add(-1, to: connection.peer.userID) }
        report(.connectionClosed(connection.peer))
        // Nothing was begun for it, and nobody would see the answer.
        if let request = admission.withdraw(connection.peer.connection) {
            account(-request.body.count, to: request.peer)
            report(.requestDropped(request.peer))
        }
        endIfDone()
        if connections.isEmpty { emptied?() }
    }

    // MARK: Requests

    func admit(_ request: HTTPRequest, from connection: HTTPServerConnection) {
        // Until its handler is done with it or it is dropped, whatever becomes of the connection.
        account(request.body.count, to: request.peer)
        switch admission.arrive(request, from: request.peer) {
        case .start: work.yield(.handle(request))
        case .wait: break
        case .refuse:
            let reason = "\(options.waitingRequests) requests are waiting, the most this server holds: try again later"
            refuse(request, from: connection, HTTPViolation(503, reason))
        case .refuseShare:
            let violation = beyondShare(
                of: request.peer, "places for requests that wait", admission.waitingShare)
            refuse(request, from: connection, violation)
        }
    }

    private func refuse(_ request: HTTPRequest, from connection: HTTPServerConnection, _ violation: HTTPViolation) {
        account(-request.body.count, to: request.peer)
        var response = HTTPResponseText.plain(violation)
        response.headers.append("Retry-After", "1")
        report(.requestRefused(request.peer, status: violation.status, reason: violation.reason))
        connection.finish(.response(response))
    }

    /// A handler is done. Its client may be gone; jobs outlive clients.
    func finished(_ request: HTTPRequest, _ outcome: HTTPServerExchange.Outcome) {
        account(-request.body.count, to: request.peer)
        leave(request.peer)
        if let connection = connections[request.peer.connection] {
            connection.finish(outcome)
        } else if case .broken = outcome {
            // The connection's end, which broke it, has been reported.
        } else {
            report(.responseDropped(request.peer, reason: "the client closed the connection"))
        }
        endIfDone()
    }

    /// Sends a piece of a streamed body. While a client keeps its handler waiting, another handler may run.
    /// - Parameter taken: called once, now or later: whether the kernel took it.
    func send(
        _ piece: [UInt8], of response: HTTPResponse, to request: HTTPPeer, taken: @escaping (Bool) -> Void
    ) {
        guard let connection = connections[request.connection] else { return taken(false) }
        var isTaken = false
        var hasLeft = false
        connection.send(piece, of: response) { success in
            isTaken = true
            if hasLeft { self.admission.comeBack(request) }
            taken(success)
        }
        guard !isTaken else { return }
        hasLeft = true
        leave(request)
    }

    private func leave(_ peer: HTTPPeer) {
        if let next = admission.leave(peer) { work.yield(.handle(next)) }
    }

    // MARK: The end

    /// Lets the exchanges under way finish until the shutdown timeout passes.
    func shutDown() {
        guard !isStopping else { return }
        isStopping = true
        for connection in Array(connections.values) { connection.drain() }
        if hasNothingLeft { return endIfDone() }
        deadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(options.shutdownTimeout)) { self.cut() }
    }

    /// Closes every connection now.
    func cut() {
        isStopping = true
        guard !hasEnded else { return }
        report(.shutdownCutShort(connections: connections.count, requests: admission.running))
        end(cancelling: true)
        for connection in Array(connections.values) { connection.cut() }
    }

    /// Calls back, now or later, when no connection is open.
    func whenEmpty(_ callback: @escaping () -> Void) {
        if connections.isEmpty { callback() } else { emptied = callback }
    }

    private var hasNothingLeft: Bool { connections.isEmpty && admission.running == 0 }

    private func endIfDone() {
        if isStopping, hasNothingLeft { end(cancelling: false) }
    }

    private func end(cancelling: Bool) {
        guard !hasEnded else { return }
        hasEnded = true
        deadline?.cancel()
        work.yield(.end(cancelling: cancelling))
        work.finish()
    }
}
