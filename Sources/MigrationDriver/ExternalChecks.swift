import MigrationLogic
import ProgramRunner

/// Runs the site's own check programs (document 003) and says what they found. Fails closed: whatever is not an
/// exit with 0 refuses, each ending with its own reason.
package struct ExternalChecks: Sendable {
    package struct Options: Sendable {
        package var directory: ProgramDirectory
        /// For one program.
        package var timeout: Duration
        /// For all of them together.
        package var overallTimeout: Duration
        /// Bytes of output kept of one program.
        package var outputLimit: Int
        /// Where parameter files are written; private to the daemon.
        package var parameterDirectory: String
        /// Programs that run at once.
        package var width = 4

        package init(
            directory: ProgramDirectory, timeout: Duration, overallTimeout: Duration, outputLimit: Int,
            parameterDirectory: String
        ) {
            self.directory = directory
            self.timeout = timeout
            self.overallTimeout = overallTimeout
            self.outputLimit = outputLimit
            self.parameterDirectory = parameterDirectory
        }
    }

    private let runner: ConfinedRunner
    private let options: Options
    /// Characters of a program's output that a finding quotes.
    private static let quotedCharacters = 1000

    package init(runner: ConfinedRunner, options: Options) {
        self.runner = runner
        self.options = options
    }

    /// One finding a program, in bytewise order of the programs' names.
    func run(_ context: ExternalCheckContext) async -> [Finding] {
        do {
            let entries = try options.directory.entries()
            let parameters = context.plan.request.checkParameters
            return try await ParameterFile.with(
                parameters, in: options.parameterDirectory, readableBy: options.directory.runAs
            ) { path in
                await findings(for: entries, context, parameterFile: path)
            }
        } catch {
            return [
                Finding(
                    checkID: "external-checks", severity: .error, message: "Unable to execute migration checks.",
                    seen: "\(error)", remedy: "Mend what the message names, or set checks.externalDirectory to null.")
            ]
        }
    }

    private func findings(
        for entries: [ProgramDirectory.Entry], _ context: ExternalCheckContext, parameterFile: String?
    ) async -> [Finding] {
        let end = ContinuousClock.now + options.overallTimeout
        return await withTaskGroup(of: (Int, Finding?).self) { group in
            var findings: [Int: Finding] = [:]
            for (index, entry) in entries.enumerated() {
                if index >= options.width, let (done, finding) = await group.next() { findings[done] = finding }
                group.addTask { (index, await self.finding(for: entry, context, parameterFile, until: end)) }
            }
            for await (index, finding) in group { findings[index] = finding }
            return entries.indices.compactMap { findings[$0] }
        }
    }

    private func finding(
        for entry: ProgramDirectory.Entry, _ context: ExternalCheckContext, _ parameterFile: String?,
        until end: ContinuousClock.Instant
    ) async -> Finding? {
        switch entry {
        case .ignored:
            return nil
        case .refused(let refusal):
            return Finding(
                checkID: Self.id(refusal.name), severity: .error, message: Self.failed(refusal.name),
                seen: "not run: \(refusal.reason)", remedy: refusal.remedy)
        case .runnable(let program):
            let timeout = min(options.timeout, end - ContinuousClock.now)
            guard timeout > .zero else {
                return Finding(
                    checkID: Self.id(program.name), severity: .error, message: Self.failed(program.name),
                    seen: "not run: all checks together took longer than \(options.overallTimeout)",
                    remedy: "Mend the checks that hang, or raise checks.overallTimeoutSeconds.")
            }
            let invocation = ProgramInvocation(
                program, arguments: arguments(context, parameterFile), environment: environment(context),
                timeout: timeout, outputLimit: options.outputLimit)
            let setting = timeout < options.timeout ? "checks.overallTimeoutSeconds" : "checks.externalTimeoutSeconds"
            return Self.finding(program.name, await runner.run(invocation), timeout: timeout, setting: setting)
        }
    }

    // MARK: What a program is told

    /// libvirt-cim's contract: guest name, source URI, parameter file; no third argument without parameters.
    private func arguments(_ context: ExternalCheckContext, _ parameterFile: String?) -> [String] {
        [context.plan.guestName, context.plan.source.uri] + (parameterFile.map { [$0] } ?? [])
    }

    private func environment(_ context: ExternalCheckContext) -> [(name: String, value: String)] {
        let plan = context.plan
        var variables =
            ProgramInvocation.baseEnvironment + [
                (name: "MIGRATIOND_GUEST", value: plan.guestName),
                (name: "MIGRATIOND_GUEST_UUID", value: plan.guestUUID.text),
                (name: "MIGRATIOND_SOURCE_URI", value: plan.source.uri),
                (name: "MIGRATIOND_DESTINATION_URI", value: plan.destination.uri),
                (name: "MIGRATIOND_MIGRATION_TYPE", value: "\(plan.kind)"),
            ]
        if let job = context.jobID { variables.append((name: "MIGRATIOND_JOB_ID", value: job.text)) }
        return variables
    }

    // MARK: What its ending means

    private static func id(_ name: String) -> String { "external:\(name)" }

    /// libvirt-cim's words, on which clients match.
    private static func failed(_ name: String) -> String { "Migration check `\(name)' failed" }

    /// - Parameter setting: the one that says how long the program had.
    static func finding(_ name: String, _ result: ProgramResult, timeout: Duration, setting: String) -> Finding {
        let (severity, reason, remedy) = judge(result, timeout: timeout, setting: setting)
        let output = String(result.outputText.prefix(quotedCharacters))
        let cut = result.truncated || output.count == quotedCharacters ? " [...]" : ""
        let said = output.isEmpty ? "" : "; it said: \(output)\(cut)"
        let leftovers = result.leftovers > 0 ? "; \(result.leftovers) processes it left behind were ended" : ""
        let survivors = result.survivors > 0 ? "; \(result.survivors) could not be ended" : ""
        let elapsed = result.elapsed.components
        return Finding(
            checkID: id(name), severity: severity,
            message: severity == .pass ? "Migration check `\(name)' passed" : failed(name),
            seen: reason + leftovers + survivors + said, needed: severity == .pass ? "" : "exit code 0", remedy: remedy,
            elapsedMicroseconds: UInt64(max(0, elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000)))
    }

    private static func judge(
        _ result: ProgramResult, timeout: Duration, setting: String
    ) -> (Finding.Severity, String, String) {
        switch result.ending {
        case .exited(0):
            return (.pass, "exit code 0", "")
        case .exited(let code):
            return (.refusal, "exit code \(code)", "Do what the check says, then check again.")
        case .signaled(let signal, let dumped):
            return (
                .error, "killed by signal \(signal)\(dumped ? ", core dumped" : "")",
                "The check itself is broken: run it by hand and mend it."
            )
        case .timedOut:
            return (
                .error, "not finished after \(timeout), ended",
                "Find out what it waits for, or raise \(setting)."
            )
        case .cancelled:
            return (.error, "cancelled", "Check again.")
        case .couldNotStart(_, let reason):
            return (
                .error, "could not be started: \(reason)", "See that the program and its interpreter exist and run."
            )
        case .runnerFailed(let reason):
            return (.error, "how it ended is not known: \(reason)", "See the daemon's log; check again.")
        }
    }
}
