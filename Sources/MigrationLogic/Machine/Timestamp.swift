/// A point in time on the wall clock: what journals, job instances and people are shown. Never used to
/// measure: deadlines are durations that the driver's own clock counts.
package struct Timestamp: Hashable, Sendable, Codable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.microseconds < rhs.microseconds }

    /// Microseconds from `earlier` to this; negative when the clock was set back in between.
    package func microseconds(since earlier: Timestamp) -> Int64 { microseconds - earlier.microseconds }
}
