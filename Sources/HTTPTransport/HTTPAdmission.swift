/// Who may start now: at most `running` at once, at most `waiting` in line, first come first served.
struct HTTPAdmission<Ticket: Sendable>: Sendable {
    enum Decision: Sendable, Hashable {
        case start
        case wait
        /// The line is full.
        case refuse
    }

    private let runningLimit: Int
    private let waitingLimit: Int
    private(set) var running = 0
    private var line: [Ticket] = []
    /// Tickets before this index have left the line; removed in one go, so that leaving costs little.
    private var left = 0

    var waiting: Int { line.count - left }

    init(running: Int, waiting: Int) {
        runningLimit = running
        waitingLimit = waiting
    }

    mutating func arrive(_ ticket: Ticket) -> Decision {
        if running < runningLimit {
            running += 1
            return .start
        }
        guard waiting < waitingLimit else { return .refuse }
        line.append(ticket)
        return .wait
    }

    /// One has ended, or gives up its place for a while; returns the one that takes it.
    mutating func leave() -> Ticket? {
        running -= 1
        guard waiting > 0, running < runningLimit else { return nil }
        running += 1
        let next = line[left]
        left += 1
        if left > waitingLimit || left == line.count {
            line.removeFirst(left)
            left = 0
        }
        return next
    }

    /// One that had left goes on. It has been begun, so it does not wait again: for a moment more than the limit may
    /// run, and nobody follows until there are fewer.
    mutating func comeBack() { running += 1 }

    mutating func removeWaiting() {
        line = []
        left = 0
    }
}
