import HypervisorAPI
import MigrationLogic
import Synchronization

/// Carries out one effect and says, as an event, what came of it.
final class EffectExecutor: Sendable {
    private let dependencies: Driver.Dependencies
    private let cancellations = Cancellations<RunID>()
    private let externalChecks: Mutex<ExternalChecks?>
    private let fileReads: FileReads

    init(_ dependencies: Driver.Dependencies, _ externalChecks: ExternalChecks?) {
        self.dependencies = dependencies
        self.externalChecks = Mutex(externalChecks)
        fileReads = FileReads(clock: dependencies.clock, read: HostFiles.tail)
    }

    var checksInForce: ExternalChecks? { externalChecks.withLock { $0 } }

    /// For runs that begin from now on.
    func replaceExternalChecks(_ checks: ExternalChecks?) { externalChecks.withLock { $0 = checks } }

    /// Makes a run's external checks stoppable; they are performed next.
    func prepare(_ run: RunID) { cancellations.prepare(run) }

    /// Stops a run's external checks.
    func cancel(_ run: RunID) { cancellations.cancel(run) }

    /// `nil` when there is nothing to report: the effect was done elsewhere, or the driver is stopping.
    /// - Parameter checks: the external checks that are in force when the effect is started.
    func perform(_ effect: Effect, _ checks: ExternalChecks?) async -> Event? {
        switch effect {
        case .reply, .cancelRun, .watchHost, .unwatchHost, .dismissCallers, .adoptConfiguration:
            return nil
        case .locateGuest(let id, let guest, let hosts):
            return .guestLocated(id, await locate(guest, on: hosts))
        case .gatherFacts(let run, let facts):
            return .factsGathered(run, await FactsReader(dependencies.hypervisor, fileReads).gather(facts))
        case .runExternalChecks(let run, let context):
            return .externalChecksEnded(run, await runExternalChecks(run, context, checks))
        case .transfer(let job, let call):
            return .transferEnded(job, await transfer(call))
        case .sampleProgress(let job, let host, let guest):
            return .progressSampled(
                job, await read(host) { host throws(HypervisorError) in try await host.jobStatistics(of: guest) })
        case .abortTransfer(let job, let host, let guest):
            return .abortEnded(job, await abort(guest, on: host))
        case .readEvidence(let job, let query):
            return .evidenceRead(job, await EvidenceReader(dependencies.hypervisor).read(query))
        case .readEvidenceToResolve(let id, let job, let query):
            return .evidenceReadToResolve(id, job, await EvidenceReader(dependencies.hypervisor).read(query))
        case .act(let job, let call):
            return .actEnded(job, await act(call))
        case .readLogs(let job, let guest, let hosts):
            return .logsRead(job, await readLogs(guest, hosts))
        case .readHosts(let id, let hosts):
            return .hostsRead(id, await readHosts(hosts))
        case .readHost(let host):
            return .hostRead(host.name, await readHost(host))
        case .wake(let alarm, let milliseconds):
            do { try await dependencies.clock.sleep(for: .milliseconds(milliseconds)) } catch { return nil }
            return .alarm(alarm)
        }
    }

    private func locate(_ guest: GuestSelector, on hosts: [HostDescription]) async -> [GuestLocation] {
        let answers = await withTaskGroup(of: (Int, Reading<DomainSummary?>).self) { group in
            for (index, host) in hosts.enumerated() {
                group.addTask {
                    let answer = await self.read(host) { handle throws(HypervisorError) in
                        switch guest {
                        case .name(let name): try await handle.domain(named: name)
                        case .uuid(let uuid): try await handle.domain(uuid)
                        }
                    }
                    return (index, answer)
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        return hosts.indices.compactMap { index in
            answers[index].map { GuestLocation(host: hosts[index], answer: $0) }
        }
    }

    private func readHost(_ host: HostDescription) async -> Reading<HostReading> {
        await read(host) { handle throws(HypervisorError) in
            HostReading(identity: try await handle.identity(), domains: try await handle.domains())
        }
    }

    private func readHosts(_ hosts: [HostDescription]) async -> [String: Reading<HostReading>] {
        await withTaskGroup(of: (String, Reading<HostReading>).self) { group in
            for host in hosts { group.addTask { (host.name, await self.readHost(host)) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private func readLogs(_ guest: String, _ hosts: [HostDescription]) async -> [LogExcerpt] {
        var logs: [LogExcerpt] = []
        for host in hosts {
            if let log = await HostFiles(host, fileReads).logExcerpt(of: guest) { logs.append(log) }
        }
        return logs
    }

    private func act(_ call: ActCall) async -> HypervisorError? {
        await read(call.host) { handle throws(HypervisorError) in
            try await handle.perform(call.act, on: call.guest)
            return true
        }.error
    }

    private func transfer(_ call: TransferCall) async -> TransferEnding {
        let outcome = await read(call.source) { handle throws(HypervisorError) in
            try await handle.migrate(call.guest, call.transfer, deadline: .seconds(call.deadlineSeconds))
            return true
        }
        return outcome.error.map(TransferEnding.failed) ?? .returned
    }

    private func abort(_ guest: DomainUUID, on host: HostDescription) async -> HypervisorError? {
        await read(host) { handle throws(HypervisorError) in
            try await handle.abortJob(of: guest)
            return true
        }.error
    }

    private func runExternalChecks(
        _ run: RunID, _ context: ExternalCheckContext, _ checks: ExternalChecks?
    ) async -> [Finding] {
        guard let checks else { return [Self.notRun] }
        return await cancellations.run(run, fallback: [Self.notRun]) { await checks.run(context) }
    }

    private static let notRun = Finding(
        checkID: "external-checks", severity: .error, message: "Unable to execute migration checks.",
        seen: "nothing here runs them", remedy: "Restart migrationd, and report this.")

    private func read<Value>(
        _ host: HostDescription,
        _ call: @Sendable (any HypervisorHost) async throws(HypervisorError) -> Value
    ) async -> Reading<Value> {
        await dependencies.hypervisor.read(host, call)
    }
}

extension Hypervisor {
    /// Makes a call to a host and keeps what came of it as a value.
    func read<Value>(
        _ host: HostDescription,
        _ call: @Sendable (any HypervisorHost) async throws(HypervisorError) -> Value
    ) async -> Reading<Value> {
        guard let uri = HypervisorURI(host.uri) else {
            return .failed(
                HypervisorError(
                    code: .invalidArgument, message: "'\(host.uri)' is no connection URI", call: "connect",
                    uri: host.uri))
        }
        do throws(HypervisorError) {
            return .known(try await call(self.host(uri)))
        } catch {
            return .failed(error)
        }
    }
}
