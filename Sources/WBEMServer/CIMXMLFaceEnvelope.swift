import CIM
import CIMXML
import HTTPTransport

/// A request that is not answered with a CIM-XML message.
struct HTTPRefusal: Error {
    let status: UInt16
    /// For people.
    let reason: String
    /// The value of the CIMError header; `nil` when the fault is none that DSP0200 6.3.5 names.
    let cimError: String?
    let headers: [(name: String, value: String)]

    init(
        _ status: UInt16, _ reason: String, cimError: String? = nil, headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.reason = reason
        self.cimError = cimError
        self.headers = headers
    }

    /// The reason goes out twice: as the body, and in the header where OpenPegasus puts it and pywbem looks for it.
    func response(_ prefix: HeaderPrefix) -> HTTPResponse {
        var fields = HTTPHeaderFields([("Content-Type", "text/plain; charset=\"utf-8\"")])
        if let cimError {
            prefix.append("CIMError", cimError, to: &fields)
            fields.append("PGErrorDetail", OperationHeaderText.encode(String(reason.prefix(512))))
        }
        for header in headers { fields.append(header.name, header.value) }
        return HTTPResponse(status: status, headers: fields, body: Array((reason + "\n").utf8))
    }
}

/// How the extension headers are spelled: bare, or with the number that M-POST's `Man` header gives them
/// (`73-CIMOperation`). Source: RFC 2774, DSP0200 6.2.
enum HeaderPrefix: Hashable {
    case none
    /// One or two digits.
    case number(String)

    static let extensionURI = "http://www.dmtf.org/cim/mapping/http/v1.0"

    func name(_ header: String) -> String {
        switch self {
        case .none: header
        case .number(let digits): "\(digits)-\(header)"
        }
    }

    func append(_ name: String, _ value: String, to fields: inout HTTPHeaderFields) {
        fields.append(self.name(name), value)
    }

    /// A response that holds a CIM-XML message.
    func response(_ message: [UInt8], mediaType: String) -> HTTPResponse {
        var fields = HTTPHeaderFields([("Content-Type", "\(mediaType); charset=\"utf-8\"")])
        if case .number(let digits) = self {
            fields.append("Ext", "")
            fields.append("Cache-Control", "no-cache")
            fields.append("Man", "\(Self.extensionURI) ; ns=\(digits)")
        }
        append("CIMOperation", "MethodResponse", to: &fields)
        return HTTPResponse(status: 200, headers: fields, body: message)
    }
}

/// The HTTP side of a request, before and after its message has been read.
struct CIMXMLEnvelope {
    let prefix: HeaderPrefix
    /// What the answer is sent as.
    let mediaType: String
    private let protocolVersion: String?
    private let method: String?
    private let object: String?
    private let isBatch: Bool

    /// - Throws: 405, 406, 415, 501, 510, or 400 with the CIMError that DSP0200 6.3 prescribes.
    init(_ request: HTTPRequest) throws(HTTPRefusal) {
        prefix = try Self.prefix(of: request)
        try Self.checkContent(request.headers)
        mediaType = try ContentNegotiation.mediaType(for: request.headers)
        let operation = try Self.only("CIMOperation", prefix, request.headers)
        guard operation == "MethodCall" else {
            let found = operation.map { "\"\($0)\"" } ?? "missing"
            throw HTTPRefusal(
                400, "The header CIMOperation is \(found); send MethodCall.", cimError: "unsupported-operation")
        }
        protocolVersion = try Self.only("CIMProtocolVersion", prefix, request.headers)
        method = try Self.only("CIMMethod", prefix, request.headers)
        object = try Self.only("CIMObject", prefix, request.headers)
        if let protocolVersion, protocolVersion.split(separator: ".").first != "1" {
            throw HTTPRefusal(
                501, "CIMProtocolVersion \(protocolVersion) is not supported; send 1.0.",
                cimError: CIMXMLError.Code.unsupportedProtocolVersion.rawValue)
        }
        isBatch = request.headers.contains(prefix.name("CIMBatch"))
    }

