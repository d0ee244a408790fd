import CIM
import CIMXML
import HTTPTransport
import Logging

/// A request that has been understood, and how its answer goes out: as a whole, or while it is made.
struct OperationExchange: Sendable {
    let request: CIMXMLRequest
    let caller: Caller
    let acceptsTrailers: Bool
    let prefix: HeaderPrefix
    let logger: Logger

    /// An answer as a whole.
    func body(_ reply: CIMXMLReply) -> HTTPBody {
        let told = reply.mapError(told)
        if told.error == nil { logger.debug("operation answered", metadata: metadata) }
        return .bytes(
            CIMXMLResponse(messageID: request.messageID, name: request.call.name, reply: told).encoded())
    }

    /// An error as the answer.
    func body(failure error: CIMError) -> HTTPBody {
        switch request.call {
        case .intrinsic: body(.intrinsic(.failure(error)))
        case .method: body(.method(.failure(error)))
        case .export: body(.export(error))
        }
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
            return body(failure: error)
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
                let told = told(error)
                guard acceptsTrailers else { throw told }
                try await writer.write(tail)
                let texts = [String(told.code.rawValue), OperationHeaderText.encode(told.message)]
                return HTTPHeaderFields(Array(zip(names, texts)).map { (name: $0, value: $1) })
            }
            try await writer.write(tail)
            logger.debug("operation answered", metadata: metadata)
            return HTTPHeaderFields()
        }
    }

    // MARK: Errors

    /// What the client is told of an error, which is logged. CIM_ERR_FAILED is the server's or a host's fault: whoever runs
    /// the server must be able to find what was behind it, so both have a number.
    private func told(_ error: CIMError) -> CIMError {
        var metadata = metadata
        metadata["status"] = "\(error.code.symbol)"
        metadata["reason"] = "\(error.message)"
        guard error.code == .failed else {
            logger.debug("operation ended with an error", metadata: metadata)
            return error
        }
        let incident = String(UInt32.random(in: .min ... .max), radix: 16)
        metadata["incident"] = "\(incident)"
        logger.error("operation ended with an error", metadata: metadata)
        return CIMError(.failed, "\(error.message) (incident \(incident))", details: error.details)
    }

    private var metadata: Logger.Metadata {
        [
            "operation": "\(request.call.name)", "object": "\(request.operationObject)",
            "message": "\(request.messageID)", "caller": "\(caller.description)",
        ]
    }
}

extension CIMXMLReply {
    fileprivate var error: CIMError? {
        switch self {
        case .intrinsic(.failure(let error)), .method(.failure(let error)): error
        case .export(let error): error
        case .intrinsic(.success), .method(.success): nil
        }
    }

    fileprivate func mapError(_ transform: (CIMError) -> CIMError) -> CIMXMLReply {
        switch self {
        case .intrinsic(let result): .intrinsic(result.mapError(transform))
        case .method(let result): .method(result.mapError(transform))
        case .export(let error): .export(error.map(transform))
        }
    }
}
