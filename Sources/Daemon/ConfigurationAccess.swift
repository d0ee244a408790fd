import HTTPTransport
import Settings
import WBEMServer

extension Configuration {
    /// The section `access`: who may do what.
    package struct Access: Hashable, Sendable {
        /// A user or a group, found when the configuration was read.
        package struct Account: Hashable, Sendable {
            /// As the file has it: a name, or the number itself.
            package let text: String
            package let id: UInt32
        }

        package struct Role: Hashable, Sendable {
            package var users: [Account] = []
            package var groups: [Account] = []

            var grant: AccessPolicy.Grant { AccessPolicy.Grant(users: ids(users), groups: ids(groups)) }

            private func ids(_ accounts: [Account]) -> Set<UInt32> { Set(accounts.map(\.id)) }
        }

        package enum Everyone: String, Hashable, Sendable, CaseIterable {
            case none, observer
        }

        /// What a reload changes.
        package struct Rules: Hashable, Sendable {
            package fileprivate(set) var roles: [AccessLevel: Role] = [:]
            /// What everybody on the machine has.
            package fileprivate(set) var everyone = Everyone.none
            /// Checks that one checker may start within a minute. 1–6000.
            package fileprivate(set) var checksPerMinute = 30
            /// Checks of one checker at once. 1–1000.
            package fileprivate(set) var checksAtOnce = 4
            /// The group whose members may connect, and nobody else; `nil`: as the roles need it.
            package fileprivate(set) var socketGroup: Account?
        }

        package private(set) var rules = Rules()
        /// Where calls and refusals are written down; `nil`: in the ordinary log.
        package private(set) var auditLog: String?

        init(
            reading section: SettingsSection, _ paths: ConfigurationPaths, _ surroundings: ConfigurationSurroundings,
            stateDirectory: String
        ) {
            auditLog = "\(stateDirectory)/audit.log"
            let user = SettingsForm.account("user", surroundings.userID)
            let group = SettingsForm.account("group", surroundings.groupID)
            for level in AccessLevel.allCases {
                let role = section.section(level.rawValue)
                var members = Role()
                role.read("users", listOf: user, into: &members.users)
                role.read("groups", listOf: group, into: &members.groups)
                rules.roles[level] = members
            }
            section.read("everyone", .word, into: &rules.everyone)
            section.read("checksPerMinute", .integer(in: 1...6000), into: &rules.checksPerMinute)
            section.read("checksAtOnce", .integer(in: 1...1000), into: &rules.checksAtOnce)
            section.read("socketGroup", group, into: &rules.socketGroup)
            // Unlike other paths this one starts at the state directory: moving that moves the log along.
            let state = ConfigurationPaths(fileDirectory: stateDirectory, workingDirectory: paths.workingDirectory)
            section.read("auditLog", state.path, into: &auditLog)
        }

        /// This section with what may change while the daemon runs taken from another.
        func reloaded(from other: Access) -> Access {
            var access = self
            access.rules = other.rules
            return access
        }
    }
}

// MARK: - In the terms of the server

extension Configuration.Access.Rules {
    /// - Parameter ownUser: the user that the daemon runs as.
    package func policy(ownUser: UInt32) -> AccessPolicy {
        AccessPolicy(
            grants: roles.mapValues(\.grant), everyone: everyone == .observer ? .observer : nil, ownUser: ownUser)
    }

    package var checkLimits: CheckLimits { CheckLimits(perMinute: checksPerMinute, atOnce: checksAtOnce) }

    /// Whom the socket's mode lets in: exactly those with a role, as far as a mode can say it.
    /// - Parameter ownUser: the user that the daemon runs as; it and root need no permission.
    package func socketAccess(ownUser: UInt32) -> UnixSocketAccess {
        if let socketGroup { return .group(socketGroup.id) }
        if everyone == .observer { return .everyone }
        let users = Set(roles.values.flatMap(\.users).map(\.id)).subtracting([0, ownUser])
        let groups = Set(roles.values.flatMap(\.groups).map(\.id))
        guard users.isEmpty, groups.count <= 1 else { return .everyone }
        return groups.first.map { .group($0) } ?? .owner
    }
}

extension SettingsForm<Configuration.Access.Account> {
    /// A name, which must be known here, or a number, which is taken as it is.
    /// - Parameters:
    ///   - kind: `user` or `group`.
    ///   - find: the number of a name.
    fileprivate static func account(
        _ kind: String, _ find: @escaping @Sendable (String) -> Result<UInt32, AccountFault>
    ) -> SettingsForm {
        let name = SettingsForm<String>.text(expected: "the name or the number of a \(kind)", { $0 }, show: { $0 })
        // The highest number stands for nobody (chown(2)).
        let number = SettingsForm<UInt32>.integer(in: 0...(.max - 1))
        return SettingsForm(
            expected: name.expected,
            parse: { scalar in
                if scalar.style != .quoted, !scalar.text.isEmpty,
                    scalar.text.utf8.allSatisfy(ConfigurationNames.isDigit)
                {
                    return number.parse(scalar).map { Configuration.Access.Account(text: "\($0)", id: $0) }
                }
                return name.parse(scalar).flatMap { text in
                    find(text).map { Configuration.Access.Account(text: text, id: $0) }.mapError { fault in
                        SettingsFault(.invalid, "\(text.quotedForMessage): \(fault.reason)")
                    }
                }
            }, show: \.text)
    }
}
