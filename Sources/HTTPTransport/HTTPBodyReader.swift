/// How the end of a body is found (RFC 9112 6.3).
enum HTTPBodyFraming: Sendable, Hashable {
    case length(Int)
    case chunked
    /// The connection's end; responses only.
    case untilEnd

    /// From the fields of a message; `nil` when they say nothing. Whatever two recipients could read in two
    /// ways is refused (RFC 9112 6.1, 6.3; 11.2 on request smuggling).
    init?(_ fields: HTTPHeaderFields, minorVersion: Int) throws(HTTPViolation) {
        if fields.contains("Transfer-Encoding") {
            try Self.checkCodings(fields, minorVersion: minorVersion)
            self = .chunked
            return
        }
        let lengths = fields.all("Content-Length")
        guard let text = lengths.first else { return nil }
        guard lengths.count == 1, let length = HTTPSyntax.decimal(text) else {
            throw HTTPViolation(400, "Content-Length must stand once and be one decimal number")
        }
        self = .length(length)
    }

    private static func checkCodings(_ fields: HTTPHeaderFields, minorVersion: Int) throws(HTTPViolation) {
        guard !fields.contains("Content-Length") else {
            throw HTTPViolation(400, "Content-Length and Transfer-Encoding exclude each other: send one of them")
        }
        guard minorVersion >= 1 else { throw HTTPViolation(400, "HTTP/1.0 knows no Transfer-Encoding") }
        let codings = fields.list("Transfer-Encoding").map { $0.lowercased() }
        if let other = codings.first(where: { $0 != "chunked" }) {
            throw HTTPViolation(501, "the transfer coding \(other) is not supported: use chunked or Content-Length")
        }
        guard codings.count == 1 else {
            throw HTTPViolation(400, "Transfer-Encoding must name chunked exactly once")
        }
    }
}

/// Collects a body, transfer coding undone (RFC 9112 6, 7.1).
struct HTTPBodyReader: Sendable {
    private enum State {
        case fixed(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers(HTTPFieldReader)
        case untilEnd
        case complete
    }

    /// A chunk-size line with its extensions; ours to choose (RFC 9112 7.1.1 asks for a limit).
    private static let chunkLineBytes = 1024

    private(set) var body: [UInt8] = []
    private let limit: Int
    private let trailerLimits: HTTPFieldReader.Limits
    private var state: State

    /// Throws 413 when the announced length exceeds the limit.
    /// - Parameter limit: bytes of body.
    init(framing: HTTPBodyFraming, limit: Int, trailerLimits: HTTPFieldReader.Limits) throws(HTTPViolation) {
        self.limit = limit
        self.trailerLimits = trailerLimits
        switch framing {
        case .length(let length):
            guard length <= limit else { throw Self.tooLarge(limit) }
            // No more than this is reserved on the peer's word alone.
            body.reserveCapacity(min(length, 1 << 20))
            state = length == 0 ? .complete : .fixed(remaining: length)
        case .chunked: state = .chunkSize
        case .untilEnd: state = .untilEnd
        }
    }

    var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// The end of input, which completes a body only when nothing else could.
    mutating func inputEnded() -> Bool {
        if case .untilEnd = state { state = .complete }
        return isComplete
    }

    /// Consumes what belongs to the body; true once it is complete.
    mutating func read(from input: inout HTTPInput) throws(HTTPViolation) -> Bool {
        while try advance(&input) {}
        return isComplete
    }

    /// One step; false when there is nothing to do with what has arrived.
    private mutating func advance(_ input: inout HTTPInput) throws(HTTPViolation) -> Bool {
        switch state {
        case .complete: return false
        case .fixed(let remaining):
            let left = append(input.take(atMost: remaining), of: remaining)
            state = left == 0 ? .complete : .fixed(remaining: left)
            return false
        case .chunk(let remaining):
            guard !input.isEmpty else { return false }
            let left = append(input.take(atMost: remaining), of: remaining)
            state = left == 0 ? .chunkEnd : .chunk(remaining: left)
        case .chunkSize:
            guard let line = try chunkLine(&input) else { return false }
            let size = try Self.chunkSize(line)
            guard size <= limit - body.count else { throw Self.tooLarge(limit) }
            state = size == 0 ? .trailers(HTTPFieldReader(limits: trailerLimits)) : .chunk(remaining: size)
        case .chunkEnd:
            guard let line = try chunkLine(&input) else { return false }
            guard line.isEmpty else { throw HTTPViolation(400, "a chunk is longer than its size says") }
            state = .chunkSize
        case .trailers(var reader):
            // Trailer fields carry nothing we act on; reading them bounds and skips them.
            let fields = try reader.read(from: &input)
            state = fields == nil ? .trailers(reader) : .complete
            return false
        case .untilEnd:
            guard input.count <= limit - body.count else { throw Self.tooLarge(limit) }
            body.append(contentsOf: input.take(atMost: input.count))
            return false
        }
        return true
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>, of remaining: Int) -> Int {
        body.append(contentsOf: bytes)
        return remaining - bytes.count
    }

    private func chunkLine(_ input: inout HTTPInput) throws(HTTPViolation) -> ArraySlice<UInt8>? {
        do {
            return try input.takeLine(limit: Self.chunkLineBytes)
        } catch {
            throw HTTPViolation(400, "a chunk does not end where its size says, or its size line is malformed")
        }
    }

    private static func chunkSize(_ line: ArraySlice<UInt8>) throws(HTTPViolation) -> Int {
        let digits = line.prefix { HTTPSyntax.hexadecimal($0) != nil }
        let rest = line[digits.endIndex...].drop(while: HTTPSyntax.isBlank)
        guard !digits.isEmpty, rest.isEmpty || rest.first == UInt8(ascii: ";"), HTTPSyntax.isFieldValue(rest) else {
            throw HTTPViolation(400, "a chunk's size is no hexadecimal number")
        }
        // Fifteen digits fit an Int; more would exceed every limit.
        return digits.count > 15 ? .max : digits.reduce(0) { $0 << 4 | (HTTPSyntax.hexadecimal($1) ?? 0) }
    }

    private static func tooLarge(_ limit: Int) -> HTTPViolation {
        HTTPViolation(413, "the body is larger than \(limit) bytes")
    }
}
