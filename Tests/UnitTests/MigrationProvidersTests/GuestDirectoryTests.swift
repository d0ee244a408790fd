import HypervisorAPI
import Testing

@testable import MigrationLogic
@testable import MigrationProviders

@Suite struct GuestDirectoryTests {
    private static let first = DomainUUID("00000000-0000-4000-8000-000000000001")!
    private static let second = DomainUUID("00000000-0000-4000-8000-000000000002")!

    private func state(_ domains: [String: [DomainSummary]], at: Int64 = 1) -> MigrationState {
        let hosts = domains.keys.sorted().map { HostDescription(name: $0, uri: "fake+tcp://\($0)/system") }
        var state = MigrationState(
            options: LogicOptions(resolver: DestinationResolver(hosts: hosts)),
            contents: JournalContents(daemon: "dddddddd-0000-4000-8000-000000000001"))
        for (host, domains) in domains {
            let identity = HostIdentity(
                uuid: host, hostName: host, hypervisorType: "QEMU", hypervisorVersion: 1, libraryVersion: 1)
            _ = state.receive(
                .hostRead(host, .known(HostReading(identity: identity, domains: domains))),
                at: Timestamp(microseconds: at))
        }
        return state
    }

    private func domain(_ name: String, _ uuid: DomainUUID, _ state: DomainState = .running) -> DomainSummary {
        DomainSummary(
            uuid: uuid, name: name, id: state.isActive ? 7 : nil, state: state, pausedReason: nil, isPersistent: true,
            memoryKiB: 1, virtualCPUs: 1, mark: nil, startsWithHost: false)
    }

    @Test func theGuestThatRunsKeepsASharedName() {
        let table = GuestDirectory().table(
            state(["a": [domain("web", Self.first, .shutOff)], "b": [domain("web", Self.second)]]))
        #expect(table.all.map(\.name) == [Self.first.text, "web"])
        #expect(table[named: "web"]?.host == "b")
        #expect(table[named: Self.first.text]?.host == "a")
        #expect(table[Self.first]?.name == Self.first.text)
    }

    @Test func aSecondDefinitionOfAGuestIsNoSecondGuest() {
        let table = GuestDirectory().table(
            state(["a": [domain("web", Self.first, .shutOff)], "b": [domain("web", Self.first)]]))
        #expect(table.all.map(\.host) == ["b"])
    }

    @Test func aLaterReadingIsSeen() {
        let directory = GuestDirectory()
        #expect(directory.table(state(["a": [domain("web", Self.first)]], at: 1))[named: "db"] == nil)
        #expect(directory.table(state(["a": [domain("db", Self.first)]], at: 2))[named: "db"] != nil)
    }
}
