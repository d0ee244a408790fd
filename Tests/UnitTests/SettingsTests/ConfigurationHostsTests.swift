import Daemon
import HypervisorAPI
import Settings
import Testing

@Suite struct ConfigurationHostsTests {
    private func hosts(_ lines: String...) -> String {
        "hosts:\n" + lines.map { "  - {\($0)}\n" }.joined()
    }

    @Test func thereIsAtLeastOneHost() {
        #expect(configurationProblems("") == ["migrationd.yaml:1:1: error: missing required key 'hosts'"])
        #expect(
            configurationProblems("hosts: []\n") == [
                "migrationd.yaml:1:8: error: hosts: 0 entries; allowed is 1 to 1000"
            ])
        #expect(
            configurationProblems("hosts:\n") == ["migrationd.yaml:1:7: error: hosts: expected a list, found nothing"])
    }

    @Test func hostIsReadWithEverythingItMayHave() throws {
        let text = """
            hosts:
              - name: node1.example.org
                uri: qemu:///system
                peerURI: qemu+tls://node1/system?no_verify=1
                migrationAddress: "2001:db8::1"
                bandwidthMiBps: 1000
              - name: node2
                uri: qemu+ssh://root@node2/system?command=/opt/ssh&netcat=nc
            """
        let found = try configuration(text).hosts
        #expect(found.map(\.name) == ["node1.example.org", "node2"])
        #expect(found[0].peerURI?.text == "qemu+tls://node1/system?no_verify=1")
        #expect(found[0].migrationAddress == "2001:db8::1")
        #expect(found[0].bandwidthMiBPerSecond == 1000)
        #expect(found[1].uri.query == "command=/opt/ssh&netcat=nc")
        #expect(found[1].migrationAddress == nil)
        #expect(found[1].bandwidthMiBPerSecond == nil)
    }

    @Test func peersReachARemoteHostByItsURIAndALocalOneNotAtAll() throws {
        let text = hosts(
            "name: local, uri: 'qemu:///system'", "name: remote, uri: 'qemu+tls://r/system'",
            "name: closed, uri: 'qemu+tls://c/system', peerURI: null")
        let found = try configuration(text).hosts
        #expect(found.map { $0.peerURI?.text } == [nil, "qemu+tls://r/system", nil])
    }

    @Test func peerURIThatNamesNoOtherMachineIsRefused() {
        #expect(
            configurationProblems(hosts("name: a, uri: 'qemu:///system', peerURI: 'qemu+unix:///system'")) == [
                """
                migrationd.yaml:2:47: error: hosts[0].peerURI: 'qemu+unix:///system' does not name another machine, so \
                no other host can use it
                """
            ])
    }

    @Test func nameAndURIAreRequired() {
        #expect(
            configurationProblems(hosts("name: a", "uri: 'qemu:///system'")) == [
                "migrationd.yaml:2:5: error: missing required key 'uri' in hosts[0]",
                "migrationd.yaml:3:5: error: missing required key 'name' in hosts[1]",
            ])
    }

    @Test func namesAreUniqueIgnoringCase() {
        let text = hosts(
            "name: Node1, uri: 'qemu://a/'", "name: node1, uri: 'qemu://b/'", "name: Node1, uri: 'qemu://c/'")
        #expect(
            configurationProblems(text) == [
                "migrationd.yaml:3:12: error: hosts[1].name: 'node1' names another host already (ignoring case: 'Node1')",
                "migrationd.yaml:4:12: error: hosts[2].name: 'Node1' names another host already",
            ])
    }

    @Test func connectionsAreUnique() {
        let text = hosts("name: a, uri: 'qemu+tcp://host/system'", "name: b, uri: 'qemu+tcp://HOST/system'")
        #expect(
            configurationProblems(text) == [
                "migrationd.yaml:3:20: error: hosts[1].uri: 'qemu+tcp://HOST/system' is already the URI of 'a'"
            ])
        let distinct = hosts(
            "name: a, uri: 'qemu+unix:///system?socket=/a'", "name: b, uri: 'qemu+unix:///system?socket=/b'")
        #expect(configurationProblems(distinct) == [])
    }

    @Test(arguments: ["under_score", "-a", "a-", "a..b", "a.", "a/b", "ä", String(repeating: "a", count: 64)])
    func nameIsAHostName(name: String) {
        let found = configurationProblems(hosts("name: '\(name)', uri: 'qemu:///system'"))
        #expect(
            found == [
                """
                migrationd.yaml:2:12: error: hosts[0].name: expected a host name (letters, digits and hyphens, in parts \
                separated by dots), found the text "\(name)"
                """
            ])
    }

    @Test func uriThatIsNoneIsRefusedWithItsForm() {
        #expect(
            configurationProblems(hosts("name: a, uri: node1")) == [
                """
                migrationd.yaml:2:20: error: hosts[0].uri: expected a connection URI \
                (driver[+transport]://[user@][host][:port]/[path][?query]), found 'node1'
                """
            ])
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1", "fe80::1", "node1.example.org", "node-1"])
    func migrationAddressIsAnAddressOrAName(address: String) throws {
        let text = hosts("name: a, uri: 'qemu:///system', migrationAddress: '\(address)'")
        #expect(try configuration(text).hosts.first?.migrationAddress == address)
    }

    @Test(arguments: ["192.0.2.256", "192.0.2", "[2001:db8::1]", "tcp://node1", "node1:49152", "2001:db8::g"])
    func whatIsNeitherIsRefused(address: String) {
        #expect(
            configurationProblems(hosts("name: a, uri: 'qemu:///system', migrationAddress: '\(address)'")) == [
                """
                migrationd.yaml:2:56: error: hosts[0].migrationAddress: expected an IP address without brackets, or a \
                host name, found the text "\(address)"
                """
            ])
    }

    @Test func bandwidthIsAtLeastOne() {
        #expect(
            configurationProblems(hosts("name: a, uri: 'qemu:///system', bandwidthMiBps: 0")) == [
                "migrationd.yaml:2:54: error: hosts[0].bandwidthMiBps: '0' is out of range; allowed is 1 to 1000000"
            ])
    }

    @Test(arguments: ["qemu:///system", "qemu+unix:///system", "qemu:///system?mode=direct"])
    func filesOfThisMachinesHostAreReadWhereTheyLie(uri: String) throws {
        let host = try #require(try configuration(hosts("name: a, uri: '\(uri)'")).hosts.first)
        #expect(host.qemuLogDirectory == "/var/log/libvirt/qemu")
        #expect(host.qemuConfiguration == "/etc/libvirt/qemu.conf")
    }

    @Test(arguments: [
        "qemu:///session", "qemu+tls://node/system", "qemu+ssh:///system", "qemu+unix:///system?socket=/run/other",
        "qemu:///system?mode=direct&socket=/run/other", "xen:///system",
    ])
    func filesOfAnyOtherHostAreNotReadHere(uri: String) throws {
        let host = try #require(try configuration(hosts("name: a, uri: '\(uri)'")).hosts.first)
        #expect(host.qemuLogDirectory == nil)
        #expect(host.qemuConfiguration == nil)
    }

    @Test func whereAHostsFilesLieCanBeSaidAndDenied() throws {
        let text = hosts(
            "name: a, uri: 'qemu:///system', qemuLogDirectory: null, qemuConfiguration: ../a.conf",
            "name: b, uri: 'qemu+tls://b/system', qemuLogDirectory: /srv/b/log")
        let found = try configuration(text).hosts
        #expect(found.map(\.qemuLogDirectory) == [nil, "/srv/b/log"])
        #expect(found.map(\.qemuConfiguration) == ["/etc/a.conf", nil])
    }

    @Test func fakeHostsAndRealHostsAreNotMixed() {
        let text = hosts(
            "name: a, uri: 'fake+tcp://a/system'", "name: b, uri: 'qemu:///system', peerURI: 'fake+tcp://b/'")
        #expect(
            configurationProblems(text) == [
                """
                migrationd.yaml:2:20: error: hosts[0].uri: 'fake+tcp://a/system': fake: URIs need the driver 'fake' \
                (hypervisor.driver)
                """,
                """
                migrationd.yaml:3:47: error: hosts[1].peerURI: 'fake+tcp://b/': fake: URIs need the driver 'fake' \
                (hypervisor.driver)
                """,
            ])
        let real = "hypervisor: {driver: fake, fakeWorld: w}\n" + hosts("name: a, uri: 'qemu://a/system'")
        #expect(
            configurationProblems(real) == [
                """
                migrationd.yaml:3:20: error: hosts[0].uri: 'qemu://a/system': the driver 'fake' has only fake: URIs \
                (hypervisor.driver)
                """
            ])
    }
}
