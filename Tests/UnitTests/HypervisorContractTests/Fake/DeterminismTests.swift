import FakeHypervisor
import HypervisorAPI
import Testing

@Suite("Determinism", .timeLimit(.minutes(2))) struct DeterminismTests {
    @Test func sameSeedAndCommandsGiveTheSameTraceAndWorld() async throws {
        let first = try await history(seed: 7)
        let second = try await history(seed: 7)
        #expect(first.trace == second.trace)
        #expect(first.dump == second.dump)
        #expect(first.trace.count > 60)
    }

    @Test func otherSeedGivesAnotherHistory() async throws {
        let first = try await history(seed: 7)
        let second = try await history(seed: 8)
        #expect(first.trace != second.trace)
    }

    @Test func oneStepOrManyLeadToTheSameWorld() async throws {
        let coarse = try await history(seed: 3, stepsPerSecond: 1)
        let fine = try await history(seed: 3, stepsPerSecond: 37)
        #expect(coarse.trace == fine.trace)
    }

    @Test func generatedWorldIsValidAndTheSameForItsSeed() throws {
        let first = try WorldDescription.generated(seed: 42, hosts: 5, guests: 100)
        #expect(first == (try WorldDescription.generated(seed: 42, hosts: 5, guests: 100)))
        #expect(first != (try WorldDescription.generated(seed: 43, hosts: 5, guests: 100)))
        try first.validate()
        #expect(first.hosts.flatMap(\.guests).count == 100)
        #expect(throws: SimulationError(.invalidValue, "", remedy: "")) {
            try WorldDescription.generated(seed: 1, hosts: 0, guests: 0)
        }
    }

    private struct History: Sendable {
        var trace: [String]
        var dump: String
    }

    /// Begins a seeded series of moves, one by one, and breaks things in between.
    private func history(seed: UInt64, stepsPerSecond: Int = 4) async throws -> History {
        let clock = VirtualClock()
        let description = try WorldDescription.generated(seed: seed, hosts: 3, guests: 30)
        let world = try SimulatedWorld(description, clock: clock)
        let hypervisor = SimulatedHypervisor(world: world)
        var random = SeededGenerator(seed: seed)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await world.run() }
            for host in description.hosts {
                for guest in host.guests {
                    let peer = description.hosts.filter { $0.name != host.name }.randomElement(using: &random)
                    let transfer = Self.transfer(guest, to: try #require(peer).name)
                    let pending = world.pendingCalls
                    let target = hypervisor.host(try fakeURI("fake:///\(host.name)"))
                    let task = Task { try? await target.migrate(guest.uuid, transfer, deadline: .seconds(100_000)) }
                    try await eventually("the move's beginning") {
                        world.pendingCalls > pending || task.isCancelled
                    }
                    for _ in 0..<stepsPerSecond { clock.advance(by: .seconds(1) / stepsPerSecond) }
                }
            }
            try world.perform(.linkCut("host1", "host2"))
            clock.advance(by: .seconds(4))
            try world.perform(.hostDown("host3"))
            clock.advance(by: .seconds(20))
            try world.perform(.hostUp("host3"))
            defer { group.cancelAll() }
            return History(trace: world.trace().map(\.text), dump: world.dump())
        }
    }

    private static func transfer(_ guest: GuestDescription, to peer: String) -> Transfer {
        let peerURI = "fake+tcp://\(peer)/system"
        if guest.state == .shutOff { return .offline(OfflineTransfer(peerURI: peerURI)) }
        return .live(LiveTransfer(peerURI: peerURI, isPersistent: guest.isPersistent, allowsUnsafeDisks: false))
    }
}
