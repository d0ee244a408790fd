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
    private var refused: Set<UInt64> = []
    private var accepted: UInt64 = 0
    private var admission: HTTPAdmission<HTTPRequest>
    private var bufferedBytes = 0
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
        admission = HTTPAdmission(running: options.concurrentRequests, waiting: options.waitingRequests)
    }

    var isOverBudget: Bool { bufferedBytes > options.bufferedBytes }

    var statistics: HTTPServerStatistics {
        HTTPServerStatistics(
            connections: connections.count, runningRequests: admission.running, waitingRequests: admission.waiting,
            bufferedBytes: bufferedBytes)
    }

    func account(_ change: Int) { bufferedBytes += change }

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
        if isStopping { return connection.cut() }
        guard connections.count - refused.count > options.connections else { return }
        refused.insert(connection.peer.connection)
        if refused.count > Self.refusedConnections { return connection.cut() }
        connection.refuse(
            HTTPViolation(
                503, "\(options.connections) connections are open, the most this server takes: try again later"))
    }

    func closed(_ connection: HTTPServerConnection) {
        guard connections.removeValue(forKey: connection.peer.connection) != nil else { return }
        refused.remove(connection.peer.connection)
        report(.connectionClosed(connection.peer))
        endIfDone()
        if connections.isEmpty { emptied?() }
    }

    // MARK: Requests

    func admit(_ request: HTTPRequest, from connection: HTTPServerConnection) {
        switch admission.arrive(request) {
        case .start: work.yield(.handle(request))
        case .wait: break
        case .refuse:
            let reason = "\(options.waitingRequests) requests are waiting, the most this server holds: try again later"
            var response = HTTPResponseText.plain(HTTPViolation(503, reason))
            response.headers.append("Retry-After", "1")
            report(.requestRefused(connection.peer, status: 503, reason: reason))
            connection.finish(.response(response))
        }
    }

    /// A handler is done. Its client may be gone; jobs outlive clients.
    func finished(_ request: HTTPPeer, _ outcome: HTTPServerExchange.Outcome) {
        leave()
        if let connection = connections[request.connection] {
            connection.finish(outcome)
        } else if case .broken = outcome {
            // The connection's end, which broke it, has been reported.
        } else {
            report(.responseDropped(request, reason: "the client closed the connection"))
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
            if hasLeft { self.admission.comeBack() }
            taken(success)
        }
        guard !isTaken else { return }
        hasLeft = true
        leave()
    }

    private func leave() {
        if let next = admission.leave() { work.yield(.handle(next)) }
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
        admission.removeWaiting()
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
