import HypervisorAPI

typealias CallID = UInt64

/// A call that someone awaits.
struct PendingCall<Link: Sendable>: Sendable {
    let id: CallID
    /// In the C library's terms, for messages.
    let name: String
    /// Goes before the others, and may take what is reserved for such calls.
    let isUrgent: Bool
    /// Ends the wait without an answer.
    let fail: @Sendable (CallEnd) -> Void
    /// Makes the call, on a thread of its own. At its end it calls the function it was given, with the error if
    /// there was one; that answers whether anyone still waits.
    let run: @Sendable (Link, _ ended: (HypervisorError?) -> Bool) -> Void
    let stopTimer: @Sendable () -> Void
}

/// One connection to a host and the calls that use it, as a value: what happened goes in, what is to be done comes
/// out, and `Connection` does it.
///
///     closed ──submit──► opening ──opened──► open ──lost──► closed
///                           └────openFailed────────────────► closed
///     any of these ──shutDown──► shutDown
///
/// 1. A call is waiting, running or gone. It waits while there is no connection or no room.
/// 2. The one who removes a call's waiter ends its wait: reply (`ended`), deadline (`expire`), cancel (`abandon`),
///    failure to connect and `shutDown` all go through here, one at a time, so exactly one does.
/// 3. At most `calls` run at once; of those the last `reserved` only if urgent. A call whose wait is over keeps its
///    place until its thread is back.
/// 4. A link is closed once, after it was retired (lost, or shut down) and its last call is back.
struct ConnectionState<Link: Sendable> {
    struct Limits: Sendable {
        var calls: Int
        var reserved: Int
        var waiting: Int
    }

    enum Step: Sendable {
        case open(generation: UInt64)
        case start(PendingCall<Link>, Link, generation: UInt64)
        case fail(PendingCall<Link>, CallEnd)
        case stopTimer(PendingCall<Link>)
        case close(Link)
    }

    private enum Phase: Equatable {
        case closed, shutDown
        case opening(UInt64)
        case open(UInt64)
    }

    private struct Running {
        let call: PendingCall<Link>
        let generation: UInt64
        var isAwaited = true
        var isOverdue = false
    }

    private struct LinkUse {
        let link: Link
        var calls = 0
        var isRetired = false
    }

    private let limits: Limits
    private var phase = Phase.closed
    private var lastGeneration: UInt64 = 0
    private var lostWhileOpening = false
    private var waiting: [PendingCall<Link>] = []
    private var running: [CallID: Running] = [:]
    private var links: [UInt64: LinkUse] = [:]
    /// Threads that open and that close a link.
    private var opening = 0
    private var closing = 0

    init(limits: Limits) { self.limits = limits }

    /// Calls that have or want a place here.
    var load: Int { waiting.count + running.count }
    /// Calls past their deadline that still hold a thread.
    var overdue: Int { running.values.count { $0.isOverdue } }
    /// Nothing is open any more, and nothing is being opened or closed.
    var isDrained: Bool { opening == 0 && links.isEmpty && closing == 0 }

    // MARK: Calls

    mutating func submit(_ call: PendingCall<Link>) -> [Step] {
        guard phase != .shutDown else { return end(call, .shutDown) }
        guard load < limits.calls + limits.waiting else { return end(call, .full(load)) }
        let firstOrdinary = waiting.firstIndex { !$0.isUrgent } ?? waiting.endIndex
        waiting.insert(call, at: call.isUrgent ? firstOrdinary : waiting.endIndex)
        return advance()
    }

    /// A call's thread is back. Whether someone still waits for it, and what follows.
    mutating func ended(_ id: CallID) -> (isAwaited: Bool, steps: [Step]) {
        guard let run = running.removeValue(forKey: id) else { return (false, []) }
        links[run.generation]?.calls -= 1
        return (run.isAwaited, [.stopTimer(run.call)] + closeIfUnused(run.generation) + advance())
    }

