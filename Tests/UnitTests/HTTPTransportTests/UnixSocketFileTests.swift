import Glibc
import Testing

@testable import HTTPTransport

@Suite(.timeLimit(.minutes(1))) struct UnixSocketFileTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// What `run` throws there; a server that starts is stopped at once.
    private func refusal(_ path: String) async -> HTTPTransportError? {
        let server = HTTPServer(socketPath: path, handler: echo)
        do {
            try await server.run { server.beginShutdown() }
            return nil
        } catch {
            return error
        }
    }

    /// A socket file whose server has died.
    private func leaveSocket(_ path: String, kind: CInt = CInt(SOCK_STREAM.rawValue)) throws {
        let descriptor = socket(AF_UNIX, kind, 0)
        defer { close(descriptor) }
        guard UnixSocket.withAddress(of: path, { bind(descriptor, $0, $1) }) == 0 else {
            throw RawClient.Failure(description: "bind: errno \(errno)")
        }
    }

    @Test func theSocketIsItsOwnersAlone() async throws {
        try await withServer { fixture in
            #expect(mode(fixture.socketPath) == 0o600)
        }
    }

    @Test func aMissingDirectoryIsCreatedForTheOwnerAlone() async throws {
        let directory = try TemporaryDirectory()
        #expect(await refusal(directory.path + "/run/socket") == nil)
        #expect(mode(directory.path + "/run") == 0o700)
    }

    @Test func onlyOneDirectoryIsCreated() async throws {
        let directory = try TemporaryDirectory()
        let error = await refusal(directory.path + "/a/b/socket")
        #expect(error == HTTPTransportError(.directoryUnavailable, ""))
        #expect(error?.message.contains("create it") == true)
    }

    @Test(arguments: [0o750, 0o720, 0o704, 0o702, 0o770, 0o755, 0o1777] as [mode_t])
    func aDirectoryOpenToOthersIsRefused(_ mode: mode_t) async throws {
        let directory = try TemporaryDirectory()
        chmod(directory.path, mode)
        let error = await refusal(directory.path + "/socket")
        #expect(error == HTTPTransportError(.directoryNotPrivate, ""))
        #expect(error?.message.contains("chmod 700 \(directory.path)") == true)
        #expect(self.mode(directory.path + "/socket") == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
    func aDirectoryOfAnotherUserIsRefused() async throws {
        let directory = try TemporaryDirectory()
        chown(directory.path, 12345, 12345)
        #expect(await refusal(directory.path + "/socket") == HTTPTransportError(.directoryNotPrivate, ""))
    }

    @Test func aFileInPlaceOfTheDirectoryIsRefused() async throws {
        let directory = try TemporaryDirectory()
        close(creat(directory.path + "/file", 0o600))
        #expect(await refusal(directory.path + "/file/socket") == HTTPTransportError(.directoryUnavailable, ""))
    }

    @Test func aDeadServersSocketIsReplaced() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        try leaveSocket(path)
        #expect(await refusal(path) == nil)
    }

    @Test func aLiveServersSocketIsLeftAlone() async throws {
        try await withServer { fixture in
            let error = await refusal(fixture.socketPath)
            #expect(error == HTTPTransportError(.addressInUse, ""))
            #expect(error?.message.contains("another daemon answers on \(fixture.socketPath)") == true)
            let response = try await fixture.client().request(Self.get)
            #expect(response.status == 200)
        }
    }

    @Test func aServerWhoseQueueIsFullIsAlive() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        try #require(UnixSocket.withAddress(of: path) { bind(descriptor, $0, $1) } == 0)
        listen(descriptor, 0)
        let waiting = try RawClient(path)
        #expect(await refusal(path) == HTTPTransportError(.addressInUse, ""))
        withExtendedLifetime(waiting) {}
    }

    @Test func whatIsNoSocketIsLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        close(creat(path, 0o600))
        #expect(await refusal(path) == HTTPTransportError(.notASocket, ""))
        #expect(mode(path) == 0o600)
        try leaveSocket(directory.path + "/target")
        symlink(directory.path + "/target", directory.path + "/link")
        #expect(await refusal(directory.path + "/link") == HTTPTransportError(.notASocket, ""))
        #expect(mode(directory.path + "/target") != nil)
    }

    @Test func aSocketOfAnotherKindIsLeftAlone() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        try #require(UnixSocket.withAddress(of: path) { bind(descriptor, $0, $1) } == 0)
        #expect(await refusal(path) == HTTPTransportError(.notASocket, ""))
        #expect(mode(path) != nil)
    }

    @Test func thePathsLengthIsBounded() async throws {
        let directory = try TemporaryDirectory()
        let longest = directory.path + "/" + String(repeating: "x", count: 107 - directory.path.utf8.count - 1)
        #expect(await refusal(longest) == nil)
        let error = await refusal(longest + "x")
        #expect(error == HTTPTransportError(.pathTooLong, ""))
        #expect(error?.message.contains("108 bytes") == true)
        #expect(await refusal("") == HTTPTransportError(.pathTooLong, ""))
    }

    @Test func theFileIsRemovedAtTheEnd() async throws {
        let directory = try TemporaryDirectory()
        #expect(await refusal(directory.path + "/socket") == nil)
        #expect(mode(directory.path + "/socket") == nil)
    }

    @Test func aFileThatIsNotOursIsNotRemoved() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let server = HTTPServer(socketPath: path, handler: echo)
        try await server.run {
            unlink(path)
            close(creat(path, 0o640))
            server.beginShutdown()
        }
        #expect(mode(path) == 0o640)
    }

    @Test func ofManyServersThatStartAtOnceOneServes() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        try leaveSocket(path)
        let outcome = History<String>()
        let servers = (0..<8).map { number in
            HTTPServer(socketPath: path) { _ in HTTPResponse(status: 200, body: Array("\(number)".utf8)) }
        }
        await withTaskGroup { group in
            for server in servers {
                group.addTask {
                    do throws(HTTPTransportError) {
                        try await server.run { outcome.add("serving") }
                    } catch {
                        outcome.add(error.code.rawValue)
                    }
                }
            }
            // If one more were serving instead of refused, this would time out.
            try? await outcome.wait(for: 7) { $0 == "addressInUse" }
            for server in servers { server.beginShutdown() }
        }
        #expect(outcome.events.sorted() == Array(repeating: "addressInUse", count: 7) + ["serving"])
        #expect(mode(path) == nil)
    }
}
