import MigrationLogic
import Synchronization

/// Where every event goes; one consumer drains it in batches.
final class Mailbox: Sendable {
    private let events = Mutex<[Event]>([])
    private let signal: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init() {
        (signal, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func send(_ event: Event) {
        events.withLock { $0.append(event) }
        ring.yield()
    }

    /// One element whenever there may be something to take.
    var deliveries: AsyncStream<Void> { signal }

    func takeAll() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }

    /// Ends `deliveries`.
    func close() { ring.finish() }
}
