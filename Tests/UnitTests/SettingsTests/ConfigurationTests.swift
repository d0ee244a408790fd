import Daemon
import Settings
import Testing

@Suite struct ConfigurationTests {
    private let end = "/etc/migrationd"

    @Test func defaultsAreTheDocumentedOnes() throws {
        let found = try configuration(oneHost)
        #expect(found.service.socketPath == "/run/migrationd/migrationd.sock")
        #expect(found.service.stateDirectory == "/var/lib/migrationd")
        #expect(found.service.schemaDirectory == "/usr/share/migrationd/schema")
        #expect(found.service.namespace == "root/virt")
        #expect(found.service.logLevel == .info)
        #expect(found.hypervisor.driver == .libvirt)
        #expect(found.migration.allowsUnlistedHosts == false)
        #expect(found.migration.unlistedTransport == .ssh)
        #expect(found.migration.sharedPaths == [])
        #expect(found.checks.externalDirectory == nil)
        #expect(found.checks.externalTimeout == .seconds(10))
        #expect(found.checks.overallTimeout == .seconds(60))
        #expect(found.checks.runAs == nil)
        #expect(found.checks.confinePath == "/usr/sbin/confine")
    }

    @Test func everyKeyIsDescribedWithItsOrigin() throws {
        let text = "limits: {jobHistory: 0}\n" + oneHost
        let override = SettingsOverride(key: "daemon.logLevel", value: "debug", option: "--log-level")
        let described = try configuration(text, overrides: [override]).describe()
        func row(_ key: String) -> [String] {
            described.filter { $0.key == key }.map { "\($0.value) | \($0.origin)" }
        }
        #expect(row("limits.jobHistory") == ["0 | migrationd.yaml:1"])
        #expect(row("limits.xmlDepth") == ["64 | default"])
        #expect(row("daemon.logLevel") == ["debug | command line (--log-level)"])
        #expect(row("hosts[0].uri") == ["qemu:///system | migrationd.yaml:2"])
        #expect(row("hosts[0].peerURI") == ["null | default"])
        #expect(row("checks.confinePath") == ["/usr/sbin/confine | default"])
        #expect(row("migration.sharedPaths") == ["[] | default"])
        #expect(Set(described.map(\.key)).count == described.count)
    }

    @Test func relativePathsOfTheFileStartAtItsDirectory() throws {
        let text = """
            daemon:
              socketPath: ../run/./d.sock
              stateDirectory: state
            \(oneHost)
            """
        let override = SettingsOverride(key: "daemon.schemaDirectory", value: "schema//mof/", option: "--set")
        let found = try configuration(text, overrides: [override])
        #expect(found.service.socketPath == "/etc/run/d.sock")
        #expect(found.service.stateDirectory == "/etc/migrationd/state")
        #expect(found.service.schemaDirectory == "/home/operator/schema/mof")
    }

