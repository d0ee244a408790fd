import Testing

@testable import HTTPTransport

@Suite struct HTTPAdmissionTests {
    /// A privileged user, and two others.
    private static let root: UInt32 = 0
    private static let (ann, bob): (UInt32, UInt32) = (1001, 1002)

    private func admission(running: Int, waiting: Int) -> HTTPAdmission<Int> {
        HTTPAdmission(running: running, waiting: waiting, privileged: [Self.root])
    }

    private func peer(_ user: UInt32?, _ connection: Int = 0) -> HTTPPeer {
        HTTPPeer(connection: UInt64(connection), userID: user)
    }

    @Test func requestsStartThenWaitThenAreRefused() {
        var admission = admission(running: 2, waiting: 1)
        let decisions = (1...5).map { admission.arrive($0, from: peer(Self.root, $0)) }
        #expect(decisions == [.start, .start, .wait, .refuse, .refuse])
        #expect(admission.running == 2)
        #expect(admission.waiting == 1)
    }

    @Test func theFirstInLineTakesAFreePlace() {
        var admission = admission(running: 1, waiting: 3)
        let root = peer(Self.root)
        for ticket in 0...3 { _ = admission.arrive(ticket, from: peer(Self.root, ticket)) }
        #expect(admission.leave(root) == 1)
        #expect(admission.arrive(4, from: peer(Self.root, 4)) == .wait)
        #expect((0..<4).map { _ in admission.leave(root) } == [2, 3, 4, nil])
        #expect(admission.running == 0)
        #expect(admission.arrive(5, from: root) == .start)
    }

    @Test func nobodyWaitsWhereTheLineHasNoPlace() {
        var admission = admission(running: 1, waiting: 0)
        #expect(admission.arrive(1, from: peer(Self.ann, 1)) == .start)
        #expect(admission.arrive(2, from: peer(Self.ann, 2)) == .refuse)
        #expect(admission.leave(peer(Self.ann, 1)) == nil)
        #expect(admission.arrive(3, from: peer(Self.ann, 3)) == .start)
    }

    @Test func aLongLineStaysInOrder() {
        var admission = admission(running: 1, waiting: 10)
        #expect(admission.arrive(0, from: peer(Self.root)) == .start)
        var next = 1
        for expected in 1...1000 {
            while admission.arrive(next, from: peer(Self.root, next)) == .wait { next += 1 }
            #expect(admission.leave(peer(Self.root)) == expected)
            #expect(admission.waiting == 9)
        }
    }

    @Test func oneThatComesBackDoesNotWaitAndNobodyFollowsUntilThereAreFewer() {
        var admission = admission(running: 1, waiting: 2)
        let root = peer(Self.root)
        for ticket in 0...2 { _ = admission.arrive(ticket, from: peer(Self.root, ticket)) }
        #expect(admission.leave(root) == 1)
        admission.comeBack(root)
        #expect(admission.running == 2)
        #expect(admission.leave(root) == nil)
        #expect(admission.leave(root) == 2)
    }

    @Test(arguments: [1001, nil] as [UInt32?])
    func aUserHasHalfOfThePlacesAndOfTheLine(_ user: UInt32?) {
        var admission = admission(running: 4, waiting: 4)
        let decisions = (1...5).map { admission.arrive($0, from: peer(user, $0)) }
        #expect(decisions == [.start, .start, .wait, .wait, .refuseShare])
        // Others find the other half, before the line.
        #expect((6...9).map { admission.arrive($0, from: peer(Self.bob, $0)) } == [.start, .start, .wait, .wait])
        #expect(admission.arrive(10, from: peer(Self.root, 10)) == .refuse)
    }

    @Test func whoeverWaitsForItsOwnUserHoldsUpNobodyElse() {
        var admission = admission(running: 3, waiting: 10)
        for ticket in 1...4 { _ = admission.arrive(ticket, from: peer(Self.ann, ticket)) }
        for ticket in 5...6 { _ = admission.arrive(ticket, from: peer(Self.bob, ticket)) }
        #expect(admission.running == 3)
        // Ann's come first in line, but two of hers run.
        #expect(admission.leave(peer(Self.bob)) == 6)
        #expect(admission.leave(peer(Self.bob)) == nil)
        #expect(admission.leave(peer(Self.ann)) == 3)
        #expect(admission.leave(peer(Self.ann)) == 4)
        #expect(admission.waiting == 0)
    }

    @Test func ofSeveralUsersTheFirstInLineIsNext() {
        var admission = admission(running: 1, waiting: 10)
        _ = admission.arrive(0, from: peer(Self.root))
        let users = [Self.bob, Self.ann, Self.ann, Self.root, Self.bob, nil]
        for (index, user) in users.enumerated() { _ = admission.arrive(index, from: peer(user, index + 1)) }
        var running: UInt32? = Self.root
        for (index, user) in users.enumerated() {
            #expect(admission.leave(peer(running)) == index)
            running = user
        }
    }

    @Test func whatIsWithdrawnLeavesItsPlaceToOthers() {
        var admission = admission(running: 1, waiting: 2)
        _ = admission.arrive(0, from: peer(Self.ann))
        #expect(admission.arrive(1, from: peer(Self.ann, 1)) == .wait)
        #expect(admission.arrive(2, from: peer(Self.ann, 2)) == .refuseShare)
        #expect(admission.withdraw(1) == 1)
        #expect(admission.withdraw(1) == nil)
        // What runs does not wait.
        #expect(admission.withdraw(0) == nil)
        #expect(admission.waiting == 0)
        #expect(admission.arrive(3, from: peer(Self.ann, 3)) == .wait)
        #expect(admission.leave(peer(Self.ann)) == 3)
        #expect(admission.withdraw(3) == nil)
        #expect(admission.running == 1)
    }

    /// Nobody waits who could start, nobody is forgotten, and no limit is passed, whatever the order.
    @Test func itsInvariantHoldsWhateverHappens() {
        var admission = admission(running: 5, waiting: 8)
        var running: [UInt32?] = []
        var waiting: [Int: UInt32?] = [:]
        for ticket in 0..<20_000 {
            let user = [Self.root, Self.ann, Self.bob, nil].randomElement() ?? nil
            switch Int.random(in: 0..<5) {
            case 0...2:
                switch admission.arrive(ticket, from: peer(user, ticket)) {
                case .start: running.append(user)
                case .wait: waiting[ticket] = user
                case .refuse: #expect(waiting.count == 8)
                case .refuseShare: #expect(user != Self.root && waiting.values.count { $0 == user } == 4)
                }
            case 3 where !running.isEmpty:
                let gone = running.remove(at: running.indices.randomElement() ?? 0)
                guard let next = admission.leave(peer(gone)) else { break }
                #expect(next == waiting.filter { $0.value == waiting[next] }.keys.min())
                running.append(waiting.removeValue(forKey: next) ?? nil)
            default:
                guard let gone = waiting.keys.randomElement() else { break }
                #expect(admission.withdraw(UInt64(gone)) == gone)
                waiting.removeValue(forKey: gone)
            }
            #expect(admission.running == running.count && admission.waiting == waiting.count)
            #expect(running.count <= 5)
            for user in [Self.ann, Self.bob, nil] { #expect(running.count { $0 == user } <= 3) }
            let mayStart = waiting.values.filter { user in user == Self.root || running.count { $0 == user } < 3 }
            #expect(running.count == 5 || mayStart.isEmpty)
        }
    }
}
