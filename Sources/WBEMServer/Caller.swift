/// Who asks, as far as the transport knows.
package struct Caller: Hashable, Sendable {
    /// Effective user of the process that connected; `nil` where the transport cannot tell.
    package var userID: UInt32?
    /// Its groups, the primary one first.
    package var groupIDs: [UInt32]
    package var processID: Int32?

    package init(userID: UInt32? = nil, groupIDs: [UInt32] = [], processID: Int32? = nil) {
        self.userID = userID
        self.groupIDs = groupIDs
        self.processID = processID
    }

    /// For logs and a job's owner; empty when nothing is known.
    package var description: String {
        [userID.map { "uid \($0)" }, groupIDs.first.map { "gid \($0)" }, processID.map { "pid \($0)" }]
            .compactMap { $0 }.joined(separator: ", ")
    }
}

/// What a caller may do; each level may do what those before it may.
package enum AccessLevel: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Reads instances and classes.
    case observer
    /// Has checks carried out; they run programs.
    case checker
    /// Starts and stops migrations.
    case `operator`
    /// Everything, recovery and changes of settings included.
    case admin

    package static func < (lhs: AccessLevel, rhs: AccessLevel) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .observer: 0
        case .checker: 1
        case .operator: 2
        case .admin: 3
        }
    }
}
