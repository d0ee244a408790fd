import MigrationDriver
import MigrationLogic
import ProgramRunner

/// The configuration in the terms of the rooms that act on it.
extension Configuration {
    var logicOptions: LogicOptions {
        var options = LogicOptions(
            resolver: DestinationResolver(
                hosts: hosts.map(\.logicDescription), allowsUnlistedHosts: migration.allowsUnlistedHosts,
                unlistedTransport: migration.unlistedTransport.logicKind))
        options.sharedPaths = migration.sharedPaths
        options.externalChecksAreOn = checks.externalDirectory != nil
        options.runningMigrations = limits.runningMigrations
        options.queuedMigrations = limits.queuedMigrations
        options.transferDeadlineSeconds = Int(migration.transferDeadline.components.seconds)
        options.verifyRetryMilliseconds = migration.verifyRetryInterval.wholeMilliseconds
        options.verifyAttempts = max(
            1, migration.verifyDeadline.wholeMilliseconds / max(1, options.verifyRetryMilliseconds))
        options.verifyDeadlineMilliseconds = migration.verifyDeadline.wholeMilliseconds
        options.sourceSightings = max(
            2, migration.sourceProofTime.wholeMilliseconds / max(1, options.verifyRetryMilliseconds) + 1)
        options.refreshMilliseconds = hypervisor.refreshInterval.wholeMilliseconds
        options.undecidedRetryMilliseconds = options.refreshMilliseconds
        options.jobHistory = limits.jobHistory
        options.jobHistoryDays = limits.jobHistoryDays
        return options
    }

    /// How long MigrateVSTo waits for what its checks find.
    var checkDeadline: Duration { checks.overallTimeout + hypervisor.callTimeout }

    /// Removes what an earlier run of the daemon left; only when no check runs yet.
    static func removeLeftovers(in directory: String) throws(StartError) {
        do { _ = try ParameterFile.removeLeftovers(in: directory) } catch {
            throw StartError(.checks, "parameter files of an earlier run: \(error)")
        }
    }

    /// `nil` when external checks are off.
    func externalChecks(parametersIn directory: String) throws(StartError) -> ExternalChecks? {
        guard let path = checks.externalDirectory else { return nil }
        let user: ProgramUser?
        do { user = try checks.runAs.map { name throws(ProgramError) in try ProgramUser(named: name) } } catch {
            throw StartError(.checks, "checks.runAs: \(error)")
        }
        return ExternalChecks(
            runner: ConfinedRunner(confinePath: checks.confinePath),
            options: ExternalChecks.Options(
                directory: ProgramDirectory(path: path, runAs: user), timeout: checks.externalTimeout,
                overallTimeout: checks.overallTimeout, outputLimit: checks.outputLimitBytes,
                parameterDirectory: directory))
    }
}

extension Configuration.Host {
    var logicDescription: HostDescription {
        HostDescription(
            name: name, uri: uri.text, peerURI: peerURI?.text, migrationAddress: migrationAddress,
            bandwidthMiBPerSecond: bandwidthMiBPerSecond, qemuLogDirectory: qemuLogDirectory,
            qemuConfiguration: qemuConfiguration)
    }
}

extension Configuration.Migration.Transport {
    fileprivate var logicKind: TransportKind {
        switch self {
        case .ssh: .ssh
        case .tls: .tlsStrict
        case .tcp: .tcp
        }
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
