import CIM
import CIMXML
import HTTPTransport

/// What the audit log says of a request.
extension AuditRecord {
    init(_ visit: AccessVisit, _ request: CIMXMLRequest, _ reply: CIMXMLReply) {
        self.init(
            atMicroseconds: visit.beganAtMicroseconds, caller: visit.caller, connection: visit.connection,
            messageID: AuditText.bounded(request.messageID), operation: AuditText.bounded(request.call.name.text),
            outcome: Outcome(reply, wasRefused: visit.refusal != nil))
        switch request.call {
        case .intrinsic(let call):
            namespace = AuditText.bounded(call.namespace.text)
            parameters = AuditText.parameters(of: call)
        case .method(let call):
            namespace = call.target.namespace.map { AuditText.bounded($0.text) }
            var target = call.target
            target.namespace = nil
            object = AuditText.bounded(target.text)
            parameters = AuditText.parameters(of: call)
        case .export: break
        }
    }

    /// A request that was refused before it was a call: what it was to be, only its headers say.
    init(_ request: HTTPRequest, _ refusal: HTTPRefusal, atMicroseconds: Int64) {
        self.init(
            atMicroseconds: atMicroseconds, caller: Caller(request.peer), connection: request.peer.connection,
            operation: AuditText.bounded(request.headers["CIMMethod"] ?? request.method),
            object: request.headers["CIMObject"].map(AuditText.bounded),
            outcome: .unreadable(
                httpStatus: refusal.status, cimError: refusal.cimError, reason: AuditText.bounded(refusal.reason)))
    }
}

extension AuditRecord.Outcome {
    fileprivate init(_ reply: CIMXMLReply, wasRefused: Bool) {
        switch reply {
        case .intrinsic(.failure(let error)), .method(.failure(let error)), .export(.some(let error)):
            let reason = AuditText.bounded(error.message)
            self = wasRefused ? .refused(error.code, reason: reason) : .failed(error.code, reason: reason)
        case .method(.success(let result)):
            self = .done(
                returned: result.returnValue?.text, job: result["Job"]?.path.map { AuditText.bounded($0.text) })
        case .intrinsic(.success), .export(nil): self = .done(returned: nil, job: nil)
        }
    }
}

extension CIMXMLTypedItem {
    fileprivate var path: CIMObjectPath? { if case .reference(let path) = item { path } else { nil } }

    fileprivate var text: String? { if case .value(let text) = item { AuditText.bounded(text) } else { nil } }
}

extension CIMXMLCall {
    /// The answer to a call that is not carried out.
    func refused(_ error: CIMError) -> CIMXMLReply {
        switch self {
        case .intrinsic: .intrinsic(.failure(error))
        case .method: .method(.failure(error))
        case .export: .export(error)
        }
    }
}
