import CIM
import FoundationEssentials
import Glibc
import HTTPTransport
import HypervisorAPI
import Journal
import Logging
import MigrationDriver
import MigrationLogic
import MigrationProviders
import ServiceLifecycle
import UnixSignals
import WBEMServer

/// The composition root: puts the rooms together in order, runs them, and takes them down in reverse.
package struct DaemonProgram: Sendable {
    private let configuration: Configuration
    private let version: String
    private let logger: Logger

    package init(configuration: Configuration, version: String, logger: Logger) {
        self.configuration = configuration
        self.version = version
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: `StartError` when the daemon could not start, or a part of it ended. Schema, checks and journal are looked
    ///   at before anything else begins; the socket is bound last, when jobs of the journal may have been taken up already.
    package func run() async throws(StartError) {
        prepareProcess()
        guard let namespace = CIMNamespace(configuration.service.namespace) else {
            throw StartError(.schema, "'\(configuration.service.namespace)' is no CIM namespace.")
        }
        let repository = try SchemaLoader.load(directory: configuration.service.schemaDirectory)
        let directory = try StateDirectory(
            path: configuration.service.stateDirectory, isReachable: configuration.checks.runAs != nil)
        let checks = try configuration.externalChecks(parametersIn: directory.checkParameters)
        let access = try HypervisorAccess(
            configuration.hypervisor, transfers: configuration.limits.runningMigrations, logger)
        let (journal, jobs) = try await openJournal(directory)
        logger.notice("journal open", metadata: ["file": "\(directory.journal)", "jobs": "\(jobs.count)"])
        let driver = makeDriver(access.hypervisor, journal, jobs, checks)
        let manager = try objectManager(namespace, repository, driver)
        let failure = await serve(driver, manager, access.services)
        await access.hypervisor.shutDown()
        do { try await journal.close() } catch { logger.error("\(error)") }
        logger.notice("stopped")
        if let failure { throw failure }
    }

    /// Files of ours are nobody else's; a client that hangs up is an error code, not a signal.
    private func prepareProcess() {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        // The end of a terminal is no reason to stop; there is nothing to reload yet.
        signal(SIGHUP, SIG_IGN)
    }

    private func openJournal(_ directory: StateDirectory) async throws(StartError) -> (SQLiteJournal, [JobRecord]) {
        do throws(JournalError) {
            let journal = try await SQLiteJournal(path: directory.journal)
            return (journal, try await journal.load())
        } catch {
            throw StartError(.journal, "\(error)")
        }
    }

    private func makeDriver(
        _ hypervisor: any Hypervisor, _ journal: SQLiteJournal, _ jobs: [JobRecord], _ checks: ExternalChecks?
    ) -> Driver {
        Driver(
            options: configuration.logicOptions, jobs: jobs,
            Driver.Dependencies(
                hypervisor: hypervisor, journal: journal, externalChecks: checks, clock: ContinuousClock(),
                now: { Timestamp.wallClock() }, makeJobID: { JobID(UUID().uuidString.lowercased()) }, logger: logger))
    }

    private func objectManager(
        _ namespace: CIMNamespace, _ repository: ClassRepository, _ driver: Driver
    ) throws(StartError) -> ObjectManager {
        let uri = configuration.hosts.first?.uri
        let description = ServiceDescription(
            softwareVersion: version, hypervisorDriver: configuration.hypervisor.driver.name,
            startedAtMicroseconds: Timestamp.wallClock().microseconds, hostName: Self.hostName(),
            externalChecksDirectory: configuration.checks.externalDirectory,
            checkDeadline: configuration.checks.overallTimeout + configuration.hypervisor.callTimeout)
        let providers = MigrationProviderSet.all(
            family: ClassFamily(driver: uri?.driver ?? ""), namespace: namespace, driver: driver,
            description: description)
        do throws(RegistrationError) {
            let served = try ServedNamespace(name: namespace, repository: repository, providers: providers)
            return ObjectManager(namespaces: [served], embedded: .xmlOrMOF, logger: logger)
        } catch {
            throw StartError(.schema, "The schema does not fit this program:\n\(error)")
        }
    }

    /// Services start in this order and are stopped in reverse: first the socket, last the world.
    private func serve(
        _ driver: Driver, _ manager: ObjectManager, _ background: [BackgroundService]
    ) async -> StartError? {
        let face = CIMXMLFace(manager: manager, limits: configuration.limits.messageLimits, logger: logger)
        let log = logger
        let server = HTTPServer(
            socketPath: configuration.service.socketPath, options: configuration.httpOptions,
            report: { log.debug("http", metadata: ["event": "\($0)"]) },
            handler: { await face.respond(to: $0) })
        var services: [any Service] = background
        services.append(DriverService(driver: driver))
        services.append(ServerService(server: server, driver: driver, logger: logger))
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = configuration.service.shutdownGrace + .seconds(5)
        do {
            try await ServiceGroup(configuration: group).run()
            return nil
        } catch let error as StartError {
            return error
        } catch {
            return StartError(.program, "A part of the daemon ended: \(error)")
        }
    }

    /// The machine's own name, the longer form where it has one.
    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Timestamp {
    static func wallClock() -> Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(microseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)
    }
}
