import HypervisorAPI

/// What an observer of the world can know.
extension SimulatedWorld {
    /// The world's time since it began.
    package var time: Duration { withState { $0.now } }

    /// When the world next changes by itself, in its own time; `nil` when it does not.
    package var nextChange: Duration? { withState { $0.agenda.nextTime } }

    /// What happened after the entry of that number, oldest first. Only the newest 20,000 entries are kept.
    package func trace(after number: UInt64 = 0) -> [TraceEntry] { withState { Array($0.trace.after(number)) } }

    /// The rules that were broken, oldest first; at most 200.
    package func violations() -> [Violation] {
        withState { state in
            state.oversee()
            return state.oversight.violations
        }
    }

    /// How many calls wait for their answer.
    package var pendingCalls: Int { withState { $0.calls.count } }

    /// Subscriptions to hosts' events whose queues somebody still holds.
    package var subscribers: Int { withState { $0.subscriptions.count { $0.queue != nil } } }

    /// How many observers wait for an entry of the trace.
    package var pendingWaits: Int { withState { $0.waits.count } }

    /// Waits for an entry of the trace.
    /// - Parameters:
    ///   - number: entries after this one count; `nil`: those from now on.
    ///   - deadline: in the injected clock's time.
    /// - Throws: `.deadlinePassed`, also when the task is cancelled.
    package func wait(
        for pattern: TracePattern, after number: UInt64? = nil, deadline: Duration
    ) async throws(SimulationError) -> TraceEntry {
        let reply = Reply<TraceEntry, SimulationError>()
        let id = watch(pattern, after: number, deadline: deadline) { reply.resolve($0) }
        let result = await withTaskCancellationHandler {
            await reply.value()
        } onCancel: {
            if let id { endWatch(id) }
        }
        return try result.get()
    }

    /// As `wait`, for callers that cannot wait: `completion` is called once, under the world's lock, so that it
    /// must only pass the result on.
    /// - Returns: what `endWatch` wants; `nil` when the completion was called already.
    func watch(
        _ pattern: TracePattern, after number: UInt64?, deadline: Duration, _ completion: @escaping WaitBook.Completion
    ) -> WaitID? {
        withState { state in
            if let number, let entry = state.trace.after(number).first(where: pattern.matches) {
                completion(.success(entry))
                return nil
            }
            let id = state.waits.add(pattern, completion)
            state.deadlines.add(.wait(id), at: state.wall + deadline)
            return id
        }
    }

    func endWatch(_ id: WaitID) {
        withState { $0.waits.cancel(id) }
    }
}
