import HypervisorAPI
import Journal
import Logging
import MigrationLogic
import Synchronization

/// Commits, does, reports back. One consumer drains one mailbox: it steps a copy of the state, makes the
/// batch's commits durable in one transaction, adopts and publishes the state, and only then starts the
/// effects, whose outcomes are further events. Nothing else writes the journal or touches a host.
package final class Driver: Sendable {
    package struct Dependencies: Sendable {
        package var hypervisor: any Hypervisor
        package var journal: any JournalStore
        package var clock: any Clock<Duration>
        package var now: @Sendable () -> Timestamp
        package var makeJobID: @Sendable () -> JobID
        package var logger: Logger
        /// Called at every moment at which the process may die, for tests that make it die there.
        package var passes: (@Sendable (EffectKind, CrashMoment) -> Void)?

        package init(
            hypervisor: any Hypervisor, journal: any JournalStore, clock: any Clock<Duration>,
            now: @escaping @Sendable () -> Timestamp, makeJobID: @escaping @Sendable () -> JobID, logger: Logger,
            passes: (@Sendable (EffectKind, CrashMoment) -> Void)? = nil
        ) {
            self.hypervisor = hypervisor
            self.journal = journal
            self.clock = clock
            self.now = now
            self.makeJobID = makeJobID
            self.logger = logger
            self.passes = passes
        }
    }

    private let dependencies: Dependencies
    private let executor: EffectExecutor
    private let mailbox = Mailbox()
    private let desk = ReplyDesk()
    /// Of the configuration that was read last: used from when the machine has taken it.
    private let nextExternalChecks: Mutex<ExternalChecks?>
    private let watches = Cancellations<HostDescription>()
    private let published: PublishedState
    /// Why the last commit was not taken; `nil` when it was.
    private let journalTrouble = Mutex<String?>(nil)
    /// The commit under way.
    private let commits = Mutex(PendingCommit())
    private static let journalPatience = Duration.seconds(10)
    /// Between two attempts at a commit that the journal did not take.
    private static let journalRetry = Duration.seconds(1)

    /// - Parameter contents: what the journal holds, read by the caller.
    package init(
        options: LogicOptions, contents: JournalContents, externalChecks: ExternalChecks?, _ dependencies: Dependencies
    ) {
        self.dependencies = dependencies
        executor = EffectExecutor(dependencies, externalChecks)
        nextExternalChecks = Mutex(externalChecks)
        published = PublishedState(MigrationState(options: options, contents: contents))
        // First of all, so that no request meets jobs that have not been taken up again.
        mailbox.send(.started)
    }

    // MARK: For callers

    /// The state as last made durable. Never waits.
    package var state: MigrationState { published.state }

    /// `open`, or why the journal does not take what it is given.
    package var journalState: String { journalTrouble.withLock { $0 } ?? "open" }

    /// Changes after `state` or `journalState` did: what was made of them since it was read is still true while it is the
    /// same.
    package var revision: UInt64 { published.revision }

    private func setJournalTrouble(_ trouble: String?) {
        let isChange = journalTrouble.withLock { kept in
            defer { kept = trouble }
            return kept != trouble
        }
        if isChange { published.countChange() }
    }

    /// Runs the checks and returns what they found.
    package func check(_ request: MigrationRequest) async throws(RequestError) -> CheckReport {
        try await ask({ .checkRequested($0, request) }) { if case .checked(let report) = $0 { report } else { nil } }
    }

    /// Accepts a migration; returns when the job is durable.
    package func migrate(_ request: MigrationRequest) async throws(RequestError) -> JobRecord {
        let job = dependencies.makeJobID()
        return try await ask({ .migrateRequested($0, job, request) }) {
            if case .accepted(let record) = $0 { record } else { nil }
        }
    }

    /// Asks a job to stop; returns when the request is durable, not when the job has ended.
    package func cancel(_ job: JobID) async throws(RequestError) -> JobRecord {
        try await ask({ .cancelRequested($0, job) }) { if case .cancelling(let record) = $0 { record } else { nil } }
    }

    /// Settles a job by an admin's word, after both hosts were read again; returns when that is durable.
    package func resolve(_ job: JobID, _ resolution: Resolution) async throws(RequestError) -> JobRecord {
        try await ask({ .resolveRequested($0, job, resolution) }) {
            if case .resolving(let record) = $0 { record } else { nil }
        }
    }

    /// Reads every host, and relies on the journal again.
    package func recover(_ order: RecoveryOrder) async throws(RequestError) -> RecoveryReport {
        try await ask({ .recoveryRequested($0, order) }) { if case .recovered(let report) = $0 { report } else { nil } }
    }

    /// Writes a copy of the journal to a new file.
    package func backUpJournal(to path: String) async throws(JournalError) {
        try await dependencies.journal.backUp(to: path)
    }

    /// Takes a configuration that was read again; jobs under way go on.
    package func reconfigure(_ options: LogicOptions, externalChecks: ExternalChecks?) {
        nextExternalChecks.withLock { $0 = externalChecks }
        mailbox.send(.reconfigured(options))
    }

    private func ask<Value>(
        _ event: (RequestID) -> Event, _ answer: (Reply) -> Value?
    ) async throws(RequestError) -> Value {
        let reply = await desk.ask { mailbox.send(event($0)) }
        if case .refused(let error) = reply { throw error }
        guard let value = answer(reply) else {
            throw RequestError(.stopping, "The reply does not belong to the request.")
        }
        return value
    }

    /// Waits until a job satisfies a condition; returns it as it is then, or after `deadline`, or when the
    /// driver stops. `nil` when there is no such job.
    package func job(
        _ id: JobID, within deadline: Duration, until condition: @escaping @Sendable (JobRecord) -> Bool
    ) async -> JobRecord? {
        let clock = dependencies.clock
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait { $0.jobs[id].map(condition) ?? true } }
            // Cancelled when the condition is met first.
            group.addTask { try? await clock.sleep(for: deadline) }
            await group.next()
            group.cancelAll()
        }
        return state.jobs[id]
    }

    /// Returns when the published state satisfies a condition, the caller's task is cancelled, or the driver stops.
    package func wait(until condition: @escaping @Sendable (MigrationState) -> Bool) async {
        await published.wait(until: condition)
    }

    /// Tells everybody who waits, and everybody who comes later, that the daemon is stopping: what they asked for and has
    /// not been accepted is not done. What was accepted goes on until `stop()`.
    package func dismissCallers() {
        mailbox.send(.closing)
        published.close()
    }

    /// Stops accepting; `run()` returns when the journal has what it needs to hand over.
    package func stop() { mailbox.send(.stopping) }

    // MARK: The loop

    /// Runs until `stop()` or until the task is cancelled.
    package func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.watchJournal() }
                for await _ in mailbox.deliveries {
                    await drain(into: &group)
                    if state.isStopping { break }
                }
                mailbox.close()
                desk.close()
                published.close()
                // Peer-to-peer transfers do not need us; waiting for them is what ends here.
                group.cancelAll()
            }
        } onCancel: {
            stop()
        }
    }

    private func drain(into group: inout DiscardingTaskGroup) async {
        var events = mailbox.takeAll()
        while !events.isEmpty {
            var next = published.state
            var commit = Commit()
            var effects: [Effect] = []
            for event in events {
                let step = next.receive(event, at: dependencies.now())
                commit.merge(step.commit)
                effects += step.effects
            }
            for effect in effects { dependencies.passes?(effect.kind, .beforeCommit) }
            do throws(JournalError) {
                if !commit.isEmpty {
                    commits.withLock { $0.begin() }
                    defer { commits.withLock { $0.end() } }
                    try await dependencies.journal.commit(commit)
                    setJournalTrouble(nil)
                }
                published.publish(next)
                log(commit)
                for effect in effects { start(effect, &group) }
                return
            } catch {
                setJournalTrouble("\(error)")
                dependencies.logger.error("nothing was started", metadata: ["journal": "\(error)"])
                events = refuseRequests(in: events, error)
                // Cancelled while stopping: what was not taken is read from the hosts after the next start.
                do { try await dependencies.clock.sleep(for: Self.journalRetry) } catch { return }
                // Nobody waits for a journal that takes nothing: who has asked meanwhile is told, too.
                events += refuseRequests(in: mailbox.takeAll(), error)
                if events.contains(where: \.isStopping) { return abandon() }
            }
        }
    }

    /// Stops without the journal: what it holds is what the next start goes by.
    private func abandon() {
        var state = published.state
        _ = state.receive(.stopping, at: dependencies.now())
        published.publish(state)
    }

    /// Tells callers at once that the journal did not take their request; what has happened at the hosts is kept and tried
    /// again. What was read of them is old by then: it is read again.
    private func refuseRequests(in events: [Event], _ error: JournalError) -> [Event] {
        let refusal = RequestError(.journalFailed, "Nothing was started: \(error)")
        var changed: Set<String> = []
        return events.compactMap { event in
            switch event {
            case .evidenceRead(let id, _): return .alarm(.verifyAgain(id))
            case .factsGathered(let run, _), .externalChecksEnded(let run, _): return .checksStale(run)
            case .hostChanged(let host): return changed.insert(host).inserted ? event : nil
            case .guestLocated(let id, _), .checkRequested(let id, _), .migrateRequested(let id, _, _),
                .resolveRequested(let id, _, _), .evidenceReadToResolve(let id, _, _), .recoveryRequested(let id, _),
                .hostsRead(let id, _):
                desk.answer(id, .refused(refusal))
                return .requestDropped(id)
            case .cancelRequested(let id, _):
                desk.answer(id, .refused(refusal))
                return nil
            default:
                return event
            }
        }
    }

    private func start(_ effect: Effect, _ group: inout DiscardingTaskGroup) {
        dependencies.passes?(effect.kind, .afterCommit)
        switch effect {
        case .reply(let id, let reply): desk.answer(id, reply)
        case .cancelRun(let run): executor.cancel(run)
        case .unwatchHost(let host): watches.cancel(host)
        case .adoptConfiguration: executor.replaceExternalChecks(nextExternalChecks.withLock { $0 })
        case .dismissCallers: desk.close()
        case .watchHost(let host):
            watches.prepare(host)
            group.addTask { await self.watches.run(host, fallback: ()) { await self.watch(host) } }
        default:
            // Before its task runs, so that a cancel which follows at once finds it.
            if case .runExternalChecks(let run, _) = effect { executor.prepare(run) }
            let checks = executor.checksInForce
            group.addTask {
                let event = await self.executor.perform(effect, checks)
                self.dependencies.passes?(effect.kind, .afterEffect)
                if let event { self.mailbox.send(event) }
            }
            return
        }
        // What takes no time is done already.
        dependencies.passes?(effect.kind, .afterEffect)
    }

    /// A commit that does not return cannot be ended, but it is told.
    private func watchJournal() async {
        var last: UInt64?
        while !Task.isCancelled {
            let pending = commits.withLock { $0.pending }
            if let pending, pending == last {
                setJournalTrouble("the journal has not answered for \(Self.journalPatience)")
                dependencies.logger.error("the journal does not answer", metadata: ["commit": "\(pending)"])
            }
            last = pending
            do { try await dependencies.clock.sleep(for: Self.journalPatience) } catch { return }
        }
    }

    private func log(_ commit: Commit) {
        for job in commit.jobs {
            dependencies.logger.info(
                "job \(job.timeline.last?.text ?? "")",
                metadata: [
                    "job": "\(job.id)", "guest": "\(job.plan.guestName)", "source": "\(job.plan.source.name)",
                    "destination": "\(job.plan.destination.name)", "phase": "\(job.phase)",
                ])
        }
    }

    // MARK: Events of hosts

    /// Follows a host's events until its task is cancelled; each one means that the host is read again.
    private func watch(_ host: HostDescription) async {
        guard let uri = HypervisorURI(host.uri) else { return }
        let handle = dependencies.hypervisor.host(uri)
        while !Task.isCancelled {
            do throws(HypervisorError) {
                for await _ in try await handle.events() { mailbox.send(.hostChanged(host.name)) }
            } catch {
                dependencies.logger.debug("no events", metadata: ["host": "\(host.name)", "error": "\(error)"])
            }
            // The connection is gone, or there is none: what was missed is read, and events are asked for again.
            mailbox.send(.hostChanged(host.name))
            let pause = Duration.milliseconds(state.options.refreshMilliseconds)
            do { try await dependencies.clock.sleep(for: pause) } catch { return }
        }
    }
}

/// Which commit is under way, if any.
private struct PendingCommit {
    private(set) var pending: UInt64?
    private var last: UInt64 = 0

    mutating func begin() {
        last += 1
        pending = last
    }

    mutating func end() { pending = nil }
}

extension Event {
    fileprivate var isStopping: Bool {
        if case .stopping = self { true } else { false }
    }
}
