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
    private let responseTimes: ResponseTimes
    private let logger: Logger

    /// - Parameter limits: what a request's document may cost.
    package init(
        manager: ObjectManager, limits: XMLLimits = .default, responseTimes: ResponseTimes = ResponseTimes(),
        logger: Logger
    ) {
        self.manager = manager
        self.limits = limits
        self.responseTimes = responseTimes
        self.logger = logger
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard responseTimes.areTold else { return await answer(request) }
        let began = ContinuousClock.now
        var response = await answer(request)
        response.headers.append(ResponseTimes.header, String(Int64((ContinuousClock.now - began) / .microseconds(1))))
        return response
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
            let response = await answer(message, caller: Caller(request.peer))
            return envelope.prefix.response(response.encoded())
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

    private func answer(_ request: CIMXMLRequest, caller: Caller) async -> CIMXMLResponse {
        let reply: CIMXMLReply
        switch request.call {
        case .intrinsic(let call): reply = .intrinsic(await IntrinsicOperation(call: call, manager: manager).result())
        case .method(let call):
            reply = .method(await ExtrinsicOperation(call: call, manager: manager, caller: caller).result())
        case .export:
            // The envelope has refused it already: an export bears no CIMOperation header.
            reply = .export(CIMError(.notSupported, "this server takes no indications"))
        }
        log(reply, to: request, caller)
        return CIMXMLResponse(messageID: request.messageID, name: request.call.name, reply: reply)
    }

    /// CIM_ERR_FAILED is the server's or a host's fault: whoever runs the server must be able to find it.
    private func log(_ reply: CIMXMLReply, to request: CIMXMLRequest, _ caller: Caller) {
        var metadata: Logger.Metadata = [
            "operation": "\(request.call.name)", "object": "\(request.operationObject)",
            "message": "\(request.messageID)", "caller": "\(caller.description)",
        ]
        guard let error = reply.error else {
            logger.debug("operation answered", metadata: metadata)
            return
        }
        metadata["status"] = "\(error.code.symbol)"
        metadata["reason"] = "\(error.message)"
        logger.log(
            level: error.code == .failed ? .error : .debug, "operation ended with an error", metadata: metadata)
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
}

extension Caller {
    /// What the kernel said of the process at the other end of the socket.
    init(_ peer: HTTPPeer) {
        self.init(userID: peer.userID, groupIDs: peer.groupID.map { [$0] } ?? [], processID: peer.processID)
    }
}
