import Daemon
import HTTPTransport
import Settings
import Testing
import WBEMServer

@Suite struct ConfigurationAccessTests {
    private func access(_ text: String) throws -> Configuration.Access {
        try configuration("access: {\(text)}\n" + oneHost).access
    }

    @Test func nobodyButRootUnlessGiven() throws {
        let access = try configuration(oneHost).access
        let policy = access.rules.policy(ownUser: 7)
        #expect(policy.level(of: Caller(userID: 0)) == .admin)
        #expect(policy.level(of: Caller(userID: 7)) == .admin)
        #expect(policy.level(of: Caller(userID: 1000, groupIDs: [0])) == nil)
        #expect(access.rules.checkLimits == CheckLimits(perMinute: 30, atOnce: 4))
        #expect(access.rules.socketAccess(ownUser: 7) == .owner)
        #expect(access.auditLog == "/var/lib/migrationd/audit.log")
    }

    @Test func namesAndNumbersAreUsersAndGroups() throws {
        let policy = try access(
            """
            observer: {users: [alice, 1500], groups: []}, checker: {groups: [libvirt]},
            operator: {users: [bob], groups: [700]}, admin: {users: [1600]}, everyone: observer
            """
        ).rules.policy(ownUser: 7)
        #expect(
            policy
                == AccessPolicy(
                    grants: [
                        .observer: AccessPolicy.Grant(users: [1001, 1500]),
                        .checker: AccessPolicy.Grant(groups: [101]),
                        .operator: AccessPolicy.Grant(users: [1002], groups: [700]),
                        .admin: AccessPolicy.Grant(users: [1600]),
                    ], everyone: .observer, ownUser: 7))
    }

    @Test func unknownNamesAreTold() {
        let text = """
            access:
              observer: {users: [alice, no-such-user]}
              operator:
                groups:
                  - libvirt
                  - no-such-group
              socketGroup: no-such

            """
        #expect(
            configurationProblems(text + oneHost) == [
                "migrationd.yaml:2:29: error: access.observer.users[1]: 'no-such-user': no-such-user is not here",
                "migrationd.yaml:6:9: error: access.operator.groups[1]: 'no-such-group': no-such-group is not here",
                "migrationd.yaml:7:16: error: access.socketGroup: 'no-such': no-such is not here",
            ])
    }

    @Test(arguments: [
        ("observer: {users: [4294967295]}", "is out of range"),
        ("observer: {users: [-1]}", "expected the name or the number"),
        ("observer: {users: alice}", "expected a list"), ("observer: {user: [alice]}", "user"),
        ("everyone: operator", "is not one of none, observer"), ("checksPerMinute: 0", "out of range"),
        ("checksAtOnce: 1001", "out of range"), ("observers: {}", "observers"), ("observer: [alice]", "section"),
        ("observer: {users: [null]}", "expected the name or the number"),
        ("observer: {users: [007]}", "leading zero"),
    ])
    func mistakesAreTold(_ text: String, _ part: String) {
        let found = configurationProblems("access: {\(text)}\n" + oneHost)
        #expect(found.count == 1)
        #expect(found.first?.contains(part) == true)
    }

    /// The mode lets in those with a role, and others only where no mode can tell them apart.
    @Test(
        arguments: [
            ("", .owner), ("observer: {users: [0, 7]}", .owner), ("observer: {groups: [libvirt]}", .group(101)),
            ("observer: {groups: [libvirt]}, admin: {groups: [101]}", .group(101)),
            ("observer: {groups: [libvirt]}, admin: {groups: [ops]}", .everyone),
            ("operator: {users: [alice]}", .everyone),
            ("operator: {users: [alice], groups: [ops]}", .everyone), ("everyone: observer", .everyone),
            ("everyone: observer, socketGroup: ops", .group(102)), ("socketGroup: 55", .group(55)),
        ] as [(String, UnixSocketAccess)])
    func theSocketIsOpenForThoseWithARole(_ text: String, _ expected: UnixSocketAccess) throws {
        #expect(try access(text).rules.socketAccess(ownUser: 7) == expected)
    }

    @Test func theAuditLogLiesInTheStateDirectory() throws {
        let state = "daemon: {stateDirectory: /srv/m}\n" + oneHost
        #expect(try configuration(state).access.auditLog == "/srv/m/audit.log")
        #expect(try configuration("access: {auditLog: a/b.log}\n" + state).access.auditLog == "/srv/m/a/b.log")
        #expect(try configuration("access: {auditLog: /var/log/m.log}\n" + state).access.auditLog == "/var/log/m.log")
        #expect(try configuration("access: {auditLog: null}\n" + state).access.auditLog == nil)
    }

    @Test func whatIsInForceIsShown() throws {
        let found = try configuration("access: {checker: {users: [alice, 1500]}}\n" + oneHost).describe()
        #expect(found.first { $0.key == "access.checker.users" }?.value == "[alice, 1500]")
        #expect(found.first { $0.key == "access.checker.groups" }?.value == "[]")
    }
}
