import MigrationLogic
import Synchronization

/// Callers who wait for a reply. Reply and shutdown share one `remove`: exactly one resumes a caller.
final class ReplyDesk: Sendable {
    private struct Contents {
        var waiting: [RequestID: CheckedContinuation<Reply, Never>] = [:]
        var next: UInt64 = 1
        var isClosed = false
    }

    private let contents = Mutex(Contents())

    /// Sends a request under a number of its own and waits for its reply.
    func ask(_ send: (RequestID) -> Void) async -> Reply {
        await withCheckedContinuation { continuation in
            let id = contents.withLock { contents -> RequestID? in
                guard !contents.isClosed else { return nil }
                let id = RequestID(contents.next)
                contents.next += 1
                contents.waiting[id] = continuation
                return id
            }
            if let id { send(id) } else { continuation.resume(returning: Self.stopping) }
        }
    }

    func answer(_ id: RequestID, _ reply: Reply) {
        contents.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: reply)
    }

    /// Answers everybody who still waits, and everybody who comes later.
    func close() {
        let waiting = contents.withLock { contents in
            contents.isClosed = true
            defer { contents.waiting = [:] }
            return contents.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: Self.stopping) }
    }

    private static let stopping = Reply.refused(
        RequestError(.stopping, "migrationd is stopping and accepts nothing new. Ask again when it is back."))
}
