import HypervisorAPI

/// How far a transfer is. Never goes back, though the hypervisor's own figures do (memory is sent again).
package struct TransferProgress: Hashable, Sendable, Codable {
    /// 0...99 while under way; the job's end alone makes it 100.
    package private(set) var percent: UInt16
    /// Bytes of memory and disks; `nil` until the hypervisor says.
    package private(set) var total: UInt64?
    package private(set) var processed: UInt64?
    package private(set) var remaining: UInt64?
    package private(set) var bytesPerSecond: UInt64?

    package init() { percent = 0 }

    /// While disks are copied the hypervisor says nothing of memory yet: they alone never count for more than this.
    private static let disksAlone: UInt16 = 50

    package mutating func take(_ statistics: JobStatistics) {
        let memoryTotal = statistics.memoryTotal ?? 0
        let diskTotal = statistics.diskTotal ?? 0
        guard statistics.isActive, memoryTotal > 0 || diskTotal > 0 else { return }
        let diskProcessed = min(statistics.diskProcessed ?? 0, diskTotal)
        let (whole, overflow) = memoryTotal.addingReportingOverflow(diskTotal)
        guard !overflow else { return }
        let left = min(statistics.memoryRemaining ?? 0, memoryTotal) + (diskTotal - diskProcessed)
        total = whole
        processed = (statistics.memoryProcessed ?? 0).addingReportingOverflow(diskProcessed).partialValue
        remaining = left
        bytesPerSecond = statistics.memoryBytesPerSecond
        let done = UInt16(Double(whole - left) / Double(whole) * 100)
        percent = max(percent, memoryTotal > 0 ? min(99, done) : min(Self.disksAlone, done / 2))
    }
}
