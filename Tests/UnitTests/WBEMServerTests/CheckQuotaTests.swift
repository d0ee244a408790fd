import CIM
import Testing

@testable import WBEMServer

@Suite struct CheckQuotaTests {
    private let start = ContinuousClock.now

    private func quota(perMinute: Int, atOnce: Int = 1000) -> CheckQuota {
        CheckQuota(CheckLimits(perMinute: perMinute, atOnce: atOnce))
    }

    @Test func asManyAsAMinuteBringsMayBeginAtOnce() {
        var quota = quota(perMinute: 3)
        #expect((0..<3).allSatisfy { _ in quota.begin(1, at: start) == nil })
        let refusal = quota.begin(1, at: start)
        #expect(refusal?.code == .serverLimitsExceeded)
        #expect(refusal?.message.hasSuffix("(access.checksPerMinute): try again in 20 s.") == true)
        #expect(quota.begin(2, at: start) == nil)
    }

    @Test func whatIsToldIsTrue() {
        var quota = quota(perMinute: 3)
        for _ in 0..<3 { _ = quota.begin(1, at: start) }
        #expect(quota.begin(1, at: start.advanced(by: .milliseconds(19_999))) != nil)
        #expect(quota.begin(1, at: start.advanced(by: .milliseconds(20_001))) == nil)
        #expect(quota.begin(1, at: start.advanced(by: .milliseconds(20_002))) != nil)
    }

    @Test func aBucketNeverHoldsMoreThanItsMinute() {
        var buckets = TokenBuckets(perMinute: 2)
        _ = buckets.take(1, at: start)
        let later = start.advanced(by: .seconds(86_400))
        #expect(buckets.take(1, at: later) == nil)
        #expect(buckets.take(1, at: later) == nil)
        #expect(buckets.take(1, at: later) == 30)
        // A clock that went back gives nothing.
        #expect(buckets.take(1, at: start) == 30)
    }

    @Test func onlySoManyRunAtOnce() {
        var quota = quota(perMinute: 100, atOnce: 2)
        #expect(quota.begin(1, at: start) == nil)
        #expect(quota.begin(1, at: start) == nil)
        let refusal = quota.begin(1, at: start)
        #expect(refusal?.code == .serverLimitsExceeded)
        #expect(refusal?.message.contains("2 checks of uid 1 are running") == true)
        #expect(quota.begin(2, at: start) == nil)
        quota.end(1)
        #expect(quota.begin(1, at: start) == nil)
        quota.end(9)
    }

    @Test func otherLimitsHoldAtOnce() {
        var quota = quota(perMinute: 100, atOnce: 1)
        #expect(quota.begin(1, at: start) == nil)
        quota.change(CheckLimits(perMinute: 1, atOnce: 5))
        #expect(quota.begin(1, at: start) == nil)
        #expect(quota.begin(1, at: start)?.message.contains("try again in 60 s") == true)
    }

    /// One user who appears as many gets no room by appearing as more.
    @Test func theTableIsBoundedAndForgetsOnlyWhatIsFull() {
        var buckets = TokenBuckets(perMinute: 60)
        for user in 0..<UInt32(TokenBuckets.bucketLimit) { #expect(buckets.take(user, at: start) == nil) }
        #expect(buckets.take(5000, at: start) == 60)
        #expect(buckets.take(3, at: start) == nil)
        #expect(buckets.take(5000, at: start.advanced(by: .seconds(1))) == nil)
        #expect(buckets.take(3, at: start.advanced(by: .seconds(1))) == nil)
    }
}
