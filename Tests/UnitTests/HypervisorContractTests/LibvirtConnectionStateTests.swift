import HypervisorAPI
import Synchronization
import Testing

@testable import LibvirtHypervisor

struct LibvirtConnectionStateTests {
    private typealias State = ConnectionState<Int>

    private static func call(_ id: CallID, isUrgent: Bool = false) -> PendingCall<Int> {
        PendingCall(id: id, name: "virCall\(id)", isUrgent: isUrgent, fail: { _ in }, run: { _, _ in }, stopTimer: {})
    }

    private static func words(_ steps: [State.Step]) -> [String] {
        steps.compactMap { step in
            switch step {
            case .open(let generation): "open \(generation)"
            case .start(let call, let link, _): "start \(call.id) on \(link)"
            case .fail(let call, let end): "fail \(call.id) \(end.error(call: "", uri: "").code)"
            case .close(let link): "close \(link)"
            case .stopTimer: nil
            }
        }
    }

    @Test func firstCallOpensAndLaterOnesWait() {
        var state = State(limits: .init(calls: 2, reserved: 0, waiting: 8))
        #expect(Self.words(state.submit(Self.call(1))) == ["open 1"])
        #expect(Self.words(state.submit(Self.call(2))) == [])
        #expect(Self.words(state.submit(Self.call(3))) == [])
        #expect(Self.words(state.opened(7, generation: 1)) == ["start 1 on 7", "start 2 on 7"])
        #expect(Self.words(state.ended(1).steps) == ["start 3 on 7"])
    }

    @Test func urgentCallsGoBeforeOrdinaryOnesInTheirOwnOrder() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        _ = state.opened(7, generation: 1)
        for (id, isUrgent) in [(2, false), (3, true), (4, true)] {
            _ = state.submit(Self.call(CallID(id), isUrgent: isUrgent))
        }
        #expect(Self.words(state.ended(1).steps) == ["start 3 on 7"])
        #expect(Self.words(state.ended(3).steps) == ["start 4 on 7"])
        #expect(Self.words(state.ended(4).steps) == ["start 2 on 7"])
    }

    @Test func callPastItsDeadlineKeepsItsPlaceUntilItsThreadIsBack() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        _ = state.opened(7, generation: 1)
        #expect(Self.words(state.expire(1)) == ["fail 1 unknownOutcome"])
        #expect(state.overdue == 1)
        #expect(Self.words(state.submit(Self.call(2))) == [])
        let (isAwaited, steps) = state.ended(1)
        #expect(!isAwaited)
        #expect(Self.words(steps) == ["start 2 on 7"])
        #expect(state.overdue == 0)
    }

    @Test func deadlineOfACallThatWasNeverSentSaysSo() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        #expect(Self.words(state.expire(1)) == ["fail 1 connectionFailed"])
        _ = state.opened(7, generation: 1)
        _ = state.submit(Self.call(2))
        _ = state.submit(Self.call(3))
        #expect(Self.words(state.expire(3)) == ["fail 3 hostStuck"])
        #expect(state.overdue == 0)
    }

    @Test func cancelledCallIsOverdueOnlyAfterItsDeadline() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        _ = state.opened(7, generation: 1)
        #expect(Self.words(state.abandon(1)) == ["fail 1 unknownOutcome"])
        #expect(state.overdue == 0)
        #expect(Self.words(state.expire(1)) == [])
        #expect(state.overdue == 1)
    }

    @Test func lossThatIsNewsBeforeTheConnectionIsKnownOpensAgain() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        #expect(Self.words(state.lost(generation: 1)) == [])
        #expect(Self.words(state.opened(7, generation: 1)) == ["close 7", "open 2"])
        #expect(Self.words(state.opened(8, generation: 2)) == ["start 1 on 8"])
    }

    @Test func lossOfAnOldConnectionDoesNotTouchTheNewOne() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        _ = state.opened(7, generation: 1)
        #expect(Self.words(state.lost(generation: 1)) == [])
        #expect(Self.words(state.ended(1).steps) == ["close 7"])
        _ = state.submit(Self.call(2))
        _ = state.opened(8, generation: 2)
        #expect(Self.words(state.lost(generation: 1)) == [])
        #expect(Self.words(state.ended(2).steps) == [])
        #expect(Self.words(state.submit(Self.call(3))) == ["start 3 on 8"])
    }

    @Test func connectionMadeAfterShutDownIsClosed() {
        var state = State(limits: .init(calls: 1, reserved: 0, waiting: 8))
        _ = state.submit(Self.call(1))
        #expect(Self.words(state.shutDown()) == ["fail 1 shutDown"])
        #expect(!state.isDrained)
        #expect(Self.words(state.opened(7, generation: 1)) == ["close 7"])
        state.closed()
        #expect(state.isDrained)
    }

    /// Any order of events keeps the invariants that the type's comment numbers.
    @Test(arguments: 0..<200) func anyOrderOfEventsKeepsTheInvariants(seed: Int) {
        var walk = RandomWalk(seed: UInt64(seed))
        for _ in 0..<300 { walk.step() }
        walk.finish()
    }
}

