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
    private let callLimits: CallLimits
    private let statistics: ServerStatistics
    private let remembered = RememberedAnswers()
    private let logger: Logger

    /// - Parameters:
    ///   - access: judges every call before it is carried out.
    ///   - limits: what a request's document may cost.
    ///   - callLimits: what the call in it may hold.
    package init(
        manager: ObjectManager, access: AccessControl, limits: XMLLimits = .default,
        callLimits: CallLimits = CallLimits(), statistics: ServerStatistics = ServerStatistics(), logger: Logger
    ) {
        self.manager = manager
        self.access = access
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
        let mayRead = access.allowsReading(Caller(request.peer))
        if mayRead, let response = remembered[request] {
            logger.debug("operation answered as before", metadata: ["bytes": "\(request.body.count)"])
            return response
        }
        guard mayRead || request.body.count <= Self.strangersBodyBytes else {
            return refuse(request, Self.tooMuchOfAStranger, HeaderPrefix.none)
        }
        return await answerAnew(request)
    }

    /// Who may do nothing here is told so in the way that their client understands, and for that their request is read. It is
    /// not when it is large.
    private static let strangersBodyBytes = 32 << 10
    private static let tooMuchOfAStranger = HTTPRefusal(
        403, "Who asks has no role here (access, in the configuration).")

    private func answerAnew(_ request: HTTPRequest) async -> HTTPResponse {
        let envelope: CIMXMLEnvelope
        do {
            envelope = try CIMXMLEnvelope(request)
        } catch {
            return refuse(request, error, HeaderPrefix.none)
        }
        do {
            let message: CIMXMLRequest
            do throws(CIMXMLError) {
                message = try CIMXMLRequest(parsing: request.body, limits: limits)
            } catch {
                return refuse(request, error, envelope)
            }
            try envelope.check(against: message)
            let exchange = OperationExchange(
                request: message, caller: Caller(request.peer), acceptsTrailers: request.acceptsTrailers,
                prefix: envelope.prefix, logger: logger)
            var response = envelope.prefix.response([], mediaType: envelope.mediaType)
            if message.call.isShort {
                let basis = manager.basis(of: message.call)
                let answer = await answer(exchange, connection: request.peer.connection)
                response.body = await exchange.body(answer)
                if let basis, answer.isSuccess { remembered.remember(response, to: request, on: basis) }
            } else {
                // A short request may be handled on the thread that serves all connections; a long answer is not.
                response.body = await withTaskExecutorPreference(globalConcurrentExecutor) {
                    await exchange.body(answer(exchange, connection: request.peer.connection))
                }
            }
            return response
        } catch {
            return refuse(request, error, envelope.prefix)
        }
    }

    private func refuse(_ request: HTTPRequest, _ refusal: HTTPRefusal, _ prefix: HeaderPrefix) -> HTTPResponse {
        logger.debug("request refused", metadata: ["status": "\(refusal.status)", "reason": "\(refusal.reason)"])
        access.refused(Caller(request.peer)) { AuditRecord(request, refusal, atMicroseconds: $0) }
        return refusal.response(prefix)
    }

    /// What is wrong with a document is told by an HTTP status (DSP0200 6.3.5); what is wrong inside of a call, by a CIM status,
    /// to whoever may know more than that they may not ask.
    private func refuse(_ request: HTTPRequest, _ error: CIMXMLError, _ envelope: CIMXMLEnvelope) -> HTTPResponse {
        guard let call = error.call, let status = error.status, access.allowsReading(Caller(request.peer)) else {
            let refusal = HTTPRefusal(error.code.httpStatus, "\(error)", cimError: error.code.rawValue)
            return refuse(request, refusal, envelope.prefix)
        }
        access.refused(Caller(request.peer)) {
            AuditRecord(request, HTTPRefusal(200, "\(error)"), atMicroseconds: $0)
        }
        let fault = CIMError(status, "\(error)")
        let answer = CIMXMLResponse(
            messageID: call.messageID, name: call.name,
            reply: call.isMethod ? .method(.failure(fault)) : .intrinsic(.failure(fault)))
        return envelope.prefix.response(answer.encoded(), mediaType: envelope.mediaType)
    }

    private func answer(_ exchange: OperationExchange, connection: UInt64) async -> OperationAnswer {
        let request = exchange.request
        let visit = access.enter(
            exchange.caller, connection: connection, asking: AccessDemand(request.call, manager))
        let answer =
            if let refusal = visit.refusal {
                OperationAnswer.reply(request.call.refused(refusal))
            } else {
                await carryOut(request.call, exchange.caller)
            }
        // Of what is sent while it is made, nothing but reads, all is known that a record would tell.
        access.leave(visit) { AuditRecord(visit, request, answer.reply ?? .intrinsic(.success(IntrinsicResult(nil)))) }
        return answer
    }

    private func carryOut(_ call: CIMXMLCall, _ caller: Caller) async -> OperationAnswer {
        do throws(CIMError) {
            try callLimits.check(call)
        } catch {
            return .reply(call.refused(error))
        }
        switch call {
        case .intrinsic(let call):
            switch await IntrinsicOperation(call: call, manager: manager, caller: caller).answer() {
            case .success(.whole(let result)): return .reply(.intrinsic(.success(result)))
            case .success(.results(let results, let item)): return .results(results, as: item)
            case .failure(let error): return .reply(.intrinsic(.failure(error)))
            }
        case .method(let call):
            return .reply(.method(await ExtrinsicOperation(call: call, manager: manager, caller: caller).result()))
        // The envelope has refused it already: an export bears no CIMOperation header.
        case .export: return .reply(.export(CIMError(.notSupported, "this server takes no indications")))
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
