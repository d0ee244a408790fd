import CIM

/// Reads results one further than they are taken, so that the end is known with the last of them.
struct ResultReader: Sendable {
    private var results: InstanceResults
    private var ahead: LocatedInstance?
    private var hasBegun = false

    init(_ results: InstanceResults) { self.results = results }

    var isAtEnd: Bool { hasBegun && ahead == nil }
    var remaining: Int { results.remaining + (ahead == nil ? 0 : 1) }

    mutating func take(_ count: Int) async throws(CIMError) -> [LocatedInstance] {
        if !hasBegun {
            ahead = try await results.next()
            hasBegun = true
        }
        var taken: [LocatedInstance] = []
        while taken.count < count, let next = ahead {
            taken.append(next)
            ahead = try await results.next()
            if taken.count.isMultiple(of: InstanceResults.madeAtOnce) { await Task.yield() }
        }
        return taken
    }
}
