import Daemon
import Settings
import Testing

@Suite struct ConfigurationReloadTests {
    private let fakeHosts = "hosts: [{name: a, uri: 'fake+tcp://a/system'}]\n"

    private func fake(_ more: String = "") throws -> Configuration {
        try configuration("hypervisor: {driver: fake, fakeWorld: w.yaml\(more)}\n" + fakeHosts)
    }

    @Test func sameValuesAreTheSameHoweverTheyAreWritten() throws {
        let old = try configuration(oneHost)
        let new = try configuration(
            """
            # the same, at length
            daemon: {socketPath: /run/migrationd/../migrationd/migrationd.sock, logLevel: "info"}
            limits:
              runningMigrations: 8
            hosts:
              - uri: "qemu:///system"
                name: a
            """)
        #expect(old.keysForReload(in: new) == [])
        #expect(old.keysForRestart(in: new) == [])
    }

    @Test func whatTakesEffectAtOnceIsTaken() throws {
        let old = try configuration(oneHost)
        let new = try configuration(
            """
            daemon: {logLevel: debug}
            migration: {sharedPaths: [/srv]}
            checks: {externalTimeoutSeconds: 9}
            limits: {runningMigrations: 1, queuedMigrations: 2, jobHistory: 3, jobHistoryDays: 4}
            access: {observer: {users: [alice]}, socketGroup: ops}
            hosts: [{name: b, uri: 'qemu+tls://b/system'}]
            """)
        #expect(
            old.keysForReload(in: new) == [
                "daemon.logLevel", "hosts", "migration", "checks", "limits.runningMigrations",
                "limits.queuedMigrations", "limits.jobHistory", "limits.jobHistoryDays", "access",
            ])
        #expect(old.keysForRestart(in: new) == [])
        let inForce = try old.reloaded(from: new)
        #expect(inForce.service == new.service)
        #expect(inForce.hosts == new.hosts)
        #expect(inForce.migration == new.migration)
        #expect(inForce.checks == new.checks)
        #expect(inForce.limits == new.limits)
        #expect(inForce.access == new.access)
        #expect(inForce.describe().map(\.value) == new.describe().map(\.value))
    }

    @Test func whatNeedsARestartIsNamedAndNotTaken() throws {
        let old = try configuration(oneHost)
        let new = try configuration(
            """
            daemon: {socketPath: /s, stateDirectory: /d, schemaDirectory: /m, namespace: root/x, shutdownGraceSeconds: 1}
            hypervisor:
              {callTimeoutSeconds: 99, connectTimeoutSeconds: 98, keepaliveIntervalSeconds: 97, keepaliveCount: 96,
               refreshSeconds: 95}
            limits:
              {connections: 1, concurrentRequests: 2, waitingRequests: 3, bufferedBytes: 1048576, headerBytes: 1024,
               bodyBytes: 4096, requestSeconds: 5, responseSeconds: 7, idleSeconds: 6, enumerations: 7,
               enumerationsPerUser: 8, enumerationSeconds: 9, xmlDepth: 17, xmlElements: 100,
               xmlAttributes: 16, arrayElements: 1}
            access: {auditLog: null}
            hosts: [{name: a, uri: 'xen:///system'}]
            """)
        #expect(
            old.keysForRestart(in: new) == [
                "daemon.socketPath", "daemon.stateDirectory", "daemon.schemaDirectory", "daemon.namespace",
                "daemon.shutdownGraceSeconds", "hypervisor.callTimeoutSeconds", "hypervisor.connectTimeoutSeconds",
                "hypervisor.keepaliveIntervalSeconds", "hypervisor.keepaliveCount", "hypervisor.refreshSeconds",
                "hosts[0].uri (its driver)", "limits.connections", "limits.concurrentRequests",
                "limits.waitingRequests", "limits.bufferedBytes", "limits.headerBytes", "limits.bodyBytes",
                "limits.requestSeconds", "limits.responseSeconds", "limits.idleSeconds", "limits.enumerations",
                "limits.enumerationsPerUser", "limits.enumerationSeconds", "limits.xmlDepth",
                "limits.xmlElements", "limits.xmlAttributes", "limits.arrayElements", "access.auditLog",
            ])
        let inForce = try old.reloaded(from: new)
        #expect(inForce.service == old.service)
        #expect(inForce.hypervisor == old.hypervisor)
        #expect(inForce.limits == old.limits)
        #expect(inForce.access == old.access)
    }

    @Test func everyKeyIsEitherTakenOrNamed() throws {
        // Sections that are taken whole; of the others every key.
        let whole = ["hosts", "migration", "checks", "access"]
        let new = try configuration(oneHost)
        let keys = new.describe().map(\.key).filter { key in !whole.contains { key.hasPrefix($0) } }
        // hypervisor.driver is refused; the rest is in one of the two lists.
        let known = Configuration.keysTakenByReload + Configuration.keysTakenByRestart + ["hypervisor.driver"]
        #expect(Set(keys).subtracting(known) == [])
    }

    @Test func worldOfTheFakeHypervisorStaysAsItIs() throws {
        let new = try fake(", fakeSpeed: 2, fakeControlSocket: /s")
        #expect(
            try fake().keysForRestart(in: new) == ["hypervisor.fakeControlSocket", "hypervisor.fakeSpeed"])
        #expect(try fake().reloaded(from: new).hypervisor == fake().hypervisor)
    }

    @Test func anotherDriverIsRefusedForItsHostsAreOthers() throws {
        let old = try configuration(oneHost)
        let new = try fake()
        #expect(throws: StartError.self) { try old.reloaded(from: new) }
    }
}
