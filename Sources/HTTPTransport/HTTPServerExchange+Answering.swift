/// From the handler's response to the next request.
extension HTTPServerExchange {
    /// A piece of a streamed body; the first one begins the response. Nothing happens when the connection is gone.
    mutating func send(_ piece: [UInt8], of response: HTTPResponse) -> [Action] {
        switch state {
        case .handling(let head):
            let framing = framing(of: response, head)
            let persistence = persistence(of: response, head, framing)
            state = .streaming(framing, persistence, outstanding: piece.count)
            return [.begin(response, framing, persistence), .piece(text(piece, framing))]
        case .streaming(let framing, let persistence, _):
            state = .streaming(framing, persistence, outstanding: piece.count)
            return [.piece(text(piece, framing))]
        case .idle, .line, .fields, .body, .answering, .lingering, .closed: return []
        }
    }

    /// The piece has been given to the kernel.
    mutating func pieceFlushed() {
        guard case .streaming(let framing, let persistence, _) = state else { return }
        state = .streaming(framing, persistence, outstanding: nil)
    }

    /// The handler is done. Nothing happens when the connection is gone.
    mutating func finish(_ outcome: Outcome) -> [Action] {
        switch (state, outcome) {
        case (.handling(let head), .response(let response)):
            return answer(response, persistence(of: response, head, .length(0)))
        case (.handling(let head), .streamed(let response, let rest, let trailers)):
            guard trailers.fields.isEmpty || !head.acceptsTrailers else {
                // Only a chunked body has a place for them, however short it is.
                return send([], of: response) + finish(outcome)
            }
            let whole = HTTPResponse(status: response.status, headers: response.headers, body: rest)
            return answer(whole, persistence(of: response, head, .length(0)))
        case (.handling(let head), .broken(let reason)):
            let violation = HTTPViolation(500, "the response could not be made: \(reason)")
            let response = HTTPResponseText.plain(violation)
            return [.dropped(reason)] + answer(response, persistence(of: response, head, .length(0)))
        case (.streaming(let framing, let persistence, _), .streamed(_, let rest, let trailers)):
            let bytes = text(rest, framing) + end(framing, trailers)
            state = .answering(persistence, bytes: bytes.count)
            return [.lastPiece(bytes)]
        case (.streaming, .broken(let reason)):
            return [.dropped("the response broke off: \(reason)")] + close()
        default: return [.dropped("the client closed the connection")]
        }
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

    mutating func answer(_ response: HTTPResponse, _ persistence: HTTPResponseText.Persistence) -> [Action] {
        var body: [UInt8] = []
        var framing = HTTPResponseText.Framing.none
        if case .bytes(let bytes) = response.body, HTTPResponseText.allowsBody(response.status) {
            framing = .length(bytes.count)
            if !isHead { body = bytes }
        }
        state = .answering(persistence, bytes: body.count)
        return [.answer(response, framing, persistence, body: body)]
    }

    private func persistence(
        of response: HTTPResponse, _ head: HTTPRequestHead, _ framing: HTTPResponseText.Framing
    ) -> HTTPResponseText.Persistence {
        let wantsClose = response.headers.list("Connection").contains { isSameToken($0, "close") }
        let closes = wantsClose || isDraining || !head.keepsAlive || (inputHasEnded && input.isEmpty)
        if closes || framing == .untilEnd { return .close }
        return head.line.minorVersion == 0 ? .keepSaidAloud : .keep
    }

    private func framing(of response: HTTPResponse, _ head: HTTPRequestHead) -> HTTPResponseText.Framing {
        guard head.line.minorVersion >= 1 else { return .untilEnd }
        guard head.acceptsTrailers, case .stream(let stream) = response.body else {
            return .chunked(trailerNames: [])
        }
        return .chunked(trailerNames: stream.trailerNames)
    }

    private func text(_ piece: [UInt8], _ framing: HTTPResponseText.Framing) -> [UInt8] {
        if case .chunked = framing { HTTPResponseText.chunk(piece) } else { piece }
    }

    private func end(_ framing: HTTPResponseText.Framing, _ trailers: HTTPHeaderFields) -> [UInt8] {
        guard case .chunked(let announced) = framing else { return [] }
        return HTTPResponseText.lastChunk(
            HTTPHeaderFields(
                trailers.fields.filter { field in announced.contains { isSameToken($0, field.name) } }
                    .map { ($0.name, $0.value) }))
    }
}
