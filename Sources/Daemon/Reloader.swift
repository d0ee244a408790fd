import Dispatch
import Glibc
import HTTPTransport
import HypervisorAPI
import Logging
import MigrationDriver
import MigrationProviders
import ServiceLifecycle
import UnixSignals
import WBEMServer

/// Reads the configuration again on SIGHUP. All of it takes effect, or nothing; jobs under way go on.
struct Reloader: Service {
    /// Reads and checks the configuration as at the start.
    let read: @Sendable () throws -> Configuration
    /// What is in force at the start.
    let configuration: Configuration
    /// Trapped before anything else began, so that no SIGHUP is lost.
    let hangups: UnixSignalsSequence
    let driver: Driver
    let server: HTTPServer
    let access: AccessControl
    let audit: AuditTrail
    let directory: StateDirectory
    let description: CurrentDescription
    let level: LogLevel
    let transfersFromOneHost: Int?
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var inForce = configuration
            for await _ in hangups {
                // Whatever the configuration says now: whoever rotates logs sends this signal too.
                await audit.reopen()
                inForce = await reload(inForce)
            }
        }
    }

    /// - Returns: what is in force from now on.
    private func reload(_ old: Configuration) async -> Configuration {
        do {
            let read = try await readOffThePool()
            let new = try old.reloaded(from: read)
            try apply(new)
            report(old, read)
            return new
        } catch {
            logger.error("configuration not reloaded, everything stays as it was:\n\(error)")
            return old
        }
    }

    /// Users and groups may be looked up over the network: not on the threads on which Swift's tasks run.
    private func readOffThePool() async throws -> Configuration {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try read() }) }
        }
    }

    private func apply(_ new: Configuration) throws(StartError) {
        // Another user must reach the parameter files of its checks.
        _ = try StateDirectory(path: directory.path, isReachable: new.checks.runAs != nil)
        let checks = try new.externalChecks(parametersIn: directory.checkParameters)
        let rules = new.access.rules
        do throws(HTTPTransportError) { try server.permit(rules.socketAccess(ownUser: geteuid())) } catch {
            throw StartError(.socket, "\(error)")
        }
        access.change(policy: rules.policy(ownUser: geteuid()), checks: rules.checkLimits)
        level.current = new.service.logLevel.loggerLevel
        driver.reconfigure(new.logicOptions, externalChecks: checks)
        description.change { description in
            description.externalChecksDirectory = new.checks.externalDirectory
            description.checkDeadline = new.checkDeadline
        }
    }

    /// - Parameter read: as the file has it, with what waits for a restart.
    private func report(_ old: Configuration, _ read: Configuration) {
        let changed = old.keysForReload(in: read)
        let names = changed.isEmpty ? "nothing" : changed.joined(separator: ", ")
        logger.notice("configuration reloaded", metadata: ["changed": "\(names)"])
        let waiting = old.keysForRestart(in: read)
        if !waiting.isEmpty {
            let names = waiting.joined(separator: ", ")
            logger.warning("some keys take effect at the next start only", metadata: ["keys": "\(names)"])
        }
        if let bound = transfersFromOneHost, read.limits.runningMigrations > bound {
            logger.warning(
                "more migrations may run, but only \(bound) from one host until the next start",
                metadata: ["limits.runningMigrations": "\(read.limits.runningMigrations)"])
        }
    }
}
