/// A domain job's figures. Bytes, milliseconds; `nil` where the hypervisor does not say. Source: libvirt
/// `virDomainGetJobStats`.
package struct JobStatistics: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case none, bounded, unbounded, completed, failed, cancelled
    }

    package var kind: Kind
    package var elapsedMilliseconds: UInt64?
    package var remainingMilliseconds: UInt64?
    package var downtimeMilliseconds: UInt64?
    package var memoryTotal: UInt64?
    package var memoryProcessed: UInt64?
    package var memoryRemaining: UInt64?
    package var memoryBytesPerSecond: UInt64?
    package var memoryDirtyPagesPerSecond: UInt64?
    package var memoryIteration: UInt64?
    package var diskTotal: UInt64?
    package var diskProcessed: UInt64?

    package init(kind: Kind) { self.kind = kind }

    package static let none = JobStatistics(kind: .none)

    /// Whether a job is under way.
    package var isActive: Bool { kind == .bounded || kind == .unbounded }
}
