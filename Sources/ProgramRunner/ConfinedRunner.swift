import Glibc
import Subprocess

/// Runs programs the daemon does not trust, each under `confine`: to a deadline, with limits, and with
/// nothing left of it afterwards. How it ended is a value; nothing is thrown.
///
/// No thread of the cooperative pool is held while a program runs. Three deadlines lie one in another:
/// confine's supervisor ends the program; its guard ends a supervisor that hangs; this type ends a
/// guard that hangs. Each is later than the one within.
package struct ConfinedRunner: Sendable {
    /// Where the `confine` executable is.
    package let confinePath: String
    /// How long `confine` may take beyond the program's timeout and grace. Its own bounds need 4 s.
    package let margin: Duration

    package init(confinePath: String, margin: Duration = .seconds(10)) {
        self.confinePath = confinePath
        self.margin = margin
    }

    /// Runs the program to its end. Returns within its timeout, its grace and the margin; after the
    /// task is cancelled, within its grace and the margin.
    package func run(_ program: ProgramInvocation) async -> ProgramResult {
        if let mistake = program.mistake {
            return .notStarted(EINVAL, "\(program.path) was not started: \(mistake)")
        }
        if let refusal = program.verified?.refusalNow() {
            return .notStarted(ESTALE, "\(program.path) was not started: \(refusal.reason). \(refusal.remedy)")
        }
        guard !Task.isCancelled else { return ProgramResult(ending: .cancelled) }
        let (stop, stopper) = AsyncStream.makeStream(of: Never.self)
        // A task of its own: under a cancelled task every wait ends at once, and what is to be waited
        // for here is the program's end, which cancelling only begins.
        let supervision = Task { await supervise(program, until: stop) }
        return await withTaskCancellationHandler {
            await supervision.value
        } onCancel: {
            stopper.finish()
        }
    }

    private func supervise(_ program: ProgramInvocation, until stop: AsyncStream<Never>) async -> ProgramResult {
        let began = ContinuousClock.now
        func failed(_ reason: String) -> ProgramResult {
            ProgramResult(
                ending: .runnerFailed(reason: "\(program.path): \(reason)"), elapsed: ContinuousClock.now - began)
        }
        var options = PlatformOptions()
        options.createSession = true  // a Ctrl-C for the daemon is not one for its programs
        do {
            let outcome = try await Subprocess.run(
                .path(.init(confinePath)), arguments: Arguments(program.confineArguments),
                environment: .custom(program.environmentBlock), platformOptions: options,
                input: .inputWriter, output: .sequence, error: .bytes(limit: 8192)
            ) { confine in
                await ConfineWatch(program: program, margin: margin).follow(confine, until: stop)
            }
            if let report = ConfineReport(outcome.closureResult.answer) {
                guard let failure = report.failure else { return report.result }
                return .notStarted(failure.errno, failure.reason(for: program))
            }
            if let problem = outcome.closureResult.problem { return failed(problem) }
            let words = String(decoding: outcome.standardError.prefix(512), as: UTF8.self)
            return failed("\(confinePath) ended (\(outcome.terminationStatus)) without a report: \(words)")
        } catch let error as SubprocessError {
            guard error.underlyingError?.rawValue != E2BIG else {
                let failure = ConfineReport.StartFailure(stage: "exec", errno: E2BIG)
                return .notStarted(E2BIG, failure.reason(for: program))
            }
            return failed("\(confinePath) could not be run: \(error). Check that it is installed and executable")
        } catch {
            return failed("\(confinePath) could not be run: \(error)")
        }
    }
}

extension ProgramResult {
    fileprivate static func notStarted(_ errno: Int32, _ reason: String) -> ProgramResult {
        ProgramResult(ending: .couldNotStart(errno: errno, reason: reason))
    }
}
