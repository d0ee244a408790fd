import Synchronization

/// Lets work be cancelled from outside its task, by the key that it was begun under. Work may be begun anew under a key
/// while earlier work under it has not ended, or not even run: each `prepare` goes with one `run`.
final class Cancellations<Key: Hashable & Sendable>: Sendable {
    private struct Signal {
        let token: UInt64
        let stream: AsyncStream<Void>
        let continuation: AsyncStream<Void>.Continuation
        var isTaken = false
    }

    private struct Contents {
        /// In the order in which they were prepared.
        var signals: [Key: [Signal]] = [:]
        var lastToken: UInt64 = 0
    }

    private let contents = Mutex(Contents())

    func prepare(_ key: Key) {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        contents.withLock { contents in
            contents.lastToken += 1
            let signal = Signal(token: contents.lastToken, stream: stream, continuation: continuation)
            contents.signals[key, default: []].append(signal)
        }
    }

    /// Cancels all that was prepared under the key until now.
    func cancel(_ key: Key) {
        for signal in contents.withLock({ $0.signals[key] }) ?? [] { signal.continuation.finish() }
    }

    /// Takes the oldest signal that no work has.
    private func take(_ key: Key) -> Signal? {
        contents.withLock { contents in
            guard let index = contents.signals[key]?.firstIndex(where: { !$0.isTaken }) else { return nil }
            contents.signals[key]?[index].isTaken = true
            return contents.signals[key]?[index]
        }
    }

    private func remove(_ token: UInt64?, _ key: Key) {
        contents.withLock { contents in
            contents.signals[key]?.removeAll { $0.token == token }
            if contents.signals[key]?.isEmpty == true { contents.signals[key] = nil }
        }
    }

    /// Runs `work`; `cancel` cancels its task, and its result is returned all the same.
    /// - Parameter fallback: for the case that cannot be, that the work's task returns nothing.
    func run<Value: Sendable>(
        _ key: Key, fallback: Value, _ work: @escaping @Sendable () async -> Value
    ) async -> Value {
        let taken = take(key)
        let signal = taken?.stream ?? AsyncStream { _ in }
        defer { remove(taken?.token, key) }
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
