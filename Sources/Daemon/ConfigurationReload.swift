import MigrationProviders

/// A key of the configuration with its value, to be compared whatever its type is.
private struct ComparedKey: Sendable {
    let name: String
    let differs: @Sendable (Configuration, Configuration) -> Bool

    init<Value: Equatable & SendableMetatype>(
        _ name: String, _ value: @escaping @Sendable (Configuration) -> Value
    ) {
        self.name = name
        differs = { value($0) != value($1) }
    }
}

extension Configuration {
    /// The keys that take effect only at a start: sockets are bound, connections made and files open with them.
    private static let fixedKeys = [
        ComparedKey("daemon.socketPath") { $0.service.socketPath },
        ComparedKey("daemon.stateDirectory") { $0.service.stateDirectory },
        ComparedKey("daemon.schemaDirectory") { $0.service.schemaDirectory },
        ComparedKey("daemon.namespace") { $0.service.namespace },
        ComparedKey("daemon.shutdownGraceSeconds") { $0.service.shutdownGrace },
        ComparedKey("hypervisor.fakeWorld") { $0.hypervisor.driver.world?.file },
        ComparedKey("hypervisor.fakeWorldSocket") { $0.hypervisor.driver.worldSocket },
        ComparedKey("hypervisor.fakeControlSocket") { $0.hypervisor.driver.world?.controlSocket },
        ComparedKey("hypervisor.fakeSpeed") { $0.hypervisor.driver.world?.speed },
        ComparedKey("hypervisor.callTimeoutSeconds") { $0.hypervisor.callTimeout },
        ComparedKey("hypervisor.connectTimeoutSeconds") { $0.hypervisor.connectTimeout },
        ComparedKey("hypervisor.keepaliveIntervalSeconds") { $0.hypervisor.keepaliveInterval },
        ComparedKey("hypervisor.keepaliveCount") { $0.hypervisor.keepaliveCount },
        ComparedKey("hypervisor.refreshSeconds") { $0.hypervisor.refreshInterval },
        // The classes bear the name of the first host's hypervisor.
        ComparedKey("hosts[0].uri (its driver)") { ClassFamily(driver: $0.hosts.first?.uri.driver ?? "") },
        ComparedKey("limits.connections") { $0.limits.connections },
        ComparedKey("limits.concurrentRequests") { $0.limits.concurrentRequests },
        ComparedKey("limits.waitingRequests") { $0.limits.waitingRequests },
        ComparedKey("limits.bufferedBytes") { $0.limits.bufferedBytes },
        ComparedKey("limits.headerBytes") { $0.limits.headerBytes },
        ComparedKey("limits.bodyBytes") { $0.limits.bodyBytes },
        ComparedKey("limits.requestSeconds") { $0.limits.requestTime },
        ComparedKey("limits.responseSeconds") { $0.limits.responseTime },
        ComparedKey("limits.idleSeconds") { $0.limits.idleTime },
        ComparedKey("limits.enumerations") { $0.limits.enumerations },
        ComparedKey("limits.enumerationsPerUser") { $0.limits.enumerationsPerUser },
        ComparedKey("limits.enumerationSeconds") { $0.limits.enumerationTime },
        ComparedKey("limits.xmlDepth") { $0.limits.xmlDepth },
        ComparedKey("limits.xmlElements") { $0.limits.xmlElements },
        ComparedKey("limits.xmlAttributes") { $0.limits.xmlAttributes },
        ComparedKey("limits.arrayElements") { $0.limits.arrayElements },
        ComparedKey("access.auditLog") { $0.access.auditLog },
    ]

    /// The keys, and sections of keys, that take effect at once.
    private static let livingKeys = [
        ComparedKey("daemon.logLevel") { $0.service.logLevel },
        ComparedKey("hosts") { $0.hosts },
        ComparedKey("migration") { $0.migration },
        ComparedKey("checks") { $0.checks },
        ComparedKey("limits.runningMigrations") { $0.limits.runningMigrations },
        ComparedKey("limits.queuedMigrations") { $0.limits.queuedMigrations },
        ComparedKey("limits.jobHistory") { $0.limits.jobHistory },
        ComparedKey("limits.jobHistoryDays") { $0.limits.jobHistoryDays },
        // The names are looked up again: a user may have another number now.
        ComparedKey("access") { $0.access.rules },
    ]

    /// Every key that waits for a restart, and every key or section that does not.
    package static var keysTakenByRestart: [String] { fixedKeys.map(\.name) }
    package static var keysTakenByReload: [String] { livingKeys.map(\.name) }

    /// Keys whose values differ from this configuration's and that wait for a restart.
    package func keysForRestart(in other: Configuration) -> [String] {
        Self.fixedKeys.filter { $0.differs(self, other) }.map(\.name)
    }

    /// Keys and sections whose values differ from this configuration's and that take effect by a reload.
    package func keysForReload(in other: Configuration) -> [String] {
        Self.livingKeys.filter { $0.differs(self, other) }.map(\.name)
    }
}

extension Configuration.HypervisorAccess.Driver {
    fileprivate var world: Configuration.HypervisorAccess.FakeWorld? {
        if case .fake(.thisProcess(let world)) = self { world } else { nil }
    }

    fileprivate var worldSocket: String? {
        if case .fake(.anotherProcess(let socket)) = self { socket } else { nil }
    }
}
