import Glibc
import HypervisorAPI
import LibvirtHypervisor
import Testing

/// libvirt itself, without a daemon: its `test` driver runs in this process.
struct LibvirtDriverTests {
    private func withHost(
        _ uri: String, options: Libvirt.Options = Libvirt.Options(),
        _ body: (any HypervisorHost) async throws -> Void
    ) async throws {
        let libvirt = try Libvirt(options: options)
        let host = libvirt.host(try #require(HypervisorURI(uri)))
        do { try await body(host) } catch {
            await libvirt.shutDown()
            throw error
        }
        await libvirt.shutDown()
    }

    @Test func hostTellsWhoItIsAndWhatItRuns() async throws {
        try await withHost("test:///default") { host in
            let identity = try await host.identity()
            #expect(identity.hypervisorType == "TEST")
            #expect(identity.libraryVersion >= 9_000_000)
            #expect(!identity.hostName.isEmpty)
            let named = try #require(try await host.domain(named: "test"))
            #expect(named.state == .running)
            #expect(named.isPersistent)
            #expect(named.id == 1)
            #expect(named.memoryKiB > 0 && named.virtualCPUs > 0)
            #expect(try await host.domain(named.uuid) == named)
            #expect(try await host.definition(of: named.uuid, .current).name == "test")
        }
    }

    @Test func unknownDomainIsAnAnswerForLookupsAndAnErrorForTheRest() async throws {
        try await withHost("test:///default") { host in
            let nobody = try #require(DomainUUID("00000000-0000-4000-8000-000000000000"))
            #expect(try await host.domain(nobody) == nil)
            #expect(try await host.domain(named: "nobody") == nil)
            do {
                _ = try await host.definition(of: nobody, .current)
                Issue.record("a definition of nothing")
            } catch let error as HypervisorError {
                #expect(error.code == .noSuchDomain)
                #expect(error.number == 42)
                #expect(error.call == "virDomainLookupByUUIDString")
                #expect(error.uri == "test:///default")
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test func hostThatDoesNotExistIsConnectionFailed() async throws {
        try await withHost("qemu+unix:///system?socket=/nonexistent/socket") { host in
            do {
                _ = try await host.domains()
                Issue.record("an answer from nobody")
            } catch let error as HypervisorError {
                #expect(error.code == .connectionFailed)
                #expect(error.call == "virConnectOpen")
                #expect(error.number == 38)
            }
        }
    }

    @Test func hostThatAcceptsAndSaysNothingIsConnectionFailedInTime() async throws {
        let directory = try #require(temporaryDirectory())
        let listener = try #require(listen(at: directory + "/s"))
        defer {
            close(listener)
            unlink(directory + "/s")
            rmdir(directory)
        }
        var options = Libvirt.Options()
        options.connectTimeout = .milliseconds(200)
        options.closeTimeout = .milliseconds(200)
        let start = ContinuousClock.now
        try await withHost("qemu+unix:///system?socket=\(directory)/s", options: options) { host in
            await #expect(throws: HypervisorError(code: .connectionFailed, message: "", call: "", uri: "")) {
                _ = try await host.domains()
            }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func callsAfterShutDownAreRefused() async throws {
        let libvirt = try Libvirt()
        let uri = try #require(HypervisorURI("test:///default"))
        let host = libvirt.host(uri)
        _ = try await host.domain(named: "test")
        await libvirt.shutDown()
        let refusal = HypervisorError(code: .shutDown, message: "", call: "", uri: "")
        await #expect(throws: refusal) { try await host.domain(named: "test") }
        let other = libvirt.host(try #require(HypervisorURI("test:///other")))
        await #expect(throws: refusal) { try await other.domain(named: "test") }
        await libvirt.shutDown()
    }

    @Test func eventStreamEndsWithTheConnection() async throws {
        let libvirt = try Libvirt()
        let host = libvirt.host(try #require(HypervisorURI("test:///default")))
        let events = try await host.events()
        await libvirt.shutDown()
        for await event in events { Issue.record("nobody did anything, yet: \(event)") }
    }

    @Test func oneURIHasOneHost() throws {
        let libvirt = try Libvirt()
        let uri = try #require(HypervisorURI("test:///default"))
        #expect(libvirt.host(uri) as AnyObject === libvirt.host(uri) as AnyObject)
    }

    private func temporaryDirectory() -> String? {
        var template = Array("/tmp/migrationd-test-XXXXXX".utf8CString)
        return template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let path = mkdtemp(base) else { return nil }
            return String(cString: path)
        }
    }

    /// A Unix socket that queues connections and never accepts one.
    private func listen(at path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return status == 0 && Glibc.listen(descriptor, 8) == 0 ? descriptor : nil
    }
}
