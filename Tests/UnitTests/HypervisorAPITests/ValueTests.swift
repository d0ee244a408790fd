import HypervisorAPI
import Testing

@Suite("Values of the hypervisor's interface") struct ValueTests {
    @Test(arguments: [(7_002_000 as UInt64, "7.2.0"), (9_000_000, "9.0.0"), (10_010_002, "10.10.2"), (0, "0.0.0")])
    func versionsAreWrittenAsPeopleDo(version: UInt64, text: String) {
        #expect(HostIdentity.versionText(version) == text)
    }

    @Test func exactlyTheStatesWithAProcessAreActive() {
        let active = DomainState.allCases.filter(\.isActive)
        #expect(active == [.running, .blocked, .paused, .shuttingDown, .powerManagementSuspended])
    }

    @Test func errorsAreEqualByCodeAndTellEverything() {
        let error = HypervisorError(
            code: .noSuchDomain, number: 42, message: "no domain", call: "virDomainLookupByName", uri: "qemu:///system")
        #expect(error == HypervisorError(code: .noSuchDomain, message: "other", call: "x", uri: "y"))
        #expect(error != HypervisorError(code: .other, number: 42, message: "no domain", call: error.call, uri: error.uri))
        #expect(error.description == "virDomainLookupByName on qemu:///system: no domain (42)")
    }

    @Test func onlyJobsUnderWayAreActive() {
        let kinds: [JobStatistics.Kind] = [.none, .bounded, .unbounded, .completed, .failed, .cancelled]
        #expect(kinds.filter { JobStatistics(kind: $0).isActive } == [.bounded, .unbounded])
    }

    @Test func everyTransferKnowsItsPeer() {
        let live = LiveTransfer(peerURI: "a", isPersistent: true, allowsUnsafeDisks: false)
        #expect(Transfer.live(live).peerURI == "a")
        #expect(Transfer.offline(OfflineTransfer(peerURI: "b")).peerURI == "b")
    }
}
