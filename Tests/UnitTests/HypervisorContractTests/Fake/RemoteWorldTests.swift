import FakeHypervisor
import Glibc
import HypervisorAPI
import Testing

/// What the contract does not say of a world in another process: who dies, and what a client may write.
@Suite("A world in another process", .timeLimit(.minutes(2))) struct RemoteWorldTests {
    private static let mark = OwnershipMark(owner: "c0000000-0000-4000-8000-00000000000c", generation: 1, job: "7")

    // MARK: Ends

    @Test func callsOutliveTheirClient() async throws {
        try await serve { still, path in
            let fault = try still.world.add(Fault(.hang, call: .setMark))
            let client = RemoteHypervisor(path: path)
            async let lost = mark(10, client)
            try await eventually("the call") { still.world.pendingCalls == 1 }
            await client.shutDown()
            expect(await lost, failsWith: .connectionLost, number: 38)
            try await eventually("the death") { still.world.dump().contains(#""abandoned":true"#) }
            try still.world.release(fault)
            #expect(try await still.host("alpha").domain(uuid(10))?.mark == Self.mark)
        }
    }

    @Test func worldThatEndsIsALostConnectionAndThenNone() async throws {
        let path = temporarySocketPath()
        let client = RemoteHypervisor(path: path)
        let alpha = client.host(try fakeURI("fake+tcp://alpha/system"))
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (begun, begin) = AsyncStream.makeStream(of: StillWorld.self)
            group.addTask {
                try await serve(at: path) { still, _ in
                    _ = try still.world.add(Fault(.hang, call: .setMark))
                    begin.yield(still)
                    for await _ in ended {}
                }
            }
            var worlds = begun.makeAsyncIterator()
            let still = try #require(await worlds.next())
            let events = try await alpha.events()
            async let lost = mark(10, client)
            try await eventually("the call") { still.world.pendingCalls == 1 }
            end.finish()
            expect(await lost, failsWith: .connectionLost, number: 38)
            for await _ in events {}
            try await group.waitForAll()
        }
        expect(
            await outcome { () async throws(HypervisorError) in try await alpha.identity() },
            failsWith: .connectionFailed, number: 38)
        try await serve(at: path) { _, _ in
            let identity = try await alpha.identity()
            #expect(identity.hostName == "alpha")
        }
        await client.shutDown()
    }

    @Test func deadlineIsTheClientsAndTheCallGoesOn() async throws {
        try await serve { still, path in
            let fault = try still.world.add(Fault(.hang, call: .setMark))
            let client = RemoteHypervisor(path: path, options: .init(callDeadline: .seconds(2)))
            async let late = mark(10, client)
            try await eventually("the call") { still.world.pendingCalls == 1 }
            expect(await late, failsWith: .unknownOutcome)
            try still.world.release(fault)
            #expect(try await still.host("alpha").domain(uuid(10))?.mark == Self.mark)
            await client.shutDown()
        }
    }

    @Test func callsThatHangBarTheHostAsTheyDoInOneProcess() async throws {
        try await serve { still, path in
            _ = try still.world.add(Fault(.hang, call: .setMark))
            let options = SimulatedHypervisor.Options(callDeadline: .milliseconds(50), stuckCallsPerHost: 2)
            let client = RemoteHypervisor(path: path, options: options)
            // A deadline as short as this may pass before a call is made: then it does not count.
            try await eventually("the bar") {
                guard case .failure(let error) = await mark(10, client) else { return false }
                return error.code == .hostStuck
            }
            #expect(still.world.pendingCalls == 2)
            await client.shutDown()
        }
    }

    @Test func subscriptionEndsWithItsStream() async throws {
        try await serve { still, path in
            let client = RemoteHypervisor(path: path)
            let alpha = client.host(try fakeURI("fake+tcp://alpha/system"))
            var events: AsyncStream<HostEvent>? = try await alpha.events()
            #expect(still.world.subscribers == 1)
            events = nil
            _ = events
            try await eventually("the subscription's end") {
                try still.world.perform(.guestPause(host: "alpha", guest: "web"))
                try still.world.perform(.guestResume(host: "alpha", guest: "web"))
                return still.world.subscribers == 0
            }
            await client.shutDown()
        }
    }

    @Test func callsWaitSideBySide() async throws {
        try await serve { still, path in
            let fault = try still.world.add(Fault(.hang, call: .setMark))
            let client = RemoteHypervisor(path: path)
            let beta = client.host(try fakeURI("fake+tcp://beta/system"))
            async let marked = mark(10, client)
            try await eventually("the call") { still.world.pendingCalls == 1 }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...200 {
                    group.addTask {
                        let identity = try await beta.identity()
                        #expect(identity.hostName == "beta")
                    }
                }
                try await group.waitForAll()
            }
            try still.world.release(fault)
            try await marked.get()
            await client.shutDown()
        }
    }

    // MARK: Wrong clients

    private static let begin = #"{"begin":{"_0":{"callDeadline":[0,1000],"stuckCallsPerHost":8,"waitingEvents":10}}}"#
    private static let identity = #"{"call":{"_0":1,"uri":"fake:///alpha","_2":{"identity":{}}}}"#

    @Test func clientThatKeepsToTheRulesIsAnswered() async throws {
        try await serve { _, path in
            let client = try LineClient(path: path)
            client.send(Self.begin + "\n" + Self.identity + "\n")
            #expect(await client.line()?.hasPrefix(#"{"answer":{"#) == true)
        }
    }

    /// What a client writes, by a name.
    struct Text: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String

        init(_ name: String, _ text: String, afterBegin: Bool = false) {
            testDescription = name
            self.text = (afterBegin ? RemoteWorldTests.begin + "\n" : "") + text
        }
    }

    private static let wrong = [
        Text("no JSON", "nonsense\n"), Text("nothing", "\n"), Text("no request", "{}\n"), Text("a list", "[]\n"),
        Text("a call before the beginning", identity + "\n"), Text("two beginnings", begin + "\n", afterBegin: true),
        Text("no URI", identity.replacing("fake:///alpha", with: "no URI") + "\n", afterBegin: true),
        Text("no call", identity.replacing("identity", with: "explode") + "\n", afterBegin: true),
        Text("no number", identity.replacing(#""_0":1"#, with: #""_0":-1"#) + "\n", afterBegin: true),
        Text("one number twice", identity + "\n" + identity + "\n", afterBegin: true),
        Text("an endless deadline", begin.replacing("[0,1000]", with: "[9000000000000000000,0]") + "\n"),
        Text("a deadline in the past", begin.replacing("[0,1000]", with: "[-1,0]") + "\n"),
        Text("control characters", "\u{0}\u{1}\n", afterBegin: true),
        Text("deep nesting", String(repeating: "[", count: 100_000) + "\n"),
        Text("a line without end", String(repeating: "x", count: 3 << 20)),
        Text("a line too long", String(repeating: "x", count: 3 << 20) + "\n", afterBegin: true),
    ]

    @Test(arguments: wrong) func clientThatDoesNotKeepToTheRulesIsNotSpokenToAndTheWorldGoesOn(text: Text) async throws
    {
        try await serve { still, path in
            _ = try still.world.add(Fault(.hang, call: .identity, host: "alpha"))
            let client = try LineClient(path: path)
            client.send(text.text)
            let line = await client.line()
            #expect(line == nil, "\(line?.prefix(200) ?? "")")
            try still.world.perform(.releaseAll)
            try await expectService(path)
        }
    }

    @Test(arguments: [
        Text("at once", ""), Text("in the first line", "{\"beg"),
        Text("in the second line", String(identity.prefix(20)), afterBegin: true),
    ])
    func clientThatEndsInMidLineEndsAlone(text: Text) async throws {
        try await serve { _, path in
            do {
                let client = try LineClient(path: path)
                client.send(text.text)
            }
            try await expectService(path)
        }
    }

    @Test func clientWithTooManyCallsIsNotSpokenTo() async throws {
        try await serve { still, path in
            _ = try still.world.add(Fault(.hang, call: .identity))
            let client = try LineClient(path: path)
            client.send(Self.begin + "\n")
            for number in 1...1100 {
                client.send(Self.identity.replacing(#""_0":1,"#, with: #""_0":\#(number),"#) + "\n")
            }
            while await client.line() != nil {}
            try still.world.perform(.releaseAll)
            try await expectService(path)
        }
    }

    // MARK: Means

    private func mark(_ guest: UInt64, _ client: RemoteHypervisor) async -> Result<Void, HypervisorError> {
        await outcome { () async throws(HypervisorError) in
            guard let uri = HypervisorURI("fake+tcp://alpha/system"), let uuid = try? uuid(guest) else { return }
            try await client.host(uri).setMark(Self.mark, of: uuid)
        }
    }

    private func expectService(_ path: String) async throws {
        let client = RemoteHypervisor(path: path)
        #expect(try await client.host(try fakeURI("fake:///alpha")).identity().hostName == "alpha")
        await client.shutDown()
    }

    /// A world that runs and is served on a socket of its own.
    private func serve(
        at path: String = temporarySocketPath(), _ body: @Sendable (StillWorld, String) async throws -> Void
    ) async throws {
        let still = try StillWorld([guest(10, "web")])
        try await still.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (ready, continuation) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    defer { continuation.finish() }
                    try await RemoteWorldServer(world: still.world, path: path).run { continuation.yield() }
                }
                for await _ in ready { break }
                try await body(still, path)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}
