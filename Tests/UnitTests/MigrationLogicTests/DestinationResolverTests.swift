import Testing

@testable import MigrationLogic

@Suite struct DestinationResolverTests {
    private let resolver = DestinationResolver(hosts: Samples.hosts)

    @Test(arguments: ["beta", "BETA", "10.0.0.2", "10.1.0.2", "qemu+tcp://10.0.0.2/system"])
    func aConfiguredHostIsFoundByNameAddressOrExactURI(destination: String) throws {
        #expect(try resolver.resolve(destination).name == "beta")
    }

    @Test(arguments: [
        "", "h/system?command=/bin/sh&x=", "root@beta", "qemu+ext://beta/system", "qemu+tcp://10.0.0.2/system?x=1",
        "fake:///beta", "beta?x", "a b", "-beta", "beta-", "a..b", "1.2.3", "1.2.3.256", "::1::", "fe80::1%eth0", "[::1]",
        "beta\u{0}", "beta\n",
    ])
    func anythingElseThatIsNoNameOrAddressIsRefused(destination: String) {
        var open = resolver
        open.allowsUnlistedHosts = true
        #expect(throws: RequestError(.invalidDestination, "")) { try open.resolve(destination) }
    }

    @Test func anUnlistedHostIsRefusedUnlessAllowed() throws {
        #expect(throws: RequestError(.noSuchHost, "")) { try resolver.resolve("delta.example") }
        var open = resolver
        open.allowsUnlistedHosts = true
        #expect(try open.resolve("delta.example").uri == "qemu+ssh://delta.example/system")
        #expect(try open.resolve("fe80::1").uri == "qemu+ssh://[fe80::1]/system")
        #expect(try open.resolve("delta", transport: .tls).uri == "qemu+tls://delta/system")
        #expect(try open.resolve("delta").isUnlisted)
    }

    @Test func anAddressOfTwoHostsNamesNeither() {
        let twins = DestinationResolver(hosts: ["one", "two"].map {
            HostDescription(name: $0, uri: "qemu+tcp://10.0.0.9:\($0 == "one" ? 1 : 2)/system")
        })
        #expect(throws: RequestError(.invalidDestination, "")) { try twins.resolve("10.0.0.9") }
    }
}