    /// The waiting task was cancelled.
    mutating func abandon(_ id: CallID) -> [Step] {
        if let call = removeWaiting(id) { return end(call, .cancelledUnsent) }
        return removeWaiter(id, .cancelled)
    }

    /// The time for making a connection has passed.
    mutating func expireConnecting(_ id: CallID) -> [Step] {
        if case .open = phase { return [] }
        return removeWaiting(id).map { end($0, .neverConnected) } ?? []
    }

    /// The call's deadline has passed.
    mutating func expire(_ id: CallID) -> [Step] {
        if let call = removeWaiting(id) {
            if case .open = phase { return end(call, .neverStarted) }
            return end(call, .neverConnected)
        }
        running[id]?.isOverdue = true
        return removeWaiter(id, .deadlinePassed)
    }

    // MARK: The link

    mutating func opened(_ link: Link, generation: UInt64) -> [Step] {
        opening -= 1
        guard phase == .opening(generation) else {
            closing += 1
            return [.close(link)]
        }
        links[generation] = LinkUse(link: link)
        phase = .open(generation)
        guard !lostWhileOpening else { return lost(generation: generation) }
        return advance()
    }

    mutating func openFailed(_ error: HypervisorError, generation: UInt64) -> [Step] {
        opening -= 1
        guard phase == .opening(generation) else { return [] }
        phase = .closed
        defer { waiting = [] }
        return waiting.flatMap { end($0, .connectionFailed(error)) }
    }

    mutating func lost(generation: UInt64) -> [Step] {
        if phase == .opening(generation) { lostWhileOpening = true }
        guard phase == .open(generation) else { return [] }
        phase = .closed
        return retire(generation) + advance()
    }

    mutating func closed() { closing -= 1 }

    mutating func shutDown() -> [Step] {
        guard phase != .shutDown else { return [] }
        phase = .shutDown
        var steps = waiting.flatMap { end($0, .shutDown) }
        waiting = []
        for id in running.keys.sorted() { steps += removeWaiter(id, .interruptedByShutDown) }
        for generation in links.keys.sorted() { steps += retire(generation) }
        return steps
    }

    // MARK: Steps

    private mutating func advance() -> [Step] {
        var steps: [Step] = []
        while let call = waiting.first {
            switch phase {
            case .opening, .shutDown: return steps
            case .closed:
                lastGeneration += 1
                lostWhileOpening = false
                phase = .opening(lastGeneration)
                opening += 1
                return steps + [.open(generation: lastGeneration)]
            case .open(let generation):
                guard running.count < limits.calls - (call.isUrgent ? 0 : limits.reserved),
                    let link = links[generation]?.link
                else { return steps }
                waiting.removeFirst()
                running[call.id] = Running(call: call, generation: generation)
                links[generation]?.calls += 1
                steps.append(.start(call, link, generation: generation))
            }
        }
        return steps
    }

    private mutating func removeWaiting(_ id: CallID) -> PendingCall<Link>? {
        waiting.firstIndex { $0.id == id }.map { waiting.remove(at: $0) }
    }

    private mutating func removeWaiter(_ id: CallID, _ end: CallEnd) -> [Step] {
        guard let run = running[id], run.isAwaited else { return [] }
        running[id]?.isAwaited = false
        return [.fail(run.call, end)]
    }

    private func end(_ call: PendingCall<Link>, _ end: CallEnd) -> [Step] { [.stopTimer(call), .fail(call, end)] }

    private mutating func retire(_ generation: UInt64) -> [Step] {
        links[generation]?.isRetired = true
        return closeIfUnused(generation)
    }

    private mutating func closeIfUnused(_ generation: UInt64) -> [Step] {
        guard let use = links[generation], use.isRetired, use.calls == 0 else { return [] }
        links[generation] = nil
        closing += 1
        return [.close(use.link)]
    }
}
