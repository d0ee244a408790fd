import CIM

/// Who has which level, by user and group; root and the server's own user have all.
package struct AccessPolicy: Hashable, Sendable {
    /// The users and groups that a level is given to.
    package struct Grant: Hashable, Sendable {
        package var users: Set<UInt32>
        package var groups: Set<UInt32>

        package init(users: Set<UInt32> = [], groups: Set<UInt32> = []) {
            self.users = users
            self.groups = groups
        }
    }

    package var grants: [AccessLevel: Grant]
    /// What everybody has whom the kernel names; `nil`: nothing.
    package var everyone: AccessLevel?
    /// The user that the server runs as.
    package var ownUser: UInt32

    package init(grants: [AccessLevel: Grant] = [:], everyone: AccessLevel? = nil, ownUser: UInt32) {
        self.grants = grants
        self.everyone = everyone
        self.ownUser = ownUser
    }

    /// The highest level that is given to a caller's user or to one of its groups; `nil`: none. Who is not known has none.
    package func level(of caller: Caller) -> AccessLevel? {
        guard let user = caller.userID else { return nil }
        if user == 0 || user == ownUser { return .admin }
        let given = grants.filter { _, grant in
            grant.users.contains(user) || !grant.groups.isDisjoint(with: caller.groupIDs)
        }
        return (given.keys + [everyone].compactMap { $0 }).max()
    }

    /// Why a caller may not do what it asks for; `nil`: it may.
    ///
    /// Who has no level is always told the same: nothing is learnt of what there is.
    func refusal(of caller: Caller, asking demand: AccessDemand) -> CIMError? {
        let who = caller.userID.map { "uid \($0)" } ?? "Who asks"
        guard let level = level(of: caller) else {
            let keys = AccessLevel.allCases.map { "access.\($0.rawValue)" }.joined(separator: ", ")
            return CIMError(
                .accessDenied,
                caller.userID == nil
                    ? "\(who) is not known here: the system did not tell which user it is."
                    : "\(who) has no role here. One is given in the server's configuration (\(keys)).")
        }
        guard level < demand.level else { return nil }
        return CIMError(
            .accessDenied,
            "\(who) has the role \(level.rawValue) here; \(demand.operation) needs the role \(demand.level.rawValue), "
                + "which access.\(demand.level.rawValue) of the server's configuration gives to users and groups.")
    }
}
