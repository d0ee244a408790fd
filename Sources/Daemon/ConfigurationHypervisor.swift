import Settings

extension Configuration {
    /// The section `hypervisor`: how hosts are reached, and how long a call to one may take.
    package struct HypervisorAccess: Hashable, Sendable {
        package enum Driver: Hashable, Sendable {
            case libvirt
            /// Hosts kept in memory.
            case fake(FakeWorld)
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
            var world: String?
            var controlSocket: String?
            var speed = 1
            section.read("driver", .word, into: &name)
            section.read("fakeWorld", paths.path, into: &world)
            section.read("fakeControlSocket", paths.socket, into: &controlSocket)
            section.read("fakeSpeed", .integer(in: 1...1000), into: &speed)
            switch name {
            case .libvirt:
                for (key, value) in [("fakeWorld", world), ("fakeControlSocket", controlSocket)] where value != nil {
                    section.reject(key, .invalid, "only with the driver 'fake'; remove the key or set the driver")
                }
                return .libvirt
            case .fake:
                if let world, let reason = surroundings.whyNotFile(world) {
                    section.reject("fakeWorld", .invalid, "\(world.quotedForMessage) cannot be read: \(reason)")
                }
                // A value that is there and wrong has been reported as such.
                if !section.hasValue("fakeWorld") { section.missing("fakeWorld", reason: "the driver is 'fake'") }
                return .fake(FakeWorld(file: world ?? "", controlSocket: controlSocket, speed: speed))
            }
        }
    }
}
