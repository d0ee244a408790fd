import CIM
import Testing

@testable import WBEMServer

@Suite struct AccessPolicyTests {
    private static let policy = AccessPolicy(
        grants: [
            .observer: AccessPolicy.Grant(users: [11], groups: [21]),
            .checker: AccessPolicy.Grant(users: [12], groups: [22]),
            .operator: AccessPolicy.Grant(users: [13], groups: [23]),
            .admin: AccessPolicy.Grant(users: [14], groups: [24]),
        ], ownUser: 7)

    private func demand(_ kind: AccessDemand.Kind, _ level: AccessLevel) -> AccessDemand {
        AccessDemand(kind: kind, level: level, operation: "Act")
    }

    @Test(
        arguments: [
            (0, [], .admin), (7, [], .admin), (11, [], .observer), (12, [], .checker), (13, [], .operator),
            (14, [], .admin), (99, [21], .observer), (99, [5, 22], .checker), (99, [5, 6, 23], .operator),
            (99, [24, 5], .admin), (11, [23, 22], .operator), (14, [21], .admin), (99, [], nil), (99, [11, 12], nil),
            (21, [5], nil),
        ] as [(UInt32, [UInt32], AccessLevel?)])
    func theHighestLevelThatIsGivenCounts(_ user: UInt32, _ groups: [UInt32], _ level: AccessLevel?) {
        #expect(Self.policy.level(of: Caller(userID: user, groupIDs: groups)) == level)
    }

    @Test func everyoneIsWhoeverIsKnown() {
        var policy = Self.policy
        policy.everyone = .observer
        #expect(policy.level(of: Caller(userID: 99)) == .observer)
        #expect(policy.level(of: Caller(userID: 12)) == .checker)
        #expect(policy.level(of: Caller(userID: nil)) == nil)
        #expect(policy.level(of: Caller(userID: nil, groupIDs: [24])) == nil)
    }

    /// Level by kind of operation and by what it needs: all there are.
    @Test(arguments: AccessDemand.Kind.allCases, AccessLevel.allCases)
    func aLevelMayDoWhatItAndThoseBeforeItMay(_ kind: AccessDemand.Kind, _ needed: AccessLevel) {
        let levels: [(UInt32, AccessLevel)] = [(11, .observer), (12, .checker), (13, .operator), (14, .admin)]
        for (user, level) in levels {
            let refusal = Self.policy.refusal(of: Caller(userID: user), asking: demand(kind, needed))
            #expect((refusal == nil) == (level >= needed))
            if let refusal {
                #expect(refusal.code == .accessDenied)
                #expect(
                    refusal.message.hasPrefix(
                        "uid \(user) has the role \(level.rawValue) here; Act needs the role \(needed.rawValue), "
                            + "which access.\(needed.rawValue) of"))
            }
        }
    }

    @Test func whoHasNoLevelIsAlwaysToldTheSame() {
        let refusals = AccessDemand.Kind.allCases.flatMap { kind in
            AccessLevel.allCases.map { level in
                Self.policy.refusal(of: Caller(userID: 99), asking: demand(kind, level))
            }
        }
        #expect(refusals.allSatisfy { $0?.code == .accessDenied })
        #expect(Set(refusals.map { $0?.message }).count == 1)
        #expect(refusals[0]?.message.contains("uid 99 has no role here") == true)
        let unknown = Self.policy.refusal(of: Caller(), asking: demand(.read, .observer))
        #expect(unknown?.code == .accessDenied)
        #expect(unknown?.message.contains("is not known here") == true)
    }
}
