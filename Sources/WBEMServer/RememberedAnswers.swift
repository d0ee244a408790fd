import CIM
import CIMXML
import HTTPTransport
import Synchronization

/// Answers to GetInstance, kept for as long as they are what would be answered anyway. Managers ask for the same guests and
/// jobs again and again, and mostly nothing has changed since.
///
/// An answer is given again only to the same request, byte for byte, headers included, and only while the provider of the
/// instance says that nothing it is made of has changed. Who asks is judged for every request.
final class RememberedAnswers: Sendable {
    /// What an answer rests on.
    struct Basis: Sendable {
        fileprivate let provider: any InstanceProvider
        fileprivate let revision: InstanceRevision

        fileprivate var holds: Bool { provider.revision == revision }
    }

    private struct Answer: Sendable {
        let method: String
        let headers: HTTPHeaderFields
        let basis: Basis
        let response: HTTPResponse
        let size: Int
    }

    /// A request's body as a key; an array of bytes is hashed byte by byte, which takes as long as all the rest.
    private struct Body: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private struct Contents {
        var answers: [Body: Answer] = [:]
        var bytes = 0
    }

    /// Requests and answers together, in bytes. When it is used up all are forgotten.
    private let bound: Int
    private let contents = Mutex(Contents())

    init(bound: Int = 4 << 20) { self.bound = bound }

    subscript(request: HTTPRequest) -> HTTPResponse? {
        let body = Body(bytes: request.body)
        // Large requests are not kept, and not looked for either.
        guard request.body.count <= bound / 16, let answer = contents.withLock({ $0.answers[body] }),
            answer.method == request.method, answer.headers.isSpelledLike(request.headers)
        else { return nil }
        if answer.basis.holds { return answer.response }
        contents.withLock { contents in
            contents.bytes -= contents.answers.removeValue(forKey: body)?.size ?? 0
        }
        return nil
    }

    /// - Parameter basis: read before the answer was made.
    func remember(_ response: HTTPResponse, to request: HTTPRequest, on basis: Basis) {
        guard case .bytes(let body) = response.body else { return }
        let headers = request.headers.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 64 }
        let size = body.count + 2 * request.body.count + headers
        guard size <= bound / 16 else { return }
        let answer = Answer(
            method: request.method, headers: request.headers, basis: basis, response: response, size: size)
        contents.withLock { contents in
            if contents.bytes + size > bound { contents = Contents() }
            contents.bytes +=
                size - (contents.answers.updateValue(answer, forKey: Body(bytes: request.body))?.size ?? 0)
        }
    }
}

extension ObjectManager {
    /// What the answer to a call rests on; `nil` where that cannot be told, or the call is no GetInstance.
    func basis(of call: CIMXMLCall) -> RememberedAnswers.Basis? {
        guard case .intrinsic(let call) = call, call.name == "GetInstance",
            case .instanceName(let path)? = call.parameters.first(where: { $0.name == "InstanceName" })?.item,
            let provider = servedIfKnown(call.namespace)?.provider(for: path.className),
            let revision = provider.revision
        else { return nil }
        return RememberedAnswers.Basis(provider: provider, revision: revision)
    }
}
