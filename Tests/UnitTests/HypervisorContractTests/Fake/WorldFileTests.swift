import FakeHypervisor
import HypervisorAPI
import Testing

@Suite("World files") struct WorldFileTests {
    private static let least = """
        hosts:
          - name: a
            uuid: 00000000-0000-4000-8000-000000000001
        """

    @Test func leastWorldHasDefaults() throws {
        let world = try WorldDescription(yaml: Self.least, source: "w.yaml")
        let host = try #require(world.hosts.first)
        #expect(host == HostDescription(name: "a", uuid: try uuid(1)))
        #expect(world.linkMiBPerSecond == 1000 && world.links.isEmpty && world.storage.isEmpty)
    }

    @Test func everyKeyIsRead() throws {
        let text = """
            linkMiBPerSecond: 500.5
            migrationsPerHost: 2
            links: [{between: [a, b], bandwidthMiBPerSecond: 10, cut: true}]
            storage: [{pool: p, path: /srv/p, hosts: [a, b], volumes: [{name: v, sizeMiB: 7}]}]
            hosts:
              - {name: b, uuid: 00000000-0000-4000-8000-000000000002, condition: daemonDown}
              - name: a
                address: a.example
                uuid: 00000000-0000-4000-8000-000000000001
                condition: unreachable
                hypervisorType: Xen
                hypervisorVersion: 4.17.1
                libraryVersion: 8.0.0
                architecture: aarch64
                virtualizationTypes: [xen]
                machines: [xenpv]
                cpu: {model: Haswell, features: [pku]}
                memoryMiB: 99
                guests:
                  - name: g
                    uuid: 00000000-0000-4000-8000-000000000003
                    state: paused
                    persistent: false
                    startsWithHost: true
                    mark: {owner: 00000000-0000-4000-8000-000000000004, generation: 6, job: "5"}
                    memoryMiB: 64
                    virtualCPUs: 3
                    virtualizationType: xen
                    machine: xenpv
                    cpu: {model: Nehalem}
                    dirtyMiBPerSecond: 1.5
                    workingSetMiB: 32
                    disks:
                      - {target: xvda, device: cdrom, path: /srv/p/d, format: raw, cache: unsafe, sizeMiB: 5, readOnly: true}
            """
        let world = try WorldDescription(yaml: text, source: "w.yaml")
        let disk = DiskDescription(
            target: "xvda", device: "cdrom", path: "/srv/p/d", format: "raw", cache: "unsafe", sizeMiB: 5,
            isReadOnly: true)
        let guest = GuestDescription(
            name: "g", uuid: try uuid(3), state: .paused, isPersistent: false, startsWithHost: true,
            mark: OwnershipMark(owner: try uuid(4).text, generation: 6, job: "5"),
            hardware: Hardware(
                memoryMiB: 64, virtualCPUs: 3, virtualizationType: "xen", machine: "xenpv",
                cpu: CPUDescription(model: "Nehalem"), disks: [disk], dirtyMiBPerSecond: 1.5, workingSetMiB: 32))
        let a = HostDescription(
            name: "a", address: "a.example", uuid: try uuid(1), condition: .unreachable, hypervisorType: "Xen",
            hypervisorVersion: 4_017_001, libraryVersion: 8_000_000, architecture: "aarch64",
            virtualizationTypes: ["xen"], machines: ["xenpv"], cpu: CPUDescription(model: "Haswell", features: ["pku"]),
            memoryMiB: 99, guests: [guest])
        #expect(
            world
                == WorldDescription(
                    hosts: [HostDescription(name: "b", uuid: try uuid(2), condition: .daemonDown), a],
                    storage: [
                        StorageDescription(
                            pool: "p", path: "/srv/p", hosts: ["a", "b"],
                            volumes: [VolumeDescription(name: "v", sizeMiB: 7)])
                    ],
                    links: [LinkDescription("a", "b", bandwidthMiBPerSecond: 10, isCut: true)],
                    linkMiBPerSecond: 500.5, migrationsPerHost: 2))
    }

    private static let host = "hosts:\n  - name: a\n    uuid: 00000000-0000-4000-8000-000000000001\n"

    @Test(arguments: [
        ("", SimulationError.Code.malformed, "w.yaml:1:1"),
        ("hosts: [", .malformed, "w.yaml:"),
        ("hosts: []", .invalidValue, "w.yaml:1:1"),
        ("- a", .wrongType, "w.yaml:1:1"),
        ("hosts: {}\nhosts: {}", .malformed, "w.yaml:"),
        (host + "    colour: red", .unknownKey, "w.yaml:4:5"),
        (host + "    memoryMiB: \"12\"", .wrongType, "w.yaml:4:16"),
        (host + "    memoryMiB: 0", .invalidValue, "w.yaml:4:16"),
        (host + "    memoryMiB:", .wrongType, "w.yaml:4"),
        (host + "    condition: sleepy", .invalidValue, "w.yaml:4:16"),
        (host + "    hypervisorVersion: 7.2", .invalidValue, "w.yaml:4:24"),
        (host + "    machines: pc", .wrongType, "w.yaml:4:15"),
        (host + "    cpu: {model: Z80}", .invalidValue, "w.yaml:4:18"),
        (host + "    guests: [{uuid: 00000000-0000-4000-8000-000000000003}]", .missingKey, "w.yaml:4:14"),
        (host + "    guests: [{name: g, uuid: 12}]", .invalidValue, "w.yaml:4:30"),
        (host + "storage: [{pool: p, path: srv, hosts: [a]}]", .invalidValue, "w.yaml:4:27"),
        (host + "storage: [{pool: p, path: /srv, hosts: [b]}]", .invalidValue, "w.yaml:1:1"),
        (host + "links: [{between: [a], bandwidthMiBPerSecond: 1}]", .invalidValue, "w.yaml:4:19"),
        (host + "links: [{between: [a, b], bandwidthMiBPerSecond: .inf}]", .wrongType, "w.yaml:4:50"),
        (host + "linkMiBPerSecond: fast", .wrongType, "w.yaml:4:19"),
    ])
    func errorNamesThePlaceAndTheRemedy(text: String, code: SimulationError.Code, place: String) throws {
        let error = #expect(throws: SimulationError.self) { try WorldDescription(yaml: text, source: "w.yaml") }
        #expect(error?.code == code)
        #expect(error?.place?.hasPrefix(place) == true, "\(String(describing: error))")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test func contradictionsAreRefused() throws {
        let running = try guest(5, "g")
        let worlds: [WorldDescription] = [
            WorldDescription(hosts: [
                HostDescription(name: "a", uuid: try uuid(1)), HostDescription(name: "a", uuid: try uuid(2)),
            ]),
            WorldDescription(hosts: [
                HostDescription(name: "a", uuid: try uuid(1)), HostDescription(name: "b", uuid: try uuid(1)),
            ]),
            WorldDescription(
                hosts: [
                    HostDescription(name: "a", uuid: try uuid(1), guests: [running]),
                    HostDescription(name: "b", uuid: try uuid(2), guests: [running]),
                ]),
            WorldDescription(hosts: [
                HostDescription(name: "a", uuid: try uuid(1), guests: [running, try guest(6, "g")])
            ]),
            WorldDescription(hosts: [HostDescription(name: "a", uuid: try uuid(1), condition: .down, guests: [running])]
            ),
            WorldDescription(hosts: [HostDescription(name: "a", uuid: try uuid(1), cpu: CPUDescription(model: "Z80"))]),
        ]
        for world in worlds {
            #expect(throws: SimulationError(.invalidValue, "", remedy: "")) { try world.validate() }
        }
    }

    @Test func unreadableFileIsNamed() {
        let error = #expect(throws: SimulationError.self) { try WorldDescription(file: "/nonexistent/world.yaml") }
        #expect(error?.code == .inputOutput)
        #expect(error?.description.contains("/nonexistent/world.yaml") == true)
    }

    @Test func worldThatIsShippedIsValidAndTellsItsStories() async throws {
        let path = #filePath.split(separator: "/").dropLast(5).joined(separator: "/")
        let clock = VirtualClock()
        let world = try SimulatedWorld(try WorldDescription(file: "/\(path)/config/fake-hosts.yaml"), clock: clock)
        let hypervisor = SimulatedHypervisor(world: world)
        let alpha = hypervisor.host(try fakeURI("fake+tcp://alpha/system"))
        let names = try await alpha.domains().map(\.name)
        #expect(Set(names) == ["web", "db", "local", "archive", "legacy", "compute", "build"])
        for (guest, peer, number) in [("local", "beta", 81 as Int32), ("legacy", "beta", 9), ("compute", "gamma", 67)] {
            let uuid = try #require(try await alpha.domain(named: guest)?.uuid)
            let live = LiveTransfer(
                peerURI: "fake+tcp://\(peer)/system", isPersistent: true, allowsUnsafeDisks: false)
            let result = await outcome { () async throws(HypervisorError) in
                try await alpha.migrate(uuid, .live(live), deadline: .seconds(5))
            }
            guard case .failure(let error) = result else {
                Issue.record("\(guest) moved")
                continue
            }
            #expect(error.number == number, "\(guest): \(error)")
        }
        let archive = try #require(try await alpha.domain(named: "archive")?.uuid)
        async let moving: Void = alpha.migrate(
            archive, .offline(OfflineTransfer(peerURI: "fake+tcp://beta/system")), deadline: .seconds(5))
        try await eventually("the offline move") { world.pendingCalls == 1 }
        clock.advance(by: .seconds(1))
        #expect(world.violations().isEmpty)
        try await moving
    }
}
