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

    package mutating func take(_ statistics: JobStatistics) {
        guard statistics.isActive, let memoryTotal = statistics.memoryTotal, memoryTotal > 0 else { return }
        let memoryRemaining = statistics.memoryRemaining ?? 0
        let diskTotal = statistics.diskTotal ?? 0
        let diskProcessed = min(statistics.diskProcessed ?? 0, diskTotal)
        let (whole, overflow) = memoryTotal.addingReportingOverflow(diskTotal)
        guard !overflow else { return }
        let left = min(memoryRemaining, memoryTotal) + (diskTotal - diskProcessed)
        total = whole
        processed = (statistics.memoryProcessed ?? 0).addingReportingOverflow(diskProcessed).partialValue
        remaining = left
        bytesPerSecond = statistics.memoryBytesPerSecond
        let done = Double(whole - left) / Double(whole) * 100
        percent = max(percent, min(99, UInt16(done)))
    }
}