/// Random events against a `ConnectionState`, with a simple account of what it must never do.
private struct RandomWalk {
    private typealias State = ConnectionState<Int>

    private let limits = State.Limits(calls: 3, reserved: 1, waiting: 4)
    private var state: State
    private var random: UInt64
    private var nextCall: CallID = 0
    private var nextLink = 0
    private var awaited: Set<CallID> = []
    private var ordinary: Set<CallID> = []
    private var running: [CallID: Int] = [:]
    private var opening: [UInt64] = []
    private var openLinks: Set<Int> = []
    private var generations: [UInt64] = []

    init(seed: UInt64) {
        random = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        state = State(limits: limits)
    }

    private mutating func draw(_ bound: Int) -> Int {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(random >> 33) % max(bound, 1)
    }

    mutating func step() {
        let known = awaited.union(running.keys).sorted()
        let some = known.isEmpty ? 0 : known[draw(known.count)]
        switch draw(12) {
        case 0...3: submit()
        case 4: apply(state.abandon(some))
        case 5: apply(state.expireConnecting(some))
        case 6: apply(state.expire(some))
        case 7, 8: endSome()
        case 9, 10: connect()
        default: if !generations.isEmpty { apply(state.lost(generation: generations[draw(generations.count)])) }
        }
    }

    mutating func finish() {
        apply(state.shutDown())
        while !opening.isEmpty { connect() }
        while !running.isEmpty { endSome() }
        #expect(awaited.isEmpty, "every wait must have ended")
        #expect(openLinks.isEmpty, "every connection must be closed")
        #expect(state.isDrained)
    }

    private mutating func submit() {
        nextCall += 1
        let isUrgent = draw(4) == 0
        if !isUrgent { ordinary.insert(nextCall) }
        awaited.insert(nextCall)
        apply(
            state.submit(
                PendingCall(
                    id: nextCall, name: "", isUrgent: isUrgent, fail: { _ in }, run: { _, _ in }, stopTimer: {})))
    }

    private mutating func endSome() {
        guard let id = running.keys.sorted().first else { return }
        running[id] = nil
        let (isAwaited, steps) = state.ended(id)
        #expect(isAwaited == (awaited.remove(id) != nil), "reply and other ends must agree on who waits")
        apply(steps)
    }

    private mutating func connect() {
        guard let generation = opening.popLast() else { return }
        if draw(4) == 0 {
            apply(state.openFailed(hypervisorError(.connectionFailed), generation: generation))
        } else {
            nextLink += 1
            openLinks.insert(nextLink)
            generations.append(generation)
            apply(state.opened(nextLink, generation: generation))
        }
    }

    private mutating func apply(_ steps: [State.Step]) {
        for step in steps {
            switch step {
            case .open(let generation): opening.append(generation)
            case .start(let call, let link, _):
                #expect(awaited.contains(call.id) && openLinks.contains(link))
                let room = limits.calls - (ordinary.contains(call.id) ? limits.reserved : 0)
                #expect(running.count < room, "urgent calls may take the reserved place, ordinary ones not")
                running[call.id] = link
            case .fail(let call, _): #expect(awaited.remove(call.id) != nil, "a wait must end once")
            case .stopTimer: break
            case .close(let link):
                #expect(openLinks.remove(link) != nil, "a connection must be closed once")
                #expect(!running.values.contains(link), "and not under a call")
                state.closed()
            }
        }
        #expect(state.load <= limits.calls + limits.waiting)
    }
}