    /// A field that stands twice has no one meaning: whoever judges the request by it could read the other one.
    private static func only(
        _ name: String, _ prefix: HeaderPrefix, _ headers: HTTPHeaderFields
    ) throws(HTTPRefusal) -> String? {
        let values = headers.all(prefix.name(name))
        guard values.count <= 1 else {
            throw HTTPRefusal(400, "The header \(name) stands \(values.count) times.", cimError: "header-mismatch")
        }
        return values.first
    }

    /// Headers that say otherwise than the message are a sign of tampering: firewalls judge by the headers
    /// (DSP0200 6.3).
    func check(against message: CIMXMLRequest) throws(HTTPRefusal) {
        if case .export = message.call {
            throw HTTPRefusal(
                400, "The message is an export; this server takes no indications.", cimError: "unsupported-operation")
        }
        if isBatch {
            throw HTTPRefusal(
                400, "The header CIMBatch announces several operations; the message holds one.",
                cimError: "header-mismatch")
        }
        if let protocolVersion, protocolVersion != message.versions.protocol {
            throw mismatch("CIMProtocolVersion", protocolVersion, message.versions.protocol)
        }
        guard let method, OperationHeaderText.readings(method).contains(where: { CIMName($0) == message.call.name })
        else {
            throw mismatch("CIMMethod", method, message.call.name.text)
        }
        guard let object, OperationHeaderText.readings(object).contains(where: message.call.isCalled)
        else { throw mismatch("CIMObject", object, message.operationObject) }
    }

    private func mismatch(_ header: String, _ found: String?, _ expected: String) -> HTTPRefusal {
        let found = found.map { "says \"\($0)\"" } ?? "is missing"
        return HTTPRefusal(
            400, "The header \(header) \(found); the message says \"\(expected)\".", cimError: "header-mismatch")
    }

    private static func prefix(of request: HTTPRequest) throws(HTTPRefusal) -> HeaderPrefix {
        switch request.method {
        case "POST": return .none
        case "M-POST":
            for man in request.headers.all("Man") {
                let parts = man.split(separator: ";").map(trimmed)
                guard parts.first?.filter({ $0 != "\"" }) == HeaderPrefix.extensionURI else { continue }
                let digits = parts.dropFirst().first { $0.hasPrefix("ns=") }?.dropFirst(3) ?? ""
                guard (1...2).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                    throw HTTPRefusal(400, "The header Man has no ns=NN.")
                }
                return .number(String(digits))
            }
            throw HTTPRefusal(510, "M-POST needs the header: Man: \(HeaderPrefix.extensionURI) ; ns=NN")
        case "GET", "HEAD", "PUT", "DELETE", "CONNECT", "TRACE", "PATCH":
            throw HTTPRefusal(
                405, "CIM operations are sent with POST, not \(request.method).",
                headers: [("Allow", CapabilitiesAnswer.methods)])
        default:
            // RFC 9110 15.6.2: a method that is not recognized for any resource.
            throw HTTPRefusal(501, "There is no method \(request.method) here; CIM operations are sent with POST.")
        }
    }

    /// DSP0200 6.3: `application/xml` or `text/xml`, in UTF-8, not compressed.
    private static func checkContent(_ headers: HTTPHeaderFields) throws(HTTPRefusal) {
        let parts = (headers["Content-Type"] ?? "").split(separator: ";").map { trimmed($0).lowercased() }
        guard let type = parts.first, ["application/xml", "text/xml"].contains(type) else {
            let found = headers["Content-Type"].map { "\"\($0)\"" } ?? "missing"
            throw HTTPRefusal(415, "Content-Type is \(found); send application/xml; charset=\"utf-8\".")
        }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst(8).filter { $0 != "\"" }
        guard charset ?? "utf-8" == "utf-8" else {
            throw HTTPRefusal(415, "The charset is \(charset ?? ""); send utf-8.")
        }
        if let coding = headers["Content-Encoding"], coding.lowercased() != "identity" {
            throw HTTPRefusal(415, "The body is encoded as \(coding); send it as it is.")
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