    @Test func socketPathFitsIntoAnAddress() throws {
        let fits = "/" + String(repeating: "s", count: 106)
        #expect(try configuration("daemon: {socketPath: \(fits)}\n" + oneHost).service.socketPath == fits)
        #expect(
            configurationProblems("daemon: {socketPath: \(fits)x}\n" + oneHost) == [
                """
                migrationd.yaml:1:22: error: daemon.socketPath: '/\(String(repeating: "s", count: 79))...' is 108 bytes \
                long, the path of a socket at most 107
                """
            ])
    }

    @Test(arguments: [
        "root//virt", "/root/virt", "root/virt/", "root\\virt", "2root", "root virt", "interop", "Root/Interop",
    ])
    func namespaceIsNamesWithSlashes(text: String) {
        #expect(
            configurationProblems("daemon: {namespace: '\(text)'}\n" + oneHost) == [
                """
                migrationd.yaml:1:21: error: daemon.namespace: expected a CIM namespace such as root/virt, other than \
                interop and root/interop, which are always there, found the text "\(text)"
                """
            ])
    }

    @Test(arguments: ["srv/shared", "/", "//srv", "/srv/", "/srv/../etc", "/srv/./x", "/srv//x"])
    func sharedPathsAreAbsoluteAndWrittenInFull(path: String) {
        #expect(
            configurationProblems("migration: {sharedPaths: [/ok, '\(path)']}\n" + oneHost) == [
                """
                migrationd.yaml:1:32: error: migration.sharedPaths[1]: expected a directory as an absolute path without \
                '.', '..' or doubled or trailing slashes, and not '/' itself, found the text "\(path)"
                """
            ])
    }

    @Test func timesThatCannotBothHoldAreRefused() {
        let text = """
            migration: {verifyDeadlineSeconds: 5, verifyRetrySeconds: 6}
            checks: {externalTimeoutSeconds: 61}
            \(oneHost)
            """
        #expect(
            configurationProblems(text) == [
                "migrationd.yaml:1:59: error: migration.verifyRetrySeconds: longer than verifyDeadlineSeconds, so nothing is verified",
                "migrationd.yaml:2:34: error: checks.externalTimeoutSeconds: longer than overallTimeoutSeconds, so it never passes",
            ])
    }

    @Test func wrongLogLevelIsRefusedWithAllLevels() {
        #expect(
            configurationProblems("daemon: {logLevel: warn}\n" + oneHost) == [
                """
                migrationd.yaml:1:20: error: daemon.logLevel: 'warn' is not one of trace, debug, info, notice, warning, \
                error, critical; did you mean 'warning'?
                """
            ])
    }

    @Test func historyIsBoundedByNumberAndByAge() throws {
        #expect(try configuration(oneHost).limits.jobHistoryDays == 30)
        #expect(try configuration("limits: {jobHistoryDays: null}\n" + oneHost).limits.jobHistoryDays == nil)
        #expect(try configuration("limits: {jobHistoryDays: 36500}\n" + oneHost).limits.jobHistoryDays == 36500)
        #expect(
            configurationProblems("limits: {jobHistoryDays: 0}\n" + oneHost) == [
                "migrationd.yaml:1:26: error: limits.jobHistoryDays: '0' is out of range; allowed is 1 to 36500"
            ])
    }

    // MARK: External checks

    @Test func checkDirectoryThatIsNotThereIsRefused() {
        var surroundings = ConfigurationSurroundings.complete
        surroundings.whyNotDirectory = { $0 == "/etc/migrationd/checks.d" ? "No such file or directory" : nil }
        #expect(
            configurationProblems("checks: {externalDirectory: checks.d}\n" + oneHost, surroundings: surroundings) == [
                """
                migrationd.yaml:1:29: error: checks.externalDirectory: '/etc/migrationd/checks.d': No such file or \
                directory; create it, or set null to run no external checks
                """
            ])
    }

    @Test func checksNeedTheirHelperAndTheirUser() {
        var surroundings = ConfigurationSurroundings.complete
        surroundings.whyNotProgram = { _ in "Permission denied" }
        surroundings.whyNotUser = { _ in "no such user" }
        let text = "checks: {externalDirectory: /checks, runAs: ghost}\n" + oneHost
        #expect(
            configurationProblems(text, surroundings: surroundings) == [
                """
                migrationd.yaml:1:9: error: checks.confinePath: '/usr/sbin/confine', which external checks need: \
                Permission denied
                """,
                "migrationd.yaml:1:45: error: checks.runAs: 'ghost': no such user",
            ])
    }

    @Test func withoutChecksNothingOfThemIsLookedAt() throws {
        var surroundings = ConfigurationSurroundings.complete
        surroundings.whyNotDirectory = { _ in "looked at" }
        surroundings.whyNotProgram = { _ in "looked at" }
        surroundings.whyNotUser = { _ in "looked at" }
        let found = try configuration(
            "checks: {externalDirectory: null, runAs: x}\n" + oneHost, surroundings: surroundings)
        #expect(found.checks.externalDirectory == nil)
    }

    // MARK: Drivers

    @Test func fakeDriverNeedsAWorld() {
        let hosts = "hosts: [{name: a, uri: 'fake+tcp://a/system'}]\n"
        #expect(
            configurationProblems("hypervisor: {driver: fake}\n" + hosts) == [
                """
                migrationd.yaml:1:13: error: missing required key 'fakeWorld' in hypervisor (the driver is 'fake' and \
                there is no fakeWorldSocket)
                """
            ])
        var surroundings = ConfigurationSurroundings.complete
        surroundings.whyNotFile = { _ in "Is a directory" }
        #expect(
            configurationProblems("hypervisor: {driver: fake, fakeWorld: w}\n" + hosts, surroundings: surroundings) == [
                "migrationd.yaml:1:39: error: hypervisor.fakeWorld: '/etc/migrationd/w' cannot be read: Is a directory"
            ])
    }

    @Test func fakeDriverIsReadWithItsWorld() throws {
        let text = """
            hypervisor: {driver: fake, fakeWorld: world.yaml, fakeControlSocket: /run/w.sock, fakeSpeed: 10}
            hosts: [{name: a, uri: 'fake+tcp://a/system'}]
            """
        guard case .fake(.thisProcess(let world)) = try configuration(text).hypervisor.driver else {
            Issue.record("the driver is not fake")
            return
        }
        #expect(world.file == "/etc/migrationd/world.yaml")
        #expect(world.controlSocket == "/run/w.sock")
        #expect(world.speed == 10)
    }

    @Test func fakeDriverIsReadWithAWorldInAnotherProcess() throws {
        let text = """
            hypervisor: {driver: fake, fakeWorldSocket: /run/hosts.sock}
            hosts: [{name: a, uri: 'fake+tcp://a/system'}]
            """
        #expect(try configuration(text).hypervisor.driver == .fake(.anotherProcess(socket: "/run/hosts.sock")))
    }

    @Test(arguments: [
        (
            "fakeWorld: w.yaml, fakeWorldSocket: /w",
            "1:64: error: hypervisor.fakeWorldSocket: not together with fakeWorld; remove one of the two"
        ),
        (
            "fakeWorldSocket: /w, fakeControlSocket: /c",
            "1:68: error: hypervisor.fakeControlSocket: not together with fakeWorldSocket; remove it and give "
                + "`migrationd fake-hosts` --control"
        ),
        (
            "fakeWorldSocket: /w, fakeSpeed: 2",
            "1:60: error: hypervisor.fakeSpeed: not together with fakeWorldSocket; remove it and give "
                + "`migrationd fake-hosts` --speed"
        ),
    ])
    func worldIsKeptInOneProcess(keys: String, problem: String) {
        let text = "hypervisor: {driver: fake, \(keys)}\nhosts: [{name: a, uri: 'fake+tcp://a/system'}]\n"
        #expect(configurationProblems(text) == ["migrationd.yaml:" + problem])
    }

    @Test(arguments: ["fakeWorldSocket: /w", "fakeSpeed: 2"])
    func keysOfTheFakeDriverAreRefusedWithLibvirt(key: String) {
        let problems = configurationProblems("hypervisor: {\(key)}\n" + oneHost)
        #expect(problems.count == 1 && problems[0].contains("only with the driver 'fake'"), "\(problems)")
    }

    @Test func worldOfTheFakeDriverIsRefusedWithLibvirt() {
        #expect(
            configurationProblems("hypervisor: {fakeWorld: w.yaml}\n" + oneHost) == [
                """
                migrationd.yaml:1:25: error: hypervisor.fakeWorld: only with the driver 'fake'; remove the key or set \
                the driver
                """
            ])
    }
}
