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
    private let access: AccessControl
    private let limits: XMLLimits
    private let logger: Logger

    /// - Parameters:
    ///   - access: judges every call before it is carried out.
    ///   - limits: what a request's document may cost.
    package init(manager: ObjectManager, access: AccessControl, limits: XMLLimits = .default, logger: Logger) {
        self.manager = manager
        self.access = access
        self.limits = limits
        self.logger = logger
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let envelope: CIMXMLEnvelope
        do {
            envelope = try CIMXMLEnvelope(request)
        } catch {
            return refuse(request, error, HeaderPrefix.none)
        }
        do {
            let message = try message(request.body)
            try envelope.check(against: message)
            let response = await answer(message, from: request.peer)
            return envelope.prefix.response(response.encoded())
        } catch {
            return refuse(request, error, envelope.prefix)
        }
    }

    private func refuse(_ request: HTTPRequest, _ refusal: HTTPRefusal, _ prefix: HeaderPrefix) -> HTTPResponse {
        logger.debug("request refused", metadata: ["status": "\(refusal.status)", "reason": "\(refusal.reason)"])
        access.refused(Caller(request.peer)) { AuditRecord(request, refusal, atMicroseconds: $0) }
        return refusal.response(prefix)
    }

    private func message(_ body: [UInt8]) throws(HTTPRefusal) -> CIMXMLRequest {
        do {
            return try CIMXMLRequest(parsing: body, limits: limits)
        } catch {
            throw HTTPRefusal(error.code.httpStatus, "\(error)", cimError: error.code.rawValue)
        }
    }

    private func answer(_ request: CIMXMLRequest, from peer: HTTPPeer) async -> CIMXMLResponse {
        let caller = Caller(peer)
        let visit = access.enter(caller, connection: peer.connection, asking: AccessDemand(request.call, manager))
        let reply: CIMXMLReply
        if let refusal = visit.refusal {
            reply = request.call.refused(refusal)
        } else {
            reply = await carryOut(request.call, caller)
        }
        access.leave(visit) { AuditRecord(visit, request, reply) }
        log(reply, to: request, caller)
        return CIMXMLResponse(messageID: request.messageID, name: request.call.name, reply: reply)
    }

    private func carryOut(_ call: CIMXMLCall, _ caller: Caller) async -> CIMXMLReply {
        switch call {
        case .intrinsic(let call): .intrinsic(await IntrinsicOperation(call: call, manager: manager).result())
        case .method(let call):
            .method(await ExtrinsicOperation(call: call, manager: manager, caller: caller).result())
        // The envelope has refused it already: an export bears no CIMOperation header.
        case .export: .export(CIMError(.notSupported, "this server takes no indications"))
        }
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
        let primary = peer.groupID.map { [$0] } ?? []
        self.init(
            userID: peer.userID, groupIDs: primary + peer.supplementaryGroupIDs.filter { !primary.contains($0) },
            processID: peer.processID)
    }
}
