/// One server connection as a value: bytes and events in, actions out; no I/O, no clock.
///
/// ```
///            first byte            head whole           body whole
///   idle ───────────────► line ─► fields ─────► body ──────────────► handling
///    ▲                      │        │            │                     │ respond
///    │ flushed, kept        └────────┴────────────┴── fail ──┐          ▼
///    └───────────────────────────────────────────────────────┼────── answering
///                                                            ▼          │ flushed, not kept
///                          closed ◄── input ended, timeout ── lingering ◄┘
/// ```
/// Invariants:
/// 1. At most one request is with the handler; what arrives meanwhile waits, unparsed, in `input`.
/// 2. After a violation nothing more is parsed: the answer says `Connection: close`, and what still arrives is
///    thrown away for a bounded time, so that the client can read the answer (RFC 9112 9.6).
/// 3. `wait` alone says which timeout runs, and `wantsInput` alone whether bytes are read.
struct HTTPServerExchange: Sendable {
    struct Limits: Sendable, Hashable {
        var requestLineBytes: Int
        var fields: HTTPFieldReader.Limits
        var bodyBytes: Int
        var lingerBytes: Int
    }

    enum Action: Sendable {
        /// Hand over the request; `respond` follows.
        case handle(HTTPRequest)
        /// Write an interim response.
        case interim([UInt8])
        /// Write the response, flush it, then call `flushed`.
        case answer(HTTPResponse, HTTPResponseText.Persistence, isHead: Bool)
        /// Tell that a request was refused without the handler.
        case refused(HTTPViolation)
        /// The response cannot reach the client.
        case dropped(String)
        case closeOutput
        case close
    }

    enum Wait: Sendable, Hashable {
        /// For a first byte.
        case idle
        /// For the rest of head and body.
        case request
        /// For the client to take the response.
        case response
        /// For the client to close its side.
        case linger
    }

    private enum State {
        case idle
        case line
        case fields(HTTPRequestLine, HTTPFieldReader)
        case body(HTTPRequestHead)
        case handling(HTTPRequestHead, bodyBytes: Int)
        case answering(HTTPResponseText.Persistence, bytes: Int)
        case lingering(discarded: Int)
        case closed
    }

    private let limits: Limits
    private let peer: HTTPPeer
    private var state = State.idle
    private var input = HTTPInput()
    /// Beside the state rather than in it: there it would be copied with every read.
    private var bodyReader: HTTPBodyReader?
    /// Whether the request being read is HEAD, as far as is known.
    private var isHead = false
    private var inputHasEnded = false
    private var isDraining = false

    init(limits: Limits, peer: HTTPPeer) {
        self.limits = limits
        self.peer = peer
    }

    var wait: Wait? {
        switch state {
        case .idle: .idle
        case .line, .fields, .body: .request
        case .handling, .closed: nil
        case .answering: .response
        case .lingering: .linger
        }
    }

    var wantsInput: Bool {
        guard !inputHasEnded else { return false }
        return switch state {
        case .idle, .line, .fields, .body, .lingering: true
        case .handling, .answering, .closed: false
        }
    }

    /// Bytes held for this client: arrived, with the handler, or not yet taken.
    var heldBytes: Int {
        switch state {
        case .idle, .line, .fields, .lingering, .closed: input.count
        case .body: input.count + (bodyReader?.body.count ?? 0)
        case .handling(_, let bodyBytes): input.count + bodyBytes
        case .answering(_, let bytes): input.count + bytes
        }
    }

    var isReceiving: Bool { wait == .request }

    // MARK: Events

    mutating func receive(_ bytes: [UInt8]) -> [Action] {
        switch state {
        case .closed: return []
        case .lingering(let discarded):
            state = .lingering(discarded: discarded + bytes.count)
            return discarded + bytes.count > limits.lingerBytes ? close() : []
        default:
            input.append(bytes)
            return parse()
        }
    }

    /// The client closed its side; it may still read.
    mutating func inputEnded() -> [Action] {
        inputHasEnded = true
        switch state {
        case .idle, .lingering: return close()
        case .line, .fields, .body: return fail(Self.unfinished)
        case .handling, .answering, .closed: return []
        }
    }

    /// The handler's response. Nothing happens when the connection is gone.
    mutating func respond(_ response: HTTPResponse) -> [Action] {
        guard case .handling(let head, _) = state else { return [.dropped("the client closed the connection")] }
        let response = HTTPResponseText.checked(response)
        let wantsClose = response.headers.list("Connection").contains { isSameToken($0, "close") }
        let closes = wantsClose || isDraining || !head.keepsAlive || (inputHasEnded && input.isEmpty)
        let keeping: HTTPResponseText.Persistence = head.line.minorVersion == 0 ? .keepSaidAloud : .keep
        return answer(response, closes ? .close : keeping)
    }

