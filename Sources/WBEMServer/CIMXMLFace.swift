import CIM
import CIMXML
import HTTPTransport
import Logging
import XML

/// The HTTP face of CIM-XML: a request in, a response out, always. Source: DSP0200 6 (encapsulation).
///
/// What is wrong with the HTTP message or with the structure of the CIM-XML message is answered with an HTTP status
/// and a CIMError header; whatever is wrong with the call itself, with status 200 and a CIM status in the message.
package struct CIMXMLFace: Sendable {
    private let manager: ObjectManager
    private let limits: XMLLimits
    private let callLimits: CallLimits
    private let statistics: ServerStatistics
    private let logger: Logger

    /// - Parameters:
    ///   - limits: what a request's document may cost.
    ///   - callLimits: what the call in it may hold.
    package init(
        manager: ObjectManager, limits: XMLLimits = .default, callLimits: CallLimits = CallLimits(),
        statistics: ServerStatistics = ServerStatistics(), logger: Logger
    ) {
        self.manager = manager
        self.limits = limits
        self.callLimits = callLimits
        self.statistics = statistics
        self.logger = logger
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.method == "OPTIONS" { return CapabilitiesAnswer.response() }
        return await statistics.measuring(request) { await answer(request) }
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let envelope: CIMXMLEnvelope
        do {
            envelope = try CIMXMLEnvelope(request)
        } catch {
            logger.debug("request refused", metadata: ["status": "\(error.status)", "reason": "\(error.reason)"])
            return error.response(HeaderPrefix.none)
        }
        do {
            let message = try message(request.body)
            try envelope.check(against: message)
            let exchange = OperationExchange(
                request: message, caller: Caller(request.peer), acceptsTrailers: request.acceptsTrailers,
                prefix: envelope.prefix, logger: logger)
            var response = envelope.prefix.response([], mediaType: envelope.mediaType)
            response.body = await answer(exchange)
            return response
        } catch {
            logger.debug("request refused", metadata: ["status": "\(error.status)", "reason": "\(error.reason)"])
            return error.response(envelope.prefix)
        }
    }

    private func message(_ body: [UInt8]) throws(HTTPRefusal) -> CIMXMLRequest {
        do {
            return try CIMXMLRequest(parsing: body, limits: limits)
        } catch {
            throw HTTPRefusal(error.code.httpStatus, "\(error)", cimError: error.code.rawValue)
        }
    }

    private func answer(_ exchange: OperationExchange) async -> HTTPBody {
        do throws(CIMError) {
            try callLimits.check(exchange.request.call)
        } catch {
            return exchange.body(failure: error)
        }
        switch exchange.request.call {
        case .intrinsic(let call):
            let operation = IntrinsicOperation(call: call, manager: manager, caller: exchange.caller)
            switch await operation.answer() {
            case .success(.whole(let result)): return exchange.body(.intrinsic(.success(result)))
            case .success(.results(let results, let item)): return await exchange.body(results, as: item)
            case .failure(let error): return exchange.body(failure: error)
            }
        case .method(let call):
            let operation = ExtrinsicOperation(call: call, manager: manager, caller: exchange.caller)
            return exchange.body(.method(await operation.result()))
        case .export:
            // The envelope has refused it already: an export bears no CIMOperation header.
            return exchange.body(failure: CIMError(.notSupported, "this server takes no indications"))
        }
    }
}

extension Caller {
    /// What the kernel said of the process at the other end of the socket.
    init(_ peer: HTTPPeer) {
        self.init(userID: peer.userID, groupIDs: peer.groupID.map { [$0] } ?? [], processID: peer.processID)
    }
}
