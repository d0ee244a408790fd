/// Reads field lines up to the empty line that ends them: header fields and trailer fields
/// (RFC 9112 5, 7.1.2).
struct HTTPFieldReader: Sendable {
    /// What is read at most; beyond it the status is 431.
    struct Limits: Sendable, Hashable {
        /// All field lines together, with their line ends.
        var bytes: Int
        var count: Int
    }

    private let limits: Limits
    private var fields = HTTPHeaderFields()
    private var bytesRead = 0

    init(limits: Limits) { self.limits = limits }

    /// The fields once the empty line is there; `nil` until then.
    mutating func read(from input: inout HTTPInput) throws(HTTPViolation) -> HTTPHeaderFields? {
        while let line = try nextLine(from: &input) {
            if line.isEmpty { return fields }
            guard fields.fields.count < limits.count else {
                throw HTTPViolation(431, "more than \(limits.count) header fields")
            }
            let field = try Self.field(line)
            fields.append(field.name, field.value)
        }
        return nil
    }

    private mutating func nextLine(from input: inout HTTPInput) throws(HTTPViolation) -> ArraySlice<UInt8>? {
        do throws(HTTPInput.LineFault) {
            let line = try input.takeLine(limit: max(0, limits.bytes - bytesRead - 2))
            bytesRead += line.map { $0.count + 2 } ?? 0
            guard bytesRead <= limits.bytes else { throw HTTPInput.LineFault.tooLong }
            return line
        } catch .tooLong {
            throw HTTPViolation(431, "the header fields are larger than \(limits.bytes) bytes")
        } catch {
            throw HTTPViolation(400, "a header line ends in LF alone: end lines with CR LF")
        }
    }

    private static func field(_ line: ArraySlice<UInt8>) throws(HTTPViolation) -> HTTPHeaderFields.Field {
        guard let first = line.first, !HTTPSyntax.isBlank(first) else {
            throw HTTPViolation(400, "a header field is folded over two lines: write it on one (RFC 9112 5.2)")
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw HTTPViolation(400, "a header line has no colon")
        }
        // No blank may stand between name and colon (RFC 9112 5.1): it is no token byte.
        guard HTTPSyntax.isToken(line[..<colon]) else {
            throw HTTPViolation(400, "a header field's name is no token (RFC 9110 5.1)")
        }
        let value = HTTPSyntax.trimmed(line[(colon + 1)...])
        guard HTTPSyntax.isFieldValue(value) else {
            throw HTTPViolation(400, "a header field's value holds a control character")
        }
        return HTTPHeaderFields.Field(HTTPSyntax.text(line[..<colon]), HTTPSyntax.text(value))
    }
}
