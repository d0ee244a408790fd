import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct UnixSocketAccessTests {
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private func group(_ path: String) -> gid_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_gid : nil
    }

    /// Runs a server and looks at it while it serves.
    private func serving(
        _ access: UnixSocketAccess, in directory: TemporaryDirectory, _ look: @Sendable (HTTPServer) throws -> Void
    ) async throws {
        let server = HTTPServer(socketPath: directory.path + "/socket", access: access, handler: echo)
        let outcome = History<Result<Void, any Error>>()
        try await server.run {
            outcome.add(Result { try look(server) })
            server.beginShutdown()
        }
        try outcome.events[0].get()
    }

    @Test(
        arguments: [(.owner, 0o700, 0o600), (.group(getgid()), 0o710, 0o660), (.everyone, 0o711, 0o666)]
            as [(UnixSocketAccess, mode_t, mode_t)])
    func modesLetInWhoMayConnect(_ access: UnixSocketAccess, _ ofDirectory: mode_t, _ ofFile: mode_t) async throws {
        let directory = try TemporaryDirectory()
        try await serving(access, in: directory) { _ in
            #expect(mode(directory.path) == ofDirectory)
            #expect(mode(directory.path + "/socket") == ofFile)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file to any group"))
    func theGroupOwnsBoth() async throws {
        let directory = try TemporaryDirectory()
        try await serving(.group(12345), in: directory) { _ in
            #expect(group(directory.path) == 12345)
            #expect(group(directory.path + "/socket") == 12345)
        }
    }

    @Test func othersAreLetInAndShutOutWhileItServes() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        try await serving(.owner, in: directory) { server in
            try server.permit(.everyone)
            #expect(mode(directory.path) == 0o711)
            #expect(mode(path) == 0o666)
            try server.permit(.everyone)
            try server.permit(.owner)
            #expect(mode(directory.path) == 0o700)
            #expect(mode(path) == 0o600)
            // A socket that is another's by now keeps its mode.
            unlink(path)
            close(creat(path, 0o640))
            #expect(throws: HTTPTransportError(.systemCall, "")) { try server.permit(.everyone) }
            #expect(mode(path) == 0o640)
        }
    }

    @Test func whatIsAskedForBeforeItServesHolds() async throws {
        let directory = try TemporaryDirectory()
        let server = HTTPServer(socketPath: directory.path + "/socket", handler: echo)
        try server.permit(.everyone)
        try await server.run {
            #expect(mode(directory.path + "/socket") == 0o666)
            server.beginShutdown()
        }
    }

    /// What a server left that let others in is shut again.
    @Test(arguments: [0o711, 0o710, 0o701] as [mode_t])
    func aDirectoryThatOthersMayEnterIsShut(_ left: mode_t) async throws {
        let directory = try TemporaryDirectory()
        chmod(directory.path, left)
        try await serving(.owner, in: directory) { _ in #expect(mode(directory.path) == 0o700) }
    }

    // MARK: Peers

    @Test func theKernelTellsWhoConnected() async throws {
        let directory = try TemporaryDirectory()
        let peers = History<HTTPPeer>()
        let path = directory.path + "/socket"
        let server = HTTPServer(socketPath: path) { request in
            peers.add(request.peer)
            return HTTPResponse(status: 200)
        }
        try await withThrowingTaskGroup { group in
            let listening = Gate()
            group.addTask {
                defer { listening.open() }
                try await server.run { listening.open() }
            }
            await listening.pass()
            _ = try await RawClient(path).request("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            server.beginShutdown()
            try await group.waitForAll()
        }
        var groups = [gid_t](repeating: 0, count: Int(getgroups(0, nil)))
        let count = getgroups(CInt(groups.count), &groups)
        groups = Array(groups.prefix(Int(count)))
        let peer = peers.events[0]
        #expect(peer.processID == getpid())
        #expect(peer.userID == geteuid())
        #expect(peer.groupID == getegid())
        #expect(peer.supplementaryGroupIDs.sorted() == groups.sorted())
    }

    @Test func whoCannotBeKnownIsNobody() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(throws: HTTPTransportError(.systemCall, "")) { try UnixPeer(of: ends[0]) }
        #expect(throws: HTTPTransportError(.systemCall, "")) { try UnixPeer.supplementaryGroups(of: ends[0]) }
        // A socket that nobody connected to.
        let lone = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(lone) }
        #expect(throws: HTTPTransportError(.systemCall, "")) { try UnixPeer(of: lone) }
    }
}
