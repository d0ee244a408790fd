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
    private let readAgain: @Sendable () throws -> Configuration
    private let version: String
    private let logger: Logger
    private let level: LogLevel

    /// - Parameters:
    ///   - readAgain: reads the configuration as it was read for the start; called on SIGHUP.
    ///   - level: of everything that is logged.
    package init(
        configuration: Configuration, readAgain: @escaping @Sendable () throws -> Configuration, version: String,
        logger: Logger, level: LogLevel
    ) {
        self.configuration = configuration
        self.readAgain = readAgain
        self.version = version
        self.logger = logger
        self.level = level
    }

    /// Runs until SIGTERM or SIGINT.
    /// - Throws: `StartError` when the daemon could not start, or a part of it ended. Schema, checks and journal are looked
    ///   at before anything else begins; the socket is bound last, when jobs of the journal may have been taken up already.
    package func run() async throws(StartError) {
        prepareProcess()
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let crashPoint = try CrashPoint.fromEnvironment()
        let descriptors = try DescriptorBudget.take(
            connections: configuration.limits.connections, hosts: configuration.hosts.count)
        if let warning = descriptors.warning { logger.warning("\(warning)") }
        guard let namespace = CIMNamespace(configuration.service.namespace) else {
            throw StartError(.schema, "'\(configuration.service.namespace)' is no CIM namespace.")
        }
        let repository = try SchemaLoader.load(directory: configuration.service.schemaDirectory)
        let directory = try StateDirectory(
            path: configuration.service.stateDirectory, isReachable: configuration.checks.runAs != nil)
        try Configuration.removeLeftovers(in: directory.checkParameters)
        let checks = try configuration.externalChecks(parametersIn: directory.checkParameters)
        let audit = try AuditTrail(path: configuration.access.auditLog, logger: logger)
        let hosts = try HypervisorAccess(
            configuration.hypervisor, transfers: configuration.limits.runningMigrations, logger)
        let (journal, contents) = try await openJournal(directory)
        let driver = makeDriver(hosts.hypervisor, journal, contents, checks, crashPoint)
        let description = CurrentDescription(serviceDescription)
        let statistics = ServerStatistics()
        let manager = try objectManager(namespace, repository, driver, description, directory, statistics)
        let access = accessControl(audit)
        let server = makeServer(manager, access, statistics, connections: descriptors.connections)
        let reloader = Reloader(
            read: readAgain, configuration: configuration, hangups: hangups, driver: driver, server: server,
            access: access, audit: audit, directory: directory, description: description, level: level,
            transfersFromOneHost: hosts.transfersFromOneHost, logger: logger)
        let sweeper = EnumerationSweeper(enumerations: manager.enumerations)
        let failure = await serve(driver, server, hosts.services.map { $0 as any Service } + [reloader, sweeper])
        await audit.flush()
        await hosts.hypervisor.shutDown()
        do { try await journal.close() } catch { logger.error("\(error)") }
        logger.notice("stopped")
        if let failure { throw failure }
    }

    private func openJournal(
        _ directory: StateDirectory
    ) async throws(StartError) -> (SQLiteJournal, JournalContents) {
        let opened: OpenedJournal
        do throws(JournalError) {
            opened = try await directory.journalFile.open(now: Timestamp.wallClock())
        } catch {
            throw StartError(.journal, "\(error)")
        }
        for notice in opened.notices { logger.warning("\(notice)") }
        if let need = opened.contents.recoveryNeed {
            logger.error("migrationd only reads until every host has been read (migrationd recover): \(need.reason)")
        }
        logger.notice(
            "journal open", metadata: ["file": "\(directory.journal)", "jobs": "\(opened.contents.jobs.count)"])
        return (opened.journal, opened.contents)
    }

    private func makeDriver(
        _ hypervisor: any Hypervisor, _ journal: any JournalStore, _ contents: JournalContents,
        _ checks: ExternalChecks?, _ crashPoint: CrashPoint?
    ) -> Driver {
        if let crashPoint {
            logger.warning(
                "this daemon will kill itself: \(CrashPoint.variable) is set",
                metadata: ["at": "\(crashPoint.kind.rawValue):\(crashPoint.moment.rawValue):\(crashPoint.count)"])
        }
        return Driver(
            options: configuration.logicOptions, contents: contents, externalChecks: checks,
            Driver.Dependencies(
                hypervisor: hypervisor, journal: journal, clock: ContinuousClock(),
                now: { Timestamp.wallClock() }, makeJobID: { JobID(UUID().uuidString.lowercased()) }, logger: logger,
                passes: crashPoint?.hook()))
    }

    private var serviceDescription: ServiceDescription {
        ServiceDescription(
            softwareVersion: version, hypervisorDriver: configuration.hypervisor.driver.name,
            startedAtMicroseconds: Timestamp.wallClock().microseconds, hostName: Self.hostName(),
            externalChecksDirectory: configuration.checks.externalDirectory,
            checkDeadline: configuration.checkDeadline)
    }

    private func objectManager(
        _ namespace: CIMNamespace, _ repository: ClassRepository, _ driver: Driver,
        _ description: CurrentDescription, _ directory: StateDirectory, _ statistics: ServerStatistics
    ) throws(StartError) -> ObjectManager {
        let backups = JournalBackups(directory: directory.backups, driver: driver)
        let migration = MigrationProviderSet(
            family: ClassFamily(driver: configuration.hosts.first?.uri.driver ?? ""), namespace: namespace,
            driver: driver, description: description,
            actions: ServiceActions(backUpJournal: { try await backups.make(at: Timestamp.wallClock()) }),
            checks: CheckResults(now: { Timestamp.wallClock() }))
        let server = migration.server(
            served: [namespace] + InteropServer.namespaces, statistics: statistics,
            enumerations: configuration.limits.enumerationLimits)
        do throws(RegistrationError) {
            var served = [
                try ServedNamespace(name: namespace, repository: repository, providers: migration.providers)
            ]
            for interop in InteropServer.namespaces {
                let providers = server.providers(in: interop) + migration.interopProviders(in: interop, server)
                served.append(try ServedNamespace(name: interop, repository: repository, providers: providers))
            }
            let start = ContinuousClock.now
            let enumerations = EnumerationSessions(limits: configuration.limits.enumerationLimits) {
                start.duration(to: .now)
            }
            return ObjectManager(
                namespaces: served, hostName: description.value.hostName, embedded: .xmlOrMOF,
                enumerations: enumerations, logger: logger)
        } catch {
            throw StartError(.schema, "The schema does not fit this program:\n\(error)")
        }
    }

    private func accessControl(_ audit: AuditTrail) -> AccessControl {
        let rules = configuration.access.rules
        return AccessControl(
            policy: rules.policy(ownUser: geteuid()), checks: rules.checkLimits, log: audit,
            clocks: AccessControl.Clocks { Timestamp.wallClock().microseconds })
    }

    private func makeServer(
        _ manager: ObjectManager, _ access: AccessControl, _ statistics: ServerStatistics, connections: Int
    ) -> HTTPServer {
        let face = CIMXMLFace(
            manager: manager, access: access, limits: configuration.limits.messageLimits,
            callLimits: configuration.limits.callLimits, statistics: statistics, logger: logger)
        let log = logger
        return HTTPServer(
            socketPath: configuration.service.socketPath,
            access: configuration.access.rules.socketAccess(ownUser: geteuid()),
            options: configuration.httpOptions(connections: connections),
            report: { $0.log(to: log) }, handler: { await face.respond(to: $0) })
    }

    /// Services start in this order and are stopped in reverse: first the socket, last the world.
    private func serve(
        _ driver: Driver, _ server: HTTPServer, _ background: [any Service]
    ) async -> StartError? {
        var services = background
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
