import CIM
import CIMXML
import HTTPTransport
import Logging

extension CIMXMLCall {
    private static let shortOperations: Set<CIMName> = [
        "GetClass", "GetInstance", "GetQualifier", "GetProperty", "SetProperty", "CreateInstance", "ModifyInstance",
        "DeleteInstance", "CloseEnumeration", "EnumerationCount",
    ]

    /// Whether the answer takes little time to make, however much there is on the hosts. Methods wait for the driver, which
    /// has threads of its own.
    var isShort: Bool {
        switch self {
        case .intrinsic(let call): Self.shortOperations.contains(call.name)
        case .method, .export: true
        }
    }
}

/// How an operation ended.
enum OperationAnswer: Sendable {
    case reply(CIMXMLReply)
    /// Made while it is sent.
    case results(InstanceResults, as: @Sendable (LocatedInstance) -> CIMXMLItem)

    var reply: CIMXMLReply? { if case .reply(let reply) = self { reply } else { nil } }
    var isSuccess: Bool { reply.map { $0.error == nil } ?? true }
}

/// A request that has been understood, and how its answer goes out: as a whole, or while it is made.
struct OperationExchange: Sendable {
    let request: CIMXMLRequest
    let caller: Caller
    let acceptsTrailers: Bool
    let prefix: HeaderPrefix
    let logger: Logger

    func body(_ answer: OperationAnswer) async -> HTTPBody {
        switch answer {
        case .reply(let reply): body(reply)
        case .results(let results, let item): await body(results, as: item)
        }
    }

    /// An answer as a whole.
    func body(_ reply: CIMXMLReply) -> HTTPBody {
        if let error = reply.error {
            log(error)
        } else {
            logger.debug("operation answered", metadata: metadata)
        }
        return .bytes(
            CIMXMLResponse(messageID: request.messageID, name: request.call.name, reply: reply).encoded())
    }

    /// An answer of any length. What fits the first piece goes out as a whole; an error that comes up until then is
    /// answered like any other.
    func body(
        _ results: InstanceResults, as item: @escaping @Sendable (LocatedInstance) -> CIMXMLItem
    ) async -> HTTPBody {
        let frame = CIMXMLResponse.frame(messageID: request.messageID, name: request.call.name)
        var rest = results
        var first = frame.head
        do throws(CIMError) {
            while first.count < Self.firstPieceBytes {
                guard let next = try await rest.next() else {
                    logger.debug("operation answered", metadata: metadata)
                    return .bytes(first + frame.tail)
                }
                first += item(next).encoded()
            }
        } catch {
            return body(request.call.refused(error))
        }
        return .stream(stream(first, rest, item, tail: frame.tail))
    }

    /// What goes out before an answer can no longer become an error.
    private static let firstPieceBytes = 64 << 10

    private func stream(
        _ first: [UInt8], _ rest: InstanceResults, _ item: @escaping @Sendable (LocatedInstance) -> CIMXMLItem,
        tail: [UInt8]
    ) -> HTTPBodyStream {
        let names = ["CIMStatusCode", "CIMStatusCodeDescription"].map(prefix.name)
        return HTTPBodyStream(trailerNames: names) { writer in
            try await writer.write(first)
            var rest = rest
            do {
                while let next = try await rest.next() { try await writer.write(item(next).encoded()) }
            } catch let error as CIMError {
                // DSP0200 7.3.6: the trailer tells; who did not ask for it sees an answer that breaks off.
                log(error)
                guard acceptsTrailers else { throw error }
                try await writer.write(tail)
                let texts = [String(error.code.rawValue), OperationHeaderText.encode(error.message)]
                return HTTPHeaderFields(Array(zip(names, texts)).map { (name: $0, value: $1) })
            }
            try await writer.write(tail)
            logger.debug("operation answered", metadata: metadata)
            return HTTPHeaderFields()
        }
    }

    // MARK: Errors

    /// CIM_ERR_FAILED is the server's or a host's fault: whoever runs the server must see it.
    private func log(_ error: CIMError) {
        logger.log(
            level: error.code == .failed ? .error : .debug, "operation ended with an error",
            metadata: metadata.merging(["status": "\(error.code.symbol)", "reason": "\(error.message)"]) { own, _ in own
            })
    }

    private var metadata: Logger.Metadata {
        [
            "operation": "\(request.call.name)", "object": "\(request.operationObject)",
            "message": "\(request.messageID)", "caller": "\(caller.description)",
        ]
    }
}

extension CIMXMLReply {
    var error: CIMError? {
        switch self {
        case .intrinsic(.failure(let error)), .method(.failure(let error)): error
        case .export(let error): error
        case .intrinsic(.success), .method(.success): nil
        }
    }
}
