/// The diagram's upper row: from a first byte to a request for the handler.
extension HTTPServerExchange {
    static let unfinished = HTTPViolation(400, "the connection's input ended before the request was complete")

    mutating func parse() -> [Action] {
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
            state = .handling(head)
            return false
        case .handling, .streaming, .answering, .lingering, .closed: return false
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
        HTTPRequest(
            method: head.line.method, path: head.line.path, headers: head.fields, body: body, peer: peer,
            acceptsTrailers: head.acceptsTrailers)
    }
}
