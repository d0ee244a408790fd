import MigrationLogic
import Synchronization

/// The state as last adopted, for readers who must not wait; and callers who wait for it to become so.
final class PublishedState: Sendable {
    private struct Waiter {
        var isSatisfied: @Sendable (MigrationState) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct Contents {
        var state: MigrationState
        var revision: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var next: UInt64 = 1
        var isClosed = false
    }

    private let contents: Mutex<Contents>

    init(_ state: MigrationState) { contents = Mutex(Contents(state: state)) }

    var state: MigrationState { contents.withLock { $0.state } }

    /// Counts what was published: who reads this before the state has a state that is at least as new.
    var revision: UInt64 { contents.withLock { $0.revision } }

    /// Counts a change of something that is shown beside the state.
    func countChange() { contents.withLock { $0.revision += 1 } }

    func publish(_ state: MigrationState) {
        let satisfied = contents.withLock { contents in
            contents.state = state
            contents.revision += 1
            let ids = contents.waiters.filter { $0.value.isSatisfied(state) }.keys
            return ids.compactMap { contents.waiters.removeValue(forKey: $0)?.continuation }
        }
        for continuation in satisfied { continuation.resume() }
    }

    /// Returns when the state satisfies `condition`, the caller's task is cancelled, or the driver has stopped.
    func wait(until condition: @escaping @Sendable (MigrationState) -> Bool) async {
        let id = contents.withLock { contents in
            defer { contents.next += 1 }
            return contents.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = contents.withLock { contents in
                    if contents.isClosed || Task.isCancelled || condition(contents.state) { return true }
                    contents.waiters[id] = Waiter(isSatisfied: condition, continuation: continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            contents.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    func close() {
        let waiters = contents.withLock { contents in
            contents.isClosed = true
            defer { contents.waiters = [:] }
            return contents.waiters
        }
        for waiter in waiters.values { waiter.continuation.resume() }
    }
}
