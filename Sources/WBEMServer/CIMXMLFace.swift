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
    private let logger: Logger

    /// - Parameters:
    ///   - limits: what a request's document may cost.
    ///   - callLimits: what the call in it may hold.
    package init(
        manager: ObjectManager, limits: XMLLimits = .default, callLimits: CallLimits = CallLimits(), logger: Logger
    ) {
        self.manager = manager
        self.limits = limits
        self.callLimits = callLimits
        self.logger = logger
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.method == "OPTIONS" { return CapabilitiesAnswer.response() }
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
            return envelope.prefix.response(response.encoded(), mediaType: envelope.mediaType)
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
        do throws(CIMError) {
            try callLimits.check(request.call)
            reply = await carryOut(request.call, caller)
        } catch {
            reply = CIMXMLReply(failure: error, of: request.call)
        }
        log(reply, to: request, caller)
        return CIMXMLResponse(messageID: request.messageID, name: request.call.name, reply: reply)
    }

    private func carryOut(_ call: CIMXMLCall, _ caller: Caller) async -> CIMXMLReply {
        switch call {
        case .intrinsic(let call): .intrinsic(await IntrinsicOperation(call: call, manager: manager).result())
        case .method(let call):
            .method(await ExtrinsicOperation(call: call, manager: manager, caller: caller).result())
        case .export:
            // The envelope has refused it already: an export bears no CIMOperation header.
            .export(CIMError(.notSupported, "this server takes no indications"))
        }
    }

    /// CIM_ERR_FAILED is the server's or a host's fault: whoever runs the server must be able to find it.
    private func log(_ reply: CIMXMLReply, to request: CIMXMLRequest, _ caller: Caller) {
        // Most calls succeed and most logs leave that out: nothing is put together for it then.
        func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
            let call: Logger.Metadata = [
                "operation": "\(request.call.name)", "object": "\(request.operationObject)",
                "message": "\(request.messageID)", "caller": "\(caller.description)",
            ]
            return call.merging(more) { own, _ in own }
        }
        guard let error = reply.error else { return logger.debug("operation answered", metadata: metadata()) }
        logger.log(
            level: error.code == .failed ? .error : .debug, "operation ended with an error",
            metadata: metadata(["status": "\(error.code.symbol)", "reason": "\(error.message)"]))
    }
}

extension CIMXMLReply {
    fileprivate init(failure: CIMError, of call: CIMXMLCall) {
        switch call {
        case .intrinsic: self = .intrinsic(.failure(failure))
        case .method: self = .method(.failure(failure))
        case .export: self = .export(failure)
        }
    }

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
        let parts = [
            peer.userID.map { "uid \($0)" }, peer.groupID.map { "gid \($0)" }, peer.processID.map { "pid \($0)" },
        ]
        self.init(parts.compactMap { $0 }.joined(separator: ", "))
    }
}
