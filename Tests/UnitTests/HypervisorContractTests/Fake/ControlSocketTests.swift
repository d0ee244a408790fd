import FakeHypervisor
import Glibc
import HypervisorAPI
import Testing

@Suite("The control socket", .timeLimit(.minutes(2))) struct ControlSocketTests {
    @Test func everyCommandIsAnswered() async throws {
        try await serve([guest(10, "web"), guest(11, "off", state: .shutOff)]) { still, path in
            let client = try LineClient(path: path)
            for command in Self.commands {
                let answer = try #require(await client.ask(command))
                #expect(answer.hasPrefix("{\"ok\":true"), "\(command): \(answer)")
            }
        }
    }

    private static let commands = [
        #"{"command":"clock-hold"}"#, #"{"command":"clock-advance","seconds":1.5}"#,
        #"{"command":"clock-speed","speed":10}"#, #"{"command":"clock-release"}"#,
        #"{"command":"guest-dirty","host":"alpha","guest":"web","miBPerSecond":12.5}"#,
        #"{"command":"guest-pause","host":"alpha","guest":"web"}"#,
        #"{"command":"guest-resume","host":"alpha","guest":"web"}"#,
        #"{"command":"guest-start","host":"alpha","guest":"off"}"#,
        #"{"command":"guest-stop","host":"alpha","guest":"off"}"#,
        #"{"command":"guest-undefine","host":"alpha","guest":"off"}"#,
        #"{"command":"guest-crash","host":"alpha","guest":"web"}"#,
        #"{"command":"guest-define","host":"beta","guest":{"name":"n","uuid":"00000000-0000-4000-8000-000000000077","memoryMiB":64}}"#,
        #"{"command":"disk-missing","host":"beta","path":"/srv/shared/web.qcow2"}"#,
        #"{"command":"disk-back","host":"beta","path":"/srv/shared/web.qcow2"}"#,
        #"{"command":"disk-full","host":"beta","path":"/srv/shared/web.qcow2"}"#,
        #"{"command":"disk-has-room","host":"beta","path":"/srv/shared/web.qcow2"}"#,
        #"{"command":"link-cut","between":["alpha","beta"]}"#, #"{"command":"link-restore","between":["beta","alpha"]}"#,
        #"{"command":"hang","call":"identity"}"#, #"{"command":"release","fault":1}"#,
        #"{"command":"slow","seconds":2}"#, #"{"command":"lose-reply","call":"migrate","host":"alpha","nth":3}"#,
        #"{"command":"fail","call":"migrate","number":9,"message":"no","nth":2,"code":"operationFailed"}"#,
        #"{"command":"release-all"}"#, #"{"command":"unreachable","host":"beta"}"#,
        #"{"command":"reachable","host":"beta"}"#, #"{"command":"daemon-down","host":"beta"}"#,
        #"{"command":"daemon-up","host":"beta"}"#, #"{"command":"host-down","host":"beta"}"#,
        #"{"command":"host-up","host":"beta"}"#, #"{"command":"dump"}"#, #"{"command":"violations"}"#,
        #"{"command":"trace","after":3}"#, #"{"command":"wait","host":"beta","event":"powerLost","after":0,"seconds":1}"#,
    ]

    @Test func commandsReachTheWorld() async throws {
        try await serve([guest(10, "web")]) { still, path in
            let client = try LineClient(path: path)
            _ = await client.ask(#"{"command":"guest-pause","host":"alpha","guest":"web"}"#)
            #expect(try await still.host("alpha").domain(uuid(10))?.state == .paused)
            let answer = await client.ask(#"{"command":"fail","call":"domains","number":55,"message":"busy"}"#)
            #expect(answer == #"{"ok":true,"fault":1}"#)
            let alpha = try still.host("alpha")
            expect(
                await outcome { () async throws(HypervisorError) in try await alpha.domains() },
                failsWith: .operationInvalid, number: 55)
            #expect(await client.ask(#"{"command":"dump"}"#)?.contains(#""name":"web""#) == true)
        }
    }

    @Test func waitIsAnsweredByTheEventAndHoldsBackWhatFollows() async throws {
        try await serve([guest(10, "web")]) { still, path in
            let client = try LineClient(path: path)
            client.send(#"{"command":"wait","guest":"web","event":"suspended","seconds":1000}"# + "\n")
            client.send(#"{"command":"violations"}"# + "\n")
            try await eventually("the wait") { still.world.pendingWaits == 1 }
            try still.world.perform(.guestPause(host: "alpha", guest: "web"))
            let first = try #require(await client.line())
            #expect(first.contains(#""guest":"web","what":"suspended""#))
            #expect(await client.line() == #"{"ok":true,"violations":[]}"#)
        }
    }

    @Test func waitThatPassesItsDeadlineSaysSo() async throws {
        try await serve([]) { still, path in
            let client = try LineClient(path: path)
            client.send(#"{"command":"wait","event":"crashed","seconds":3}"# + "\n")
            try await eventually("the wait") { still.world.pendingWaits == 1 }
            still.clock.advance(by: .seconds(3))
            #expect(await client.line()?.hasPrefix(#"{"ok":false,"code":"deadlinePassed""#) == true)
        }
    }

    @Test(arguments: [
        ("nonsense", "wrongType"), ("{", "malformed"), ("[]", "wrongType"), ("{}", "missingKey"),
        (#"{"command":"explode"}"#, "unknownCommand"), (#"{"command":"host-down"}"#, "missingKey"),
        (#"{"command":"host-down","host":"x"}"#, "unknownHost"), (#"{"command":"dump","x":1}"#, "unknownKey"),
        (#"{"command":"clock-advance","seconds":"1"}"#, "wrongType"),
        (#"{"command":"clock-advance","seconds":-1}"#, "invalidValue"),
        (#"{"command":"hang","call":"everything"}"#, "invalidValue"),
        (#"{"command":"link-cut","between":["alpha"]}"#, "invalidValue"),
        (#"{"command":"release","fault":7}"#, "conflict"),
        (String(repeating: "[", count: 5000), "tooLong"),
    ])
    func wrongRequestIsExplainedAndTheConnectionStays(request: String, code: String) async throws {
        try await serve([]) { _, path in
            let client = try LineClient(path: path)
            let answer = try #require(await client.ask(request))
            #expect(answer.hasPrefix("{\"ok\":false,\"code\":\"\(code)\""), "\(answer)")
            #expect(answer.contains("\"remedy\":\""))
            #expect(await client.ask(#"{"command":"violations"}"#) == #"{"ok":true,"violations":[]}"#)
        }
    }

    @Test func lineWithoutEndIsRefused() async throws {
        try await serve([]) { _, path in
            let client = try LineClient(path: path)
            client.send(String(repeating: "x", count: 200_000))
            #expect(await client.line()?.hasPrefix(#"{"ok":false,"code":"tooLong""#) == true)
            #expect(await client.line() == nil)
            let other = try LineClient(path: path)
            #expect(await other.ask(#"{"command":"violations"}"#) == #"{"ok":true,"violations":[]}"#)
        }
    }

    @Test func onlyTheOwnerMayConnect() async throws {
        try await serve([]) { _, path in
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            #expect(status.st_mode & S_IFMT == S_IFSOCK)
        }
    }

    @Test func socketGoesWithItsServer() async throws {
        let path = try await serve([]) { _, path in path }
        #expect(access(path, F_OK) != 0)
    }

    @Test func onlyADeadSocketIsReplaced() async throws {
        let path = temporaryPath()
        let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
        close(descriptor)
        defer { unlink(path) }
        let still = try StillWorld([])
        await #expect(throws: SimulationError(.inputOutput, "", remedy: "")) {
            try await ControlSocket(world: still.world, path: path).run()
        }
        #expect(access(path, F_OK) == 0)
        try await serve([]) { still, path in
            await #expect(throws: SimulationError(.inputOutput, "", remedy: "")) {
                try await ControlSocket(world: still.world, path: path).run()
            }
            let client = try LineClient(path: path)
            #expect(await client.ask(#"{"command":"violations"}"#) != nil)
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 200)])
    func impossiblePathIsRefused(path: String) async throws {
        let still = try StillWorld([])
        await #expect(throws: SimulationError(.inputOutput, "", remedy: "")) {
            try await ControlSocket(world: still.world, path: path).run()
        }
    }

    /// A world that runs and is served on a socket of its own.
    @discardableResult
    private func serve<Result: Sendable>(
        _ guests: [GuestDescription], _ body: @Sendable (StillWorld, String) async throws -> Result
    ) async throws -> Result {
        let still = try StillWorld(guests)
        let path = temporaryPath()
        return try await still.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (ready, continuation) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    defer { continuation.finish() }
                    try await ControlSocket(world: still.world, path: path).run { continuation.yield() }
                }
                for await _ in ready { break }
                let result = try await body(still, path)
                group.cancelAll()
                try await group.waitForAll()
                return result
            }
        }
    }

    private func temporaryPath() -> String {
        "/tmp/fake-control-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).sock"
    }
}
