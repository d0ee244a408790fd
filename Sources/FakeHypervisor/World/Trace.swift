import HypervisorAPI

/// Something that happened in the world, whether or not anybody was told.
package struct TraceEntry: Hashable, Sendable {
    /// 1, 2, 3, ...
    package let number: UInt64
    /// The world's time since it began.
    package let time: Duration
    package let host: String
    /// `nil` for what happens to the host itself.
    package let guest: String?
    /// In the words of `EventName`, or a command's name.
    package let what: String

    /// One line, the same for the same history.
    package var text: String {
        "\(number) \(Self.seconds(time)) \(host) \(guest ?? "-") \(what)"
    }

    private static func seconds(_ time: Duration) -> String {
        let milliseconds = UInt64(max(0, time / .milliseconds(1)))
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }
}

/// The newest of what happened.
struct Trace: Sendable {
    static let bound = 20_000

    private(set) var entries: [TraceEntry] = []
    private(set) var lastNumber: UInt64 = 0

    mutating func add(time: Duration, host: String, guest: String?, _ what: String) -> TraceEntry {
        lastNumber += 1
        let entry = TraceEntry(number: lastNumber, time: time, host: host, guest: guest, what: what)
        entries.append(entry)
        if entries.count > Self.bound { entries.removeFirst(Self.bound / 4) }
        return entry
    }

    func after(_ number: UInt64) -> ArraySlice<TraceEntry> {
        let start = entries.firstIndex { $0.number > number } ?? entries.endIndex
        return entries[start...]
    }
}

/// The words for domain events in traces and control commands.
package enum EventName {
    package static let all = [
        "defined", "undefined", "started", "started/migrated", "suspended", "suspended/migrated", "resumed",
        "resumed/migrated", "stopped", "stopped/migrated", "shutDown", "crashed", "powerManagementSuspended",
        "jobCompleted",
    ]

    package static func text(_ event: DomainEvent) -> String {
        switch event {
        case .defined: "defined"
        case .undefined: "undefined"
        case .started(let migrated): named("started", migrated)
        case .suspended(let migrated): named("suspended", migrated)
        case .resumed(let migrated): named("resumed", migrated)
        case .stopped(let migrated): named("stopped", migrated)
        case .shutDown: "shutDown"
        case .crashed: "crashed"
        case .powerManagementSuspended: "powerManagementSuspended"
        case .jobCompleted: "jobCompleted"
        }
    }

    private static func named(_ name: String, _ migrated: Bool) -> String { migrated ? "\(name)/migrated" : name }
}
