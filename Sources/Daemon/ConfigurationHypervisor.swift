import Settings

extension Configuration {
    /// The section `hypervisor`: how hosts are reached, and how long a call to one may take.
    package struct HypervisorAccess: Hashable, Sendable {
        package enum Driver: Hashable, Sendable {
            case libvirt
            /// Hosts kept in memory.
            case fake(FakeHosts)
        }

        /// Who keeps the hosts.
        package enum FakeHosts: Hashable, Sendable {
            case thisProcess(FakeWorld)
            /// `migrationd fake-hosts`.
            /// - Parameter socket: where it listens.
            case anotherProcess(socket: String)
        }

        package struct FakeWorld: Hashable, Sendable {
            /// The file that describes the hosts and guests.
            package let file: String
            /// The Unix socket through which a person or a test steers the world; `nil`: none.
            package let controlSocket: String?
            /// How many seconds of the world pass in one second. 1–1000.
            package let speed: Int
        }

        package private(set) var driver = Driver.libvirt
        /// For every call but a migration. 1–3600 s.
        package private(set) var callTimeout = Duration.seconds(35)
        /// 1–600 s.
        package private(set) var connectTimeout = Duration.seconds(10)
        /// Between two keepalive messages to a host that says nothing. 1–600 s.
        package private(set) var keepaliveInterval = Duration.seconds(5)
        /// Keepalive messages without an answer after which a connection is lost. 1–100.
        package private(set) var keepaliveCount = 5
        /// Between two reads of a host's whole inventory, which events otherwise keep up to date. 1–86400 s.
        package private(set) var refreshInterval = Duration.seconds(60)

        init(reading section: SettingsSection, _ paths: ConfigurationPaths, _ surroundings: ConfigurationSurroundings) {
            driver = Self.driver(reading: section, paths, surroundings)
            section.read("callTimeoutSeconds", .seconds(in: 1...3600), into: &callTimeout)
            section.read("connectTimeoutSeconds", .seconds(in: 1...600), into: &connectTimeout)
            if callTimeout < connectTimeout {
                section.reject(
                    "callTimeoutSeconds", .invalid,
                    "shorter than connectTimeoutSeconds, so a slow host is never reached")
            }
            section.read("keepaliveIntervalSeconds", .seconds(in: 1...600), into: &keepaliveInterval)
            section.read("keepaliveCount", .integer(in: 1...100), into: &keepaliveCount)
            section.read("refreshSeconds", .seconds(in: 1...86400), into: &refreshInterval)
        }

        private enum DriverName: String, Sendable, CaseIterable {
            case libvirt, fake
        }

        private static func driver(
            reading section: SettingsSection, _ paths: ConfigurationPaths, _ surroundings: ConfigurationSurroundings
        ) -> Driver {
            var name = DriverName.libvirt
            section.read("driver", .word, into: &name)
            let keys = FakeKeys(reading: section, paths)
            switch name {
            case .libvirt:
                for key in keys.given {
                    section.reject(key, .invalid, "only with the driver 'fake'; remove the key or set the driver")
                }
                return .libvirt
            case .fake:
                return .fake(keys.hosts(section, surroundings))
            }
        }
    }
}

/// The keys of the driver 'fake', as they were read. A value that is there and wrong has been reported as such.
private struct FakeKeys {
    /// What was read; a key that says what goes without saying is not among them.
    private(set) var given: [String]
    private var world: String?
    private var worldSocket: String?
    private var controlSocket: String?
    private var speed = 1

    init(reading section: SettingsSection, _ paths: ConfigurationPaths) {
        section.read("fakeWorld", paths.path, into: &world)
        section.read("fakeWorldSocket", paths.socket, into: &worldSocket)
        section.read("fakeControlSocket", paths.socket, into: &controlSocket)
        section.read("fakeSpeed", .integer(in: 1...1000), into: &speed)
        given = ["fakeWorld", "fakeWorldSocket", "fakeControlSocket"].filter(section.hasValue)
        if speed != 1 { given.append("fakeSpeed") }
    }

    func hosts(
        _ section: SettingsSection, _ surroundings: ConfigurationSurroundings
    ) -> Configuration.HypervisorAccess.FakeHosts {
        guard given.contains("fakeWorldSocket") else { return .thisProcess(keptHere(section, surroundings)) }
        if given.contains("fakeWorld") {
            section.reject("fakeWorldSocket", .invalid, "not together with fakeWorld; remove one of the two")
        }
        for (key, option) in [("fakeControlSocket", "--control"), ("fakeSpeed", "--speed")] where given.contains(key) {
            section.reject(
                key, .invalid, "not together with fakeWorldSocket; remove it and give `migrationd fake-hosts` \(option)"
            )
        }
        return .anotherProcess(socket: worldSocket ?? "")
    }

    private func keptHere(
        _ section: SettingsSection, _ surroundings: ConfigurationSurroundings
    ) -> Configuration.HypervisorAccess.FakeWorld {
        if let world, let reason = surroundings.whyNotFile(world) {
            section.reject("fakeWorld", .invalid, "\(world.quotedForMessage) cannot be read: \(reason)")
        }
        if !given.contains("fakeWorld") {
            section.missing("fakeWorld", reason: "the driver is 'fake' and there is no fakeWorldSocket")
        }
        return Configuration.HypervisorAccess.FakeWorld(file: world ?? "", controlSocket: controlSocket, speed: speed)
    }
}
