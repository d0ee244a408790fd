import Settings

extension Configuration {
    /// The section `migration`: what may be moved where, and how long it may take.
    package struct Migration: Hashable, Sendable {
        package enum Transport: String, Hashable, Sendable, CaseIterable {
            case ssh, tls, tcp
        }

        /// Whether a client may name a destination that is not in `hosts`.
        package private(set) var allowsUnlistedHosts = false
        /// How such a destination is reached.
        package private(set) var unlistedTransport = Transport.ssh
        /// Directories that every host sees alike: absolute, without trailing slash. A disk below one needs no copy.
        package private(set) var sharedPaths: [String] = []
        /// For the transfer of one guest. 10 s to 7 days.
        package private(set) var transferDeadline = Duration.seconds(14400)
        /// For finding out where the guest runs, once the transfer is over. 1–3600 s.
        package private(set) var verifyDeadline = Duration.seconds(120)
        /// Between two looks at both hosts. 1–60 s.
        package private(set) var verifyRetryInterval = Duration.seconds(2)
        /// How long a guest must be seen at the source before a transfer whose call never came back (a restart, a lost
        /// connection) counts as not done. 1–600 s; libvirt may hold such a call for 30 s.
        package private(set) var sourceProofTime = Duration.seconds(35)

        init(reading section: SettingsSection) {
            section.read("allowUnlistedHosts", .boolean, into: &allowsUnlistedHosts)
            section.read("unlistedTransport", .word, into: &unlistedTransport)
            section.read("sharedPaths", listOf: .sharedPath, into: &sharedPaths)
            section.read("transferDeadlineSeconds", .seconds(in: 10...604_800), into: &transferDeadline)
            section.read("verifyDeadlineSeconds", .seconds(in: 1...3600), into: &verifyDeadline)
            section.read("verifyRetrySeconds", .seconds(in: 1...60), into: &verifyRetryInterval)
            section.read("sourceProofSeconds", .seconds(in: 1...600), into: &sourceProofTime)
            if verifyRetryInterval > verifyDeadline {
                section.reject(
                    "verifyRetrySeconds", .invalid, "longer than verifyDeadlineSeconds, so nothing is verified")
            }
        }
    }
}

extension SettingsForm<String> {
    /// A guest's disks are compared with it as text, so it must be written as libvirt shows paths: in full.
    fileprivate static let sharedPath = SettingsForm.text(
        expected:
            "a directory as an absolute path without '.', '..' or doubled or trailing slashes, and not '/' itself",
        { path in
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > 1, parts[0].isEmpty else { return nil }
            return parts.dropFirst().allSatisfy { !["", ".", ".."].contains($0) } ? path : nil
        }, show: { $0 })
}
