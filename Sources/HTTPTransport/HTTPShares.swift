/// How much of one limited thing every user holds, and whether a user may have more of it.
///
/// A user's share is half, rounded up, so that no single one keeps out all others. Privileged users have no share: they
/// may hold all. Peers that the kernel did not name are one user together.
struct HTTPShares: Sendable {
    enum Room: Sendable, Hashable {
        case free
        /// There is more, but not for this user.
        case shareTaken
        case allTaken
    }

    let limit: Int
    private let privileged: Set<UInt32>
    private var held: [UInt32?: Int] = [:]
    private(set) var total = 0

    init(limit: Int, privileged: Set<UInt32>) {
        self.limit = limit
        self.privileged = privileged
    }

    var share: Int { limit / 2 + limit % 2 }

    func held(by user: UInt32?) -> Int { held[user] ?? 0 }

    /// Whether the limits hold when the user gets `amount` more; with 0, whether they hold now.
    func room(for amount: Int, of user: UInt32?) -> Room {
        if total + amount > limit { return .allTaken }
        return isPrivileged(user) || held(by: user) + amount <= share ? .free : .shareTaken
    }

    /// Counts what a user has got, or given back; whether there is room for it is not asked.
    mutating func add(_ amount: Int, to user: UInt32?) {
        guard amount != 0 else { return }
        total += amount
        let now = held(by: user) + amount
        // Users come and go: only those who hold something are remembered.
        held[user] = now == 0 ? nil : now
    }

    private func isPrivileged(_ user: UInt32?) -> Bool { user.map(privileged.contains) ?? false }
}