    /// The response has been given to the kernel.
    mutating func flushed() -> [Action] {
        guard case .answering(let persistence, _) = state else { return [] }
        if persistence == .close || isDraining {
            input.removeAll()
            if inputHasEnded { return close() }
            state = .lingering(discarded: 0)
            return [.closeOutput]
        }
        state = .idle
        return inputHasEnded && input.isEmpty ? close() : parse()
    }

    mutating func timedOut(_ wait: Wait) -> [Action] {
        guard wait == self.wait else { return [] }
        switch wait {
        case .idle, .linger: return close()
        case .request: return fail(HTTPViolation(408, "the request did not arrive whole in the time allowed for it"))
        case .response: return [.dropped("the client did not read the response in time")] + close()
        }
    }

    /// Refuses what is being received, or the connection as a whole, with an answer.
    mutating func refuse(_ violation: HTTPViolation) -> [Action] {
        switch state {
        case .idle, .line, .fields, .body: fail(violation)
        case .handling, .answering, .lingering, .closed: []
        }
    }

    /// The server stops: no exchange after the one under way.
    mutating func drain() -> [Action] {
        isDraining = true
        if case .idle = state { return close() }
        return []
    }

    /// The connection is gone, whoever closed it.
    mutating func connectionClosed() -> [Action] {
        defer { _ = close() }
        if case .answering = state { return [.dropped("the client closed the connection")] }
        return []
    }

    // MARK: Reading a request

    private static let unfinished = HTTPViolation(400, "the connection's input ended before the request was complete")

    private mutating func parse() -> [Action] {
        var actions: [Action] = []
        do {
            while try advance(&actions) {}
        } catch {
            return actions + fail(error)
        }
        if inputHasEnded, isReceiving { return actions + fail(Self.unfinished) }
        return actions
    }

    /// One step through the diagram's upper row; false when more input is needed or a request is complete.
    private mutating func advance(_ actions: inout [Action]) throws(HTTPViolation) -> Bool {
        switch state {
        case .idle:
            guard !input.isEmpty else { return false }
            isHead = false
            state = .line
        case .line:
            guard let line = try requestLine() else { return false }
            isHead = line.isHead
            state = .fields(line, HTTPFieldReader(limits: limits.fields))
        case .fields(let line, var reader):
            let fields = try reader.read(from: &input)
            state = .fields(line, reader)
            guard let fields else { return false }
            try begin(HTTPRequestHead(line: line, fields: fields), &actions)
        case .body(let head):
            guard try bodyReader?.read(from: &input) == true else { return false }
            let body = bodyReader.take()?.body ?? []
            actions.append(.handle(request(head, body: body)))
            state = .handling(head, bodyBytes: body.count)
            return false
        case .handling, .answering, .lingering, .closed: return false
        }
        return true
    }

    private mutating func requestLine() throws(HTTPViolation) -> HTTPRequestLine? {
        while let line = try nextLine() {
            // Older clients end a body with an empty line that belongs to nothing (RFC 9112 2.2).
            if !line.isEmpty { return try HTTPRequestLine(line) }
        }
        return nil
    }

    private mutating func nextLine() throws(HTTPViolation) -> ArraySlice<UInt8>? {
        do {
            return try input.takeLine(limit: limits.requestLineBytes)
        } catch .tooLong {
            throw HTTPViolation(414, "the request line is longer than \(limits.requestLineBytes) bytes")
        } catch {
            throw HTTPViolation(400, "the request line ends in LF alone: end lines with CR LF")
        }
    }

    private mutating func begin(_ head: HTTPRequestHead, _ actions: inout [Action]) throws(HTTPViolation) {
        bodyReader = try HTTPBodyReader(
            framing: head.framing, limit: limits.bodyBytes, trailerLimits: limits.fields)
        state = .body(head)
        // A client that has begun to send does not wait (RFC 9110 10.1.1).
        if head.expectsContinue, input.isEmpty { actions.append(.interim(HTTPResponseText.continueLine)) }
    }

    private func request(_ head: HTTPRequestHead, body: [UInt8]) -> HTTPRequest {
        HTTPRequest(method: head.line.method, path: head.line.path, headers: head.fields, body: body, peer: peer)
    }

    // MARK: Ending

    private mutating func fail(_ violation: HTTPViolation) -> [Action] {
        discard()
        return [.refused(violation)] + answer(HTTPResponseText.plain(violation), .close)
    }

    private mutating func answer(_ response: HTTPResponse, _ persistence: HTTPResponseText.Persistence) -> [Action] {
        state = .answering(persistence, bytes: isHead ? 0 : response.body.count)
        return [.answer(response, persistence, isHead: isHead)]
    }

    private mutating func close() -> [Action] {
        if case .closed = state { return [] }
        state = .closed
        discard()
        return [.close]
    }

    private mutating func discard() {
        input.removeAll()
        bodyReader = nil
    }
}
