import CIM
import CIMXML
import Glibc
import HTTPTransport
import Synchronization
import Testing

@testable import WBEMClient

extension CIMNamespace {
    static var virt: CIMNamespace { CIMNamespace("root/virt") ?? CIMNamespace.unreachable }
    private static var unreachable: CIMNamespace { preconditionFailure("root/virt is a namespace") }
}

/// The requests a server saw.
actor Captured {
    private(set) var requests: [HTTPRequest] = []
    func add(_ request: HTTPRequest) { requests.append(request) }
}

/// Holds a handler until it is ended.
final class Silence: Sendable {
    static let shared = Silence()
    private let state = Mutex((hasEnded: false, waiting: [CheckedContinuation<Void, Never>]()))

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// The response to a request, with its ID and name.
func answer(_ request: HTTPRequest, _ reply: CIMXMLReply) -> [UInt8] {
    do {
        let message = try CIMXMLRequest(parsing: request.body)
        return CIMXMLResponse(messageID: message.messageID, name: message.call.name, reply: reply).encoded()
    } catch {
        Issue.record("the request is no CIM-XML: \(error)")
        return []
    }
}

/// Runs an HTTP server around `body`, which gets a connection to it.
func withHTTPServer<Value: Sendable>(
    _ options: WBEMConnection.Options = WBEMConnection.Options(),
    handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
    _ body: (WBEMConnection) async throws -> Value
) async throws -> Value {
    var template = Array("/tmp/wbem-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { rmdir(directory) }
    let server = HTTPServer(socketPath: directory + "/socket", handler: handler)
    let (listening, isListening) = AsyncStream<Void>.makeStream()
    return try await withThrowingTaskGroup { group in
        group.addTask {
            defer { isListening.finish() }
            try await server.run { isListening.finish() }
        }
        for await _ in listening {}
        defer { server.beginShutdown() }
        let connection = WBEMConnection(socketPath: directory + "/socket", namespace: .virt, options: options)
        let value = try await body(connection)
        server.beginShutdown()
        try await group.waitForAll()
        return value
    }
}

/// As above, for a server that answers CIM-XML messages; `nil` answers nothing that is one.
func withWBEMServer<Value: Sendable>(
    reply: @escaping @Sendable (CIMXMLRequest) throws -> CIMXMLReply?,
    _ body: (WBEMConnection) async throws -> Value
) async throws -> Value {
    try await withHTTPServer { request in
        do {
            let reply = try reply(try CIMXMLRequest(parsing: request.body))
            return HTTPResponse(status: 200, body: reply.map { answer(request, $0) } ?? [])
        } catch {
            Issue.record("the server failed: \(error)")
            return HTTPResponse(status: 500)
        }
    } _: {
        try await body($0)
    }
}
