import Synchronization

/// Lets work be cancelled from outside its task, by the key that it was begun under.
final class Cancellations<Key: Hashable & Sendable>: Sendable {
    private struct Signal {
        let stream: AsyncStream<Void>
        let continuation: AsyncStream<Void>.Continuation
    }

    private let signals = Mutex<[Key: Signal]>([:])

    func prepare(_ key: Key) {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        signals.withLock { $0[key] = Signal(stream: stream, continuation: continuation) }
    }

    func cancel(_ key: Key) { signals.withLock { $0[key] }?.continuation.finish() }

    /// Runs `work`; `cancel` cancels its task, and its result is returned all the same.
    /// - Parameter fallback: for the case that cannot be, that the work's task returns nothing.
    func run<Value: Sendable>(
        _ key: Key, fallback: Value, _ work: @escaping @Sendable () async -> Value
    ) async -> Value {
        let signal = signals.withLock { $0[key] }?.stream ?? AsyncStream { _ in }
        defer { signals.withLock { $0[key] = nil } }
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                for await _ in signal {}
                return nil
            }
            var result = fallback
            for await outcome in group {
                if let outcome { result = outcome }
                group.cancelAll()
            }
            return result
        }
    }
}
