import CIM
import CIMXML
import HTTPTransport
import Synchronization
import XML

/// Calls a CIM server on a Unix socket: operations and methods of DSP0200, as CIM-XML messages over HTTP.
///
/// Each call has an HTTP connection of its own. In the Unix domain that costs microseconds, calls may run
/// side by side, and no call fails because a server closed a connection that was idle.
package final class WBEMConnection: Sendable {
    package struct Options: Sendable, Hashable {
        /// The HTTP request target.
        package var httpPath = "/cimom"
        /// For connecting; a server's queue of connections may be full for a moment.
        package var connectTimeout = Duration.seconds(5)
        /// For one call, from its first byte to the last of its response.
        package var callTimeout = Duration.seconds(60)
        /// What a response may be at most.
        package var responseLimits = XMLLimits(bytes: 64 << 20, elements: 2_000_000)

        package init() {}
    }

    package let socketPath: String
    /// Where operations go that are given no namespace.
    package let namespace: CIMNamespace
    package let options: Options
    /// The ID of the last message sent.
    private let lastMessageID = Mutex<UInt64>(0)

    package init(socketPath: String, namespace: CIMNamespace, options: Options = Options()) {
        self.socketPath = socketPath
        self.namespace = namespace
        self.options = options
    }

    /// Any intrinsic operation (DSP0200 5.3).
    package func call(_ call: IntrinsicCall) async throws(WBEMClientError) -> IntrinsicResult {
        guard case .intrinsic(let reply) = try await exchange(.intrinsic(call)) else {
            throw malformed("the response is not to an operation", call.name)
        }
        return try success(reply, call.name)
    }

    /// Any method of a class or an instance (DSP0200 5.2).
    package func call(_ call: MethodCall) async throws(WBEMClientError) -> MethodResult {
        guard case .method(let reply) = try await exchange(.method(call)) else {
            throw malformed("the response is not to a method", call.name)
        }
        return try success(reply, call.name)
    }

    // MARK: One exchange

    private func exchange(_ call: CIMXMLCall) async throws(WBEMClientError) -> CIMXMLReply {
        let request = CIMXMLRequest(messageID: nextMessageID(), call: call)
        let response = try await send(request)
        guard response.status == 200 else { throw refused(response, call.name) }
        let message: CIMXMLResponse
        do throws(CIMXMLError) {
            message = try CIMXMLResponse(parsing: response.body, limits: options.responseLimits)
        } catch {
            throw malformed("the response is no CIM-XML response: \(error)", call.name)
        }
        guard message.messageID == request.messageID else {
            throw malformed(
                "the response has the ID \(message.messageID), the request had \(request.messageID)", call.name)
        }
        guard message.name == call.name else {
            throw malformed("the response is to \(message.name)", call.name)
        }
        return message.reply
    }

    private func send(_ request: CIMXMLRequest) async throws(WBEMClientError) -> HTTPClientResponse {
        var headers: HTTPHeaderFields = [
            "Content-Type": "application/xml; charset=\"utf-8\"", "Accept": "application/xml, text/xml",
        ]
        for field in request.operationHeaders { headers.append(field.name, field.value) }
        let message = HTTPClientRequest(path: options.httpPath, headers: headers, body: request.encoded())
        var limits = HTTPClientConnection.Options()
        limits.bodyBytes = options.responseLimits.bytes
        do throws(HTTPTransportError) {
            let connection = try await HTTPClientConnection.connect(
                to: socketPath, options: limits, timeout: options.connectTimeout)
            return try await connection.send(message, timeout: options.callTimeout, closing: true)
        } catch {
            throw WBEMClientError(
                .transport(error), error.message, operation: request.call.name.text, socketPath: socketPath)
        }
    }

    private func nextMessageID() -> String {
        String(
            lastMessageID.withLock { last in
                last += 1
                return last
            })
    }

    private func success<Value>(
        _ reply: Result<Value, CIMError>, _ operation: CIMName
    ) throws(WBEMClientError) -> Value {
        switch reply {
        case .success(let value): return value
        case .failure(let error):
            throw WBEMClientError(
                .status(error), error.description, operation: operation.text, socketPath: socketPath)
        }
    }

    private func refused(_ response: HTTPClientResponse, _ operation: CIMName) -> WBEMClientError {
        let cimError = response.headers["CIMError"]
        // A body says more, but may be of any size and kind.
        let text = String(decoding: response.body.prefix(300), as: UTF8.self)
        let words = ["HTTP status \(response.status)", cimError.map { "CIMError: \($0)" }, text.isEmpty ? nil : text]
        return WBEMClientError(
            .http(status: response.status, cimError: cimError), words.compactMap { $0 }.joined(separator: "; "),
            operation: operation.text, socketPath: socketPath)
    }

    func malformed(_ message: String, _ operation: CIMName) -> WBEMClientError {
        WBEMClientError(.malformedResponse, message, operation: operation.text, socketPath: socketPath)
    }
}
