import Synchronization

/// Raised once; whoever waits goes on then. One waiter at a time.
final class Signal: Sendable {
    private enum State {
        case quiet
        case awaited(CheckedContinuation<Void, Never>)
        case raised
    }

    private let state = Mutex(State.quiet)

    func raise() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .raised }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        waiter?.resume()
    }

    /// Returns when the signal is raised or the task is cancelled; the signal counts as raised afterwards.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRaised = state.withLock { state in
                    if case .raised = state { return true }
                    state = .awaited(continuation)
                    return false
                }
                if isRaised { continuation.resume() }
            }
        } onCancel: {
            raise()
        }
    }
}
