import Subprocess

/// Follows one `confine` process to its end.
struct ConfineWatch: Sendable {
    typealias Confine = Execution<CustomWriteInput, SequenceOutput, BytesOutput>

    let program: ProgramInvocation
    let margin: Duration

    struct Outcome: Sendable {
        /// What confine wrote: a report, or not.
        var answer: [UInt8] = []
        /// What went wrong on this side.
        var problem: String?
    }

    private enum Event: Sendable {
        case answered(Outcome)
        /// It is over: confine is killed. Its parts then kill what is left.
        case overdue(String)
        /// The answer came first.
        case dismissed
    }

    func follow(_ confine: Confine, until stop: AsyncStream<Never>) async -> Outcome {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { .answered(await read(confine.standardOutput)) }
            group.addTask { await expiry(after: program.timeout + program.grace + margin) }
            group.addTask {
                for await _ in stop {}
                return Task.isCancelled ? .dismissed : await tearDown(confine)
            }
            var overdue: String?
            for await event in group {
                switch event {
                case .answered(var outcome):
                    group.cancelAll()
                    outcome.problem = overdue ?? outcome.problem
                    return outcome
                case .overdue(let problem):
                    // An error here means that it has just ended by itself: the answer's end follows.
                    overdue = overdue ?? problem
                    try? confine.send(signal: .kill)
                case .dismissed:
                    continue
                }
            }
            return Outcome(problem: "its answer was not awaited")
        }
    }

    /// The end of its standard input tells confine to end the program.
    private func tearDown(_ confine: Confine) async -> Event {
        do {
            try await confine.standardInputWriter.finish()
        } catch {
            return .overdue("the control pipe of confine could not be closed: \(error)")
        }
        return await expiry(after: program.grace + margin)
    }

    private func expiry(after time: Duration) async -> Event {
        do {
            try await Task.sleep(for: time)
        } catch {
            return .dismissed
        }
        return .overdue("confine did not answer within \(time) and was killed")
    }

    private func read(_ output: SubprocessOutputSequence) async -> Outcome {
        var outcome = Outcome()
        let bound = program.outputLimit + ConfineReport.headerBound
        do {
            for try await buffer in output {
                // The rest is read on, so that confine is not held up, but not kept.
                let room = bound - outcome.answer.count
                buffer.withUnsafeBytes { outcome.answer.append(contentsOf: $0.prefix(room)) }
                if buffer.count > room { outcome.problem = "confine wrote more than a report" }
            }
        } catch {
            outcome.problem = "the answer of confine could not be read: \(error)"
        }
        return outcome
    }
}
