import HypervisorAPI
import Testing

@Suite("Connection URIs") struct HypervisorURITests {
    @Test func everyPartIsRead() throws {
        let uri = try #require(HypervisorURI("QEMU+SSH://root@Host-1.example:2222/system?keyfile=/k&no_tty=1"))
        #expect(uri.driver == "qemu")
        #expect(uri.transport == "ssh")
        #expect(uri.user == "root")
        #expect(uri.host == "Host-1.example")
        #expect(uri.port == 2222)
        #expect(uri.path == "/system")
        #expect(uri.query == "keyfile=/k&no_tty=1")
        #expect(uri.description == "QEMU+SSH://root@Host-1.example:2222/system?keyfile=/k&no_tty=1")
    }

    @Test func localURIHasNoHost() throws {
        let uri = try #require(HypervisorURI("qemu:///system"))
        #expect(uri.transport == nil && uri.user == nil && uri.host == nil && uri.port == nil && uri.query == nil)
        #expect(uri.path == "/system")
        #expect(!uri.isRemote)
    }

    @Test func unixTransportIsNotRemoteEvenWithAHost() throws {
        #expect(try #require(HypervisorURI("qemu+unix:///system?socket=/run/x")).isRemote == false)
        #expect(try #require(HypervisorURI("qemu+unix://host/system")).isRemote == false)
        #expect(try #require(HypervisorURI("qemu+tcp://host/system")).isRemote)
        #expect(try #require(HypervisorURI("xen://host")).isRemote)
    }

    @Test(arguments: [
        ("qemu+tls://[fe80::1]/system", "fe80::1", nil as UInt16?),
        ("qemu+tcp://[2001:db8::2]:16509/system", "2001:db8::2", 16509),
        ("qemu+ssh://me@[::1]:22/session", "::1", 22),
    ])
    func addressesOfVersionSixComeWithoutBrackets(text: String, host: String, port: UInt16?) throws {
        let uri = try #require(HypervisorURI(text))
        #expect(uri.host == host)
        #expect(uri.port == port)
    }

    @Test func queryMayHoldSlashesAndColons() throws {
        let uri = try #require(HypervisorURI("qemu+tcp://host?a=/b:c@d"))
        #expect(uri.host == "host")
        #expect(uri.path == "")
        #expect(uri.query == "a=/b:c@d")
    }

    @Test func emptyQueryIsNotAbsent() throws {
        #expect(try #require(HypervisorURI("qemu:///system?")).query == "")
    }

    @Test(arguments: [
        "", "qemu", "qemu:/system", "://host/system", "+tcp://host/", "qemu+://host/", "qemu+tcp+tls://host/",
        "qe mu:///system", "qemu:///sys\ttem", "qemu:///sys\u{0}tem", "qemu:///syst\u{E9}m", "qemu+tcp://host:0/system",
        "qemu+tcp://host:65536/system", "qemu+tcp://host:port/system", "qemu+tcp://host:/system",
        "qemu+tcp://[::1/system", "qemu+tcp://[::1]x/system", "qemu:///system#part", "qemu+t_p://host/",
    ])
    func malformedTextIsNoURI(text: String) {
        #expect(HypervisorURI(text) == nil)
    }
}
