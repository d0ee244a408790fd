import HypervisorAPI
import Synchronization

/// What both hosts told since the log was opened, in the order in which it arrived.
final class EventLog: Sendable {
    enum Side: Hashable, Sendable { case source, destination }

    struct Entry: Hashable, Sendable {
        let side: Side
        let event: HostEvent
    }

    private struct Waiter {
        let id: Int
        let condition: @Sendable (EventLog) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var entries: [Entry] = []
        var ended: Set<Side> = []
        var waiters: [Waiter] = []
        var lastID = 0
    }

    private let state = Mutex(State())

    /// Opens the log, runs `body` with it and closes it.
    static func open(
        _ fixture: any ContractFixture, _ body: (EventLog) async throws -> Void
    ) async throws {
        let log = EventLog()
        let streams = [
            (Side.source, try await fixture.sourceHost.events()),
            (Side.destination, try await fixture.destinationHost.events()),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (side, stream) in streams {
                group.addTask {
                    for await event in stream { log.change { $0.entries.append(Entry(side: side, event: event)) } }
                    log.change { _ = $0.ended.insert(side) }
                }
            }
            try await body(log)
            group.cancelAll()
        }
    }

    /// A guest's events on one side.
    func events(of guest: ContractGuest, on side: Side) -> [DomainEvent] {
        state.withLock(\.entries).compactMap { entry in
            guard entry.side == side, case .domain(guest.uuid, guest.name, let event) = entry.event else { return nil }
            return event
        }
    }

    func hasEnded(_ side: Side) -> Bool { state.withLock { $0.ended.contains(side) } }

    /// Waits until the guest has had that event on that side.
    func wait(for event: DomainEvent, of guest: ContractGuest, on side: Side) async throws {
        try await wait("\(event) of \(guest.name) on the \(side)") { $0.events(of: guest, on: side).contains(event) }
    }

    /// Waits until that side's stream has ended.
    func waitForEnd(of side: Side) async throws {
        try await wait("end of the \(side)'s events") { $0.hasEnded(side) }
    }

    private func wait(
        _ what: String, within deadline: Duration = .seconds(60), _ condition: @escaping @Sendable (EventLog) -> Bool
    ) async throws {
        let happened = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.wait(condition)
                return true
            }
            group.addTask {
                try await ContinuousClock().sleep(for: deadline)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard happened else {
            throw ContractTimeout(description: "\(what) within \(deadline); there was \(state.withLock(\.entries))")
        }
    }

    private func wait(_ condition: @escaping @Sendable (EventLog) -> Bool) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock {
                    $0.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
                }
                change { _ in }
                if Task.isCancelled { release { $0.id == id } }
            }
        } onCancel: {
            release { $0.id == id }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        let waiters = state.withLock(\.waiters)
        let satisfied = Set(waiters.filter { $0.condition(self) }.map(\.id))
        release { satisfied.contains($0.id) }
    }

    private func release(_ isOver: (Waiter) -> Bool) {
        let over = state.withLock { state in
            let over = state.waiters.filter(isOver)
            state.waiters.removeAll(where: isOver)
            return over
        }
        for waiter in over { waiter.continuation.resume() }
    }
}
