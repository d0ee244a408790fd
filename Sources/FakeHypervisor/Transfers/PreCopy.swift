import HypervisorAPI

/// A running guest on its way: first the disks that are copied, then its memory, in iterations that each send what the
/// one before it left and what the guest wrote meanwhile, until the rest fits into the downtime that is allowed.
/// Amounts are MiB, rates MiB/s.
struct PreCopy: Sendable {
    enum Next: Hashable, Sendable {
        case anotherIteration
        /// The rest fits: suspend the guest and send it.
        case switchover
    }

    /// QEMU's default.
    static let downtimeLimit = Duration.milliseconds(300)
    /// The least that a switchover takes.
    static let leastDowntime = Duration.milliseconds(10)

    /// Of the disks that are copied.
    let disks: Double
    private(set) var remainingDisks: Double
    let memory: Double
    private(set) var dirtyRate: Double
    private(set) var workingSet: Double
    private(set) var bandwidth = 0.0
    private(set) var iteration: UInt64 = 1
    private(set) var sent = 0.0
    /// Of this iteration.
    private(set) var remaining: Double
    /// Written by the guest since the iteration began.
    private(set) var dirtied = 0.0
    private var accruedUntil: Duration

    init(_ hardware: Hardware, copiedDisks: [String] = [], at now: Duration) {
        let copied = hardware.disks.filter { copiedDisks.contains($0.target) }
        disks = Double(copied.reduce(0) { $0 + $1.sizeMiB })
        remainingDisks = disks
        memory = Double(hardware.memoryMiB)
        dirtyRate = hardware.dirtyMiBPerSecond
        workingSet = hardware.workingSetMiB
        remaining = memory
        accruedUntil = now
    }

    /// How long the rest of the disks, or after them of this iteration, takes; `nil` when nothing is sent.
    var timeLeft: Duration? {
        bandwidth > 0 ? .seconds((remainingDisks > 0 ? remainingDisks : remaining) / bandwidth) : nil
    }

    mutating func accrue(to now: Duration) {
        let seconds = max(.zero, now - accruedUntil) / .seconds(1)
        accruedUntil = max(now, accruedUntil)
        if remainingDisks > 0 {
            // What the guest writes to a copied disk goes along with it, and what it writes to its memory is not
            // sent yet.
            remainingDisks -= min(remainingDisks, bandwidth * seconds)
            return
        }
        let moved = min(remaining, bandwidth * seconds)
        sent += moved
        remaining -= moved
        dirtied = min(workingSet, dirtied + dirtyRate * seconds)
    }

    mutating func setBandwidth(_ bandwidth: Double, at now: Duration) {
        accrue(to: now)
        self.bandwidth = bandwidth
    }

    mutating func setDirtying(rate: Double, workingSet: Double, at now: Duration) {
        accrue(to: now)
        dirtyRate = rate
        self.workingSet = workingSet
    }

    /// Ends the copy of the disks or the iteration, however little rounding left of it.
    mutating func endIteration(at now: Duration) -> Next {
        let sentDisks = remainingDisks > 0
        accrue(to: now)
        if sentDisks {
            remainingDisks = 0
            return .anotherIteration
        }
        sent += remaining
        remaining = dirtied
        dirtied = 0
        let fits = remaining <= bandwidth * (Self.downtimeLimit / .seconds(1))
        if !fits { iteration += 1 }
        return fits ? .switchover : .anotherIteration
    }

    /// The figures as libvirt would report them now: of the memory it says nothing but zeros until the disks are there.
    func statistics(elapsed: Duration) -> JobStatistics {
        var statistics = JobStatistics(kind: .unbounded)
        statistics.elapsedMilliseconds = Self.milliseconds(elapsed)
        statistics.diskTotal = Self.bytes(disks)
        statistics.diskProcessed = Self.bytes(disks - remainingDisks)
        if remainingDisks > 0 {
            statistics.memoryTotal = 0
            statistics.memoryProcessed = 0
            statistics.memoryRemaining = 0
            return statistics
        }
        statistics.remainingMilliseconds = timeLeft.map(Self.milliseconds)
        statistics.downtimeMilliseconds = timeLeft.map(Self.milliseconds)
        statistics.memoryTotal = Self.bytes(memory)
        statistics.memoryProcessed = Self.bytes(sent)
        statistics.memoryRemaining = Self.bytes(remaining)
        statistics.memoryBytesPerSecond = Self.bytes(bandwidth)
        statistics.memoryDirtyPagesPerSecond = UInt64(dirtyRate * 256)
        statistics.memoryIteration = iteration
        return statistics
    }

    private static func bytes(_ mebibytes: Double) -> UInt64 { UInt64(mebibytes * 1_048_576) }

    private static func milliseconds(_ duration: Duration) -> UInt64 { UInt64(max(0, duration / .milliseconds(1))) }
}
