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
/// A streamed response is `streaming` between `handling` and `answering`: from its first piece to its last.
///
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
        case answer(HTTPResponse, HTTPResponseText.Framing, HTTPResponseText.Persistence, body: [UInt8])
        /// Write the head of a streamed response; a piece follows.
        case begin(HTTPResponse, HTTPResponseText.Framing, HTTPResponseText.Persistence)
        /// Write a piece of a streamed body, flush it, then call `pieceFlushed`.
        case piece([UInt8])
        /// Write what is left of a streamed body, flush it, then call `flushed`.
        case lastPiece([UInt8])
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

    /// How a handler's work on a request ended.
    enum Outcome: Sendable {
        case response(HTTPResponse)
        /// The whole body has been written; `rest` is what was not sent yet.
        case streamed(HTTPResponse, rest: [UInt8], trailers: HTTPHeaderFields)
        /// The body cannot be made.
        case broken(String)
    }

    enum State {
        case idle
        case line
        case fields(HTTPRequestLine, HTTPFieldReader)
        case body(HTTPRequestHead)
        case handling(HTTPRequestHead)
        /// `outstanding` bytes of a piece have not been taken by the client; `nil`: the next piece is being made.
        case streaming(HTTPResponseText.Framing, HTTPResponseText.Persistence, outstanding: Int?)
        case answering(HTTPResponseText.Persistence, bytes: Int)
        case lingering(discarded: Int)
        case closed
    }

    let limits: Limits
    let peer: HTTPPeer
    var state = State.idle
    var input = HTTPInput()
    /// Beside the state rather than in it: there it would be copied with every read.
    var bodyReader: HTTPBodyReader?
    /// Whether the request being read is HEAD, as far as is known.
    var isHead = false
    var inputHasEnded = false
    var isDraining = false

    init(limits: Limits, peer: HTTPPeer) {
        self.limits = limits
        self.peer = peer
    }

    var wait: Wait? {
        switch state {
        case .idle: .idle
        case .line, .fields, .body: .request
        case .handling, .streaming(_, _, nil), .closed: nil
        case .answering, .streaming: .response
        case .lingering: .linger
        }
    }

    var wantsInput: Bool {
        guard !inputHasEnded else { return false }
        return switch state {
        case .idle, .line, .fields, .body, .lingering: true
        case .handling, .streaming, .answering, .closed: false
        }
    }

    /// Bytes held for this client: arrived, or not yet taken. The request that was handed over is not counted here: it
    /// may outlive the connection.
    var heldBytes: Int {
        switch state {
        case .idle, .line, .fields, .handling, .lingering, .closed: input.count
        case .body: input.count + (bodyReader?.body.count ?? 0)
        case .streaming(_, _, let outstanding): input.count + (outstanding ?? 0)
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
        case .handling, .streaming, .answering, .closed: return []
        }
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
        case .handling, .streaming, .answering, .lingering, .closed: []
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
        return switch state {
        case .answering, .streaming: [.dropped("the client closed the connection")]
        case .idle, .line, .fields, .body, .handling, .lingering, .closed: []
        }
    }

    // MARK: Ending

    mutating func fail(_ violation: HTTPViolation) -> [Action] {
        discard()
        return [.refused(violation)] + answer(HTTPResponseText.plain(violation), .close)
    }

    mutating func close() -> [Action] {
        if case .closed = state { return [] }
        state = .closed
        discard()
        return [.close]
    }

    mutating func discard() {
        input.removeAll()
        bodyReader = nil
    }
}
