import FakeHypervisor
import HypervisorAPI
import Testing

@Suite("Events of simulated hosts", .timeLimit(.minutes(2))) struct EventTests {
    @Test func slowConsumerIsToldThatEventsAreLost() async throws {
        let still = try StillWorld([guest(10, "web")], options: .init(waitingEvents: 3))
        let events = try await still.host("alpha").events()
        for _ in 1...4 {
            try still.world.perform(.guestPause(host: "alpha", guest: "web"))
            try still.world.perform(.guestResume(host: "alpha", guest: "web"))
        }
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .eventsLost)
        try still.world.perform(.guestPause(host: "alpha", guest: "web"))
        #expect(await iterator.next() == .domain(try uuid(10), name: "web", .suspended(migrated: false)))
    }

    @Test func everySubscriberHearsEverything() async throws {
        let still = try StillWorld([guest(10, "web")])
        let first = try await still.host("alpha").events()
        let second = try await still.host("alpha").events()
        let elsewhere = try await still.host("beta").events()
        try still.world.perform(.guestStop(host: "alpha", guest: "web"))
        try still.world.perform(.guestUndefine(host: "alpha", guest: "web"))
        await still.hypervisor.shutDown()
        let expected = [DomainEvent.shutDown, .stopped(migrated: false), .undefined]
        #expect(await collected(first) == expected)
        #expect(await collected(second) == expected)
        #expect(await collected(elsewhere) == [])
    }

    @Test func streamEndsWithTheDaemonAndCanBeOpenedAgain() async throws {
        let still = try StillWorld([guest(10, "web")])
        let events = try await still.host("alpha").events()
        try still.world.perform(.daemonDown("alpha"))
        #expect(await collected(events) == [])
        let alpha = try still.host("alpha")
        expect(
            await outcome { () async throws(HypervisorError) in try await alpha.events() }, failsWith: .connectionFailed)
        try still.world.perform(.daemonUp("alpha"))
        let again = try await alpha.events()
        try still.world.perform(.guestPause(host: "alpha", guest: "web"))
        await still.hypervisor.shutDown()
        #expect(await collected(again) == [.suspended(migrated: false)])
    }

    private func collected(_ stream: AsyncStream<HostEvent>) async -> [DomainEvent] {
        var events: [DomainEvent] = []
        for await event in stream {
            if case .domain(_, _, let event) = event { events.append(event) }
        }
        return events
    }
}
