/// How often each user may do something: a bucket of tokens for each, which fills up again at a steady rate. Bounded:
/// only buckets that are not full are kept.
struct TokenBuckets: Sendable {
    /// One group's members can appear as very many users (user_namespaces(7)), so a bucket that is not full is never
    /// forgotten for another's sake: who finds no room waits.
    static let bucketLimit = 1024

    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    /// The tokens of a full bucket, and those that one minute brings. At least 1.
    var perMinute: Int
    private var buckets: [UInt32: Bucket] = [:]

    init(perMinute: Int) { self.perMinute = perMinute }

    /// Takes a token of a user.
    /// - Returns: `nil` when there was one; else the seconds until there is, at least 1.
    mutating func take(_ user: UInt32, at now: ContinuousClock.Instant) -> Int? {
        if buckets[user] == nil, buckets.count >= Self.bucketLimit {
            buckets = buckets.filter { tokens(in: $0.value, at: now) < Double(perMinute) }
            if buckets.count >= Self.bucketLimit { return 60 }
        }
        let held = buckets[user].map { tokens(in: $0, at: now) } ?? Double(perMinute)
        guard held >= 1 else {
            let wait = (1 - held) * 60 / Double(perMinute)
            return max(1, Int(wait.rounded(.up)))
        }
        buckets[user] = Bucket(tokens: held - 1, at: now)
        return nil
    }

    private func tokens(in bucket: Bucket, at now: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (now - bucket.at).components
        let passed = max(0, Double(seconds) + Double(attoseconds) * 1e-18)
        return min(Double(perMinute), bucket.tokens + passed * Double(perMinute) / 60)
    }
}
