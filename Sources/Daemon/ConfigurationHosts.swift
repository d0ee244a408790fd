import HypervisorAPI
import Settings

extension Configuration {
    /// An entry of the list `hosts`.
    package struct Host: Hashable, Sendable {
        /// Unique, ignoring case.
        package let name: String
        package let uri: HypervisorURI
        /// Where another host's hypervisor reaches this one; `nil`: nowhere, so nothing can be moved here.
        package private(set) var peerURI: HypervisorURI?
        /// The IP address or host name that memory is sent to; `nil`: the host chooses.
        package private(set) var migrationAddress: String?
        /// The most that a migration to or from this host may use; `nil`: no cap. 1–1000000 MiB/s.
        package private(set) var bandwidthMiBPerSecond: UInt64?
        /// Where the host's QEMU logs lie on this machine; `nil`: they cannot be read here.
        package private(set) var qemuLogDirectory: String?
        /// The host's qemu.conf on this machine; `nil`: it cannot be read here.
        package private(set) var qemuConfiguration: String?

        /// `nil` when the name or the URI is missing or wrong.
        private init?(reading section: SettingsSection, _ paths: ConfigurationPaths) {
            let name = section.require("name", .hostName)
            let uri = section.require("uri", .hypervisorURI)
            peerURI = uri.flatMap { $0.isRemote ? $0 : nil }
            if uri?.isThisMachinesSystem == true {
                qemuLogDirectory = "/var/log/libvirt/qemu"
                qemuConfiguration = "/etc/libvirt/qemu.conf"
            }
            section.read("peerURI", .hypervisorURI, into: &peerURI)
            section.read("migrationAddress", .address, into: &migrationAddress)
            section.read("bandwidthMiBps", .integer(in: 1...1_000_000), into: &bandwidthMiBPerSecond)
            section.read("qemuLogDirectory", paths.path, into: &qemuLogDirectory)
            section.read("qemuConfiguration", paths.path, into: &qemuConfiguration)
            guard let name, let uri else { return nil }
            self.name = name
            self.uri = uri
        }

        static func all(
            reading root: SettingsSection, driver: HypervisorAccess.Driver, _ paths: ConfigurationPaths
        ) -> [Host] {
            var hosts: [Host] = []
            for section in root.sections("hosts", count: 1...1000) {
                guard let host = Host(reading: section, paths) else { continue }
                host.refuseMismatch(in: section, driver: driver)
                host.refuseDuplicates(in: section, among: hosts)
                hosts.append(host)
            }
            return hosts
        }

        private func refuseMismatch(in section: SettingsSection, driver: HypervisorAccess.Driver) {
            let wantsFake = driver != .libvirt
            for (key, given) in [("uri", uri), ("peerURI", peerURI)] {
                guard let given, given.isFake != wantsFake else { continue }
                // The default of peerURI is the URI, which has been told already.
                if key == "peerURI", given == uri { continue }
                let remedy = wantsFake ? "the driver 'fake' has only fake: URIs" : "fake: URIs need the driver 'fake'"
                section.reject(key, .invalid, "\(given.text.quotedForMessage): \(remedy) (hypervisor.driver)")
            }
            if let peerURI, !peerURI.isRemote {
                let reason = "does not name another machine, so no other host can use it"
                section.reject("peerURI", .invalid, "\(peerURI.text.quotedForMessage) \(reason)")
            }
        }

        private func isReached(by uri: HypervisorURI) -> Bool {
            self.uri.isSameConnection(as: uri) || peerURI?.isSameConnection(as: uri) == true
        }

        private func refuseDuplicates(in section: SettingsSection, among others: [Host]) {
            if let twin = others.first(where: { $0.name.lowercased() == name.lowercased() }) {
                let other = twin.name == name ? "" : " (ignoring case: \(twin.name.quotedForMessage))"
                section.reject("name", .invalid, "\(name.quotedForMessage) names another host already\(other)")
            }
            if let twin = others.first(where: { $0.uri.isSameConnection(as: uri) }) {
                let message = "\(uri.text.quotedForMessage) is already the URI of \(twin.name.quotedForMessage)"
                section.reject("uri", .invalid, message)
            }
            // A guest sent to another host than the one that was checked would be a guest lost from sight.
            if let peer = peerURI, peer != uri, let twin = others.first(where: { $0.isReached(by: peer) }) {
                let message = "\(peer.text.quotedForMessage) already leads to \(twin.name.quotedForMessage)"
                section.reject("peerURI", .invalid, message)
            }
        }
    }
}

extension HypervisorURI {
    fileprivate var isFake: Bool { driver == "fake" }

    /// libvirt's QEMU driver of the whole machine, at its usual place: who is behind another socket is not known.
    fileprivate var isThisMachinesSystem: Bool {
        let parameters = query?.split(separator: "&") ?? []
        return driver == "qemu" && host == nil && [nil, "unix"].contains(transport) && path == "/system"
            && !parameters.contains { $0.hasPrefix("socket=") }
    }

    /// Host names are the same in any case; everything else is compared as it stands.
    fileprivate func isSameConnection(as other: HypervisorURI) -> Bool {
        driver == other.driver && transport == other.transport && user == other.user
            && host?.lowercased() == other.host?.lowercased() && port == other.port && path == other.path
            && query == other.query
    }
}

extension SettingsForm<HypervisorURI> {
    /// With any query parameters: who writes the configuration may run commands.
    fileprivate static let hypervisorURI = SettingsForm.text(
        expected: "a connection URI (driver[+transport]://[user@][host][:port]/[path][?query])",
        { HypervisorURI($0) }, show: { $0.text })
}

extension SettingsForm<String> {
    fileprivate static let hostName = SettingsForm.text(
        expected: "a host name (letters, digits and hyphens, in parts separated by dots)",
        { ConfigurationNames.isHostName($0) ? $0 : nil }, show: { $0 })

    fileprivate static let address = SettingsForm.text(
        expected: "an IP address without brackets, or a host name", { ConfigurationNames.isAddress($0) ? $0 : nil },
        show: { $0 })
}
