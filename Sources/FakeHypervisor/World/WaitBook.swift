/// Which entries of the trace somebody waits for; what is `nil` may be anything.
package struct TracePattern: Hashable, Sendable {
    package var host: String?
    package var guest: String?
    package var what: String?

    package init(host: String? = nil, guest: String? = nil, what: String? = nil) {
        self.host = host
        self.guest = guest
        self.what = what
    }

    package func matches(_ entry: TraceEntry) -> Bool {
        (host == nil || host == entry.host) && (guest == nil || guest == entry.guest)
            && (what == nil || what == entry.what)
    }
}

struct WaitID: Hashable, Comparable, Sendable {
    let number: UInt64
    static func < (lhs: WaitID, rhs: WaitID) -> Bool { lhs.number < rhs.number }
}

/// Who waits for what in the trace.
struct WaitBook: Sendable {
    typealias Completion = @Sendable (Result<TraceEntry, SimulationError>) -> Void

    private struct Wait: Sendable {
        let id: WaitID
        let pattern: TracePattern
        let completion: Completion
    }

    private var waits: [Wait] = []
    private var lastNumber: UInt64 = 0

    var count: Int { waits.count }

    mutating func add(_ pattern: TracePattern, _ completion: @escaping Completion) -> WaitID {
        lastNumber += 1
        let id = WaitID(number: lastNumber)
        waits.append(Wait(id: id, pattern: pattern, completion: completion))
        return id
    }

    mutating func notice(_ entry: TraceEntry) {
        for wait in waits where wait.pattern.matches(entry) { wait.completion(.success(entry)) }
        waits.removeAll { $0.pattern.matches(entry) }
    }

    mutating func expire(_ id: WaitID) {
        end(id, SimulationError(.deadlinePassed, "it did not happen in time", remedy: "look at `trace` for what did"))
    }

    /// Nobody waits any more.
    mutating func cancel(_ id: WaitID) {
        end(id, SimulationError(.deadlinePassed, "the wait was cancelled", remedy: "wait again"))
    }

    private mutating func end(_ id: WaitID, _ error: SimulationError) {
        guard let place = waits.firstIndex(where: { $0.id == id }) else { return }
        waits.remove(at: place).completion(.failure(error))
    }
}
