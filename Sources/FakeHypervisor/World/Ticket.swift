import HypervisorAPI
import Synchronization

struct CallID: Hashable, Comparable, Sendable {
    let number: UInt64
    static func < (lhs: CallID, rhs: CallID) -> Bool { lhs.number < rhs.number }
}

/// One caller's wait for one answer. Whoever resolves it first wins: reply, deadline, cancellation and the
/// end of the connection all come here.
final class Reply<Value: Sendable, Failure: Error>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Result<Value, Failure>, Never>)
        case resolved(Result<Value, Failure>)
        case taken
    }

    private let state = Mutex(State.open)

    func resolve(_ result: Result<Value, Failure>) {
        let waiter: CheckedContinuation<Result<Value, Failure>, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .resolved(result)
                return nil
            case .awaited(let continuation):
                state = .taken
                return continuation
            case .resolved, .taken:
                return nil
            }
        }
        waiter?.resume(returning: result)
    }

    /// To be awaited once.
    func value() async -> Result<Value, Failure> {
        await withCheckedContinuation { continuation in
            let result: Result<Value, Failure>? = state.withLock { state in
                if case .resolved(let result) = state {
                    state = .taken
                    return result
                }
                state = .awaited(continuation)
                return nil
            }
            if let result { continuation.resume(returning: result) }
        }
    }
}

/// What the world needs to answer a call.
struct Ticket<Value: Sendable>: Sendable {
    let id: CallID
    /// The called host's place.
    let host: Int
    let reply: Reply<Value, HypervisorError>

    /// Answers the call, unless it is over for another reason.
    func answer(_ result: Result<Value, Refusal>, in state: inout WorldState) {
        guard let call = state.takeCall(id) else { return }
        switch call.losesReply ? .failure(.connectionLost) : result {
        case .success(let value): reply.resolve(.success(value))
        case .failure(let refusal): reply.resolve(.failure(refusal.error(call: call.call, uri: call.uri)))
        }
    }
}

/// A call that is not answered yet.
struct PendingCall: Sendable {
    let call: HostCall
    let uri: String
    let client: ClientID
    let host: Int
    let losesReply: Bool
    /// Nobody waits for it any more; the remote call goes on all the same.
    var isAbandoned = false
    /// The fault that keeps it from acting.
    var heldBy: FaultID?
    /// Acts and answers; `nil` once it has been called.
    var start: (@Sendable (inout WorldState) -> Void)?
    let fail: @Sendable (HypervisorError) -> Void
}

/// One user of the world.
struct ClientID: Hashable, Sendable {
    let number: UInt64
}
