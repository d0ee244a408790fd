import Glibc

@testable import HTTPTransport

/// A directory of mode 0700, removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/http-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RawClient.Failure(description: "mkdtemp: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.removeAll(path) }

    private static func removeAll(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != "." && name != ".." { removeAll("\(path)/\(name)") }
            }
            closedir(directory)
        }
        remove(path)
    }
}

/// A running server, what it reported, and a place for its socket.
struct ServerFixture: Sendable {
    let directory: TemporaryDirectory
    let socketPath: String
    let server: HTTPServer
    let history: History<HTTPServerEvent>

    func client() throws -> RawClient { try RawClient(socketPath) }

    /// Until this many connections are closed on the server's side.
    func closed(_ count: Int) async throws {
        try await history.wait(for: count) { if case .connectionClosed = $0 { true } else { false } }
    }

    func refused(_ status: UInt16) async throws {
        try await history.wait { if case .requestRefused(_, status, _) = $0 { true } else { false } }
    }
}

/// Answers with what was asked: method, path and body.
let echo: HTTPServer.Handler = { request in
    let text = "\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))"
    return HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: Array(text.utf8))
}

/// Options that differ from the usual ones.
func options(_ adjust: (inout HTTPServer.Options) -> Void) -> HTTPServer.Options {
    var options = HTTPServer.Options()
    adjust(&options)
    return options
}

/// As below, with an echo for a handler.
func withServer(
    _ options: HTTPServer.Options = HTTPServer.Options(), _ body: (ServerFixture) async throws -> Void
) async throws {
    try await withServer(options, handler: echo, body)
}

/// Runs a server around `body`, then shuts it down and waits for its end.
func withServer(
    _ options: HTTPServer.Options = HTTPServer.Options(), handler: @escaping HTTPServer.Handler,
    _ body: (ServerFixture) async throws -> Void
) async throws {
    let directory = try TemporaryDirectory()
    let history = History<HTTPServerEvent>()
    let socketPath = directory.path + "/socket"
    let server = HTTPServer(
        socketPath: socketPath, options: options, wallClock: { 784_111_777 }, report: { history.add($0) },
        handler: handler)
    let fixture = ServerFixture(directory: directory, socketPath: socketPath, server: server, history: history)
    let listening = Gate()
    try await withThrowingTaskGroup { group in
        group.addTask {
            defer { listening.open() }
            try await server.run { listening.open() }
        }
        await listening.pass()
        do {
            try await body(fixture)
        } catch {
            server.beginShutdown()
            throw error
        }
        server.beginShutdown()
        try await group.waitForAll()
    }
}

/// The head of a POST with a body.
func post(_ body: String, path: String = "/", fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

extension ServerFixture {
    struct NeverSo: Error {
        let last: HTTPServerStatistics?
    }

    /// Asks until the server's figures are as wanted, for at most a minute: no event tells of them.
    func until(_ condition: (HTTPServerStatistics) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let figures = await server.statistics()
            if let figures, condition(figures) { return }
            guard ContinuousClock.now < deadline else { throw NeverSo(last: figures) }
            await Task.yield()
        }
    }
}
