/// One call of a client as a value: bytes in, a response out; no I/O.
struct HTTPClientExchange: Sendable {
    struct Limits: Sendable, Hashable {
        var statusLineBytes: Int
        var fields: HTTPFieldReader.Limits
        var bodyBytes: Int
    }

    /// A whole response, and whether the connection can serve another call.
    struct Outcome: Sendable {
        let response: HTTPClientResponse
        let keepsAlive: Bool
    }

    private enum State {
        case statusLine
        case fields(status: UInt16, minorVersion: Int, HTTPFieldReader)
        case body
        case complete
    }

    /// Interim responses a server may send before the final one; ours to choose.
    private static let interimResponses = 16

    private let limits: Limits
    private let isHead: Bool
    private var state = State.statusLine
    private var input = HTTPInput()
    private var interim = 0
    /// Status and fields of the final response, and its body while it is read.
    private var head = HTTPClientResponse(status: 0)
    private var bodyReader: HTTPBodyReader?
    private var keepsAlive = true

    init(limits: Limits, isHead: Bool) {
        self.limits = limits
        self.isHead = isHead
    }

    /// The response once it is whole. Throws what makes it no response of HTTP/1.x (the status is a server's
    /// and means nothing here, except 413: too large).
    mutating func receive(_ bytes: [UInt8]) throws(HTTPViolation) -> Outcome? {
        input.append(bytes)
        while try advance() {}
        return outcome
    }

    /// The connection has ended: the response it completes, or `nil` when it ended early.
    mutating func inputEnded() -> Outcome? {
        keepsAlive = false
        if case .body = state, bodyReader?.inputEnded() == true { state = .complete }
        return outcome
    }

    /// What had arrived, for an error that tells it.
    var progress: String {
        switch state {
        case .statusLine, .fields: "before a whole response head"
        case .body, .complete: "after \(bodyReader?.body.count ?? 0) bytes of the response's body"
        }
    }

    private var outcome: Outcome? {
        guard case .complete = state else { return nil }
        var response = head
        response.body = bodyReader?.body ?? []
        // Bytes after a response answer nothing that was asked.
        return Outcome(response: response, keepsAlive: keepsAlive && input.isEmpty)
    }

    private mutating func advance() throws(HTTPViolation) -> Bool {
        switch state {
        case .complete: return false
        case .statusLine:
            guard let line = try statusLine() else { return false }
            let (status, minorVersion) = try Self.status(line)
            state = .fields(status: status, minorVersion: minorVersion, HTTPFieldReader(limits: limits.fields))
        case .fields(let status, let minorVersion, var reader):
            let fields = try reader.read(from: &input)
            state = .fields(status: status, minorVersion: minorVersion, reader)
            guard let fields else { return false }
            try headRead(status: status, minorVersion: minorVersion, fields)
        case .body:
            guard try bodyReader?.read(from: &input) == true else { return false }
            state = .complete
            return false
        }
        return true
    }

    private mutating func statusLine() throws(HTTPViolation) -> ArraySlice<UInt8>? {
        do {
            return try input.takeLine(limit: limits.statusLineBytes)
        } catch {
            throw HTTPViolation(400, "the response does not begin with a status line")
        }
    }

    /// `HTTP/1.1 200 OK`; the phrase may be missing (RFC 9112 4).
    private static func status(_ line: ArraySlice<UInt8>) throws(HTTPViolation) -> (UInt16, Int) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1].count == 3, let number = HTTPSyntax.decimal(HTTPSyntax.text(parts[1])),
            let status = UInt16(exactly: number), (100...599).contains(status)
        else { throw HTTPViolation(400, "the response does not begin with a status line") }
        return (status, try HTTPSyntax.minorVersion(parts[0]))
    }

    private mutating func headRead(
        status: UInt16, minorVersion: Int, _ fields: HTTPHeaderFields
    ) throws(HTTPViolation) {
        if status < 200 {
            interim += 1
            guard status != 101, interim <= Self.interimResponses else {
                throw HTTPViolation(400, "the server answers with \(status) where a final response is due")
            }
            state = .statusLine
            return
        }
        head = HTTPClientResponse(status: status, headers: fields)
        let options = fields.list("Connection").map { $0.lowercased() }
        keepsAlive = minorVersion == 0 ? options.contains("keep-alive") : !options.contains("close")
        let framing = try framing(status: status, minorVersion: minorVersion, fields)
        bodyReader = try HTTPBodyReader(framing: framing, limit: limits.bodyBytes, trailerLimits: limits.fields)
        state = .body
    }

    /// RFC 9112 6.3.
    private mutating func framing(
        status: UInt16, minorVersion: Int, _ fields: HTTPHeaderFields
    ) throws(HTTPViolation) -> HTTPBodyFraming {
        if isHead || status == 204 || status == 304 { return .length(0) }
        if let framing = try HTTPBodyFraming(fields, minorVersion: minorVersion) { return framing }
        keepsAlive = false
        return .untilEnd
    }
}
