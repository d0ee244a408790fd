import Testing

@testable import HTTPTransport

@Suite struct HTTPSharesTests {
    private var shares = HTTPShares(limit: 5, privileged: [0])

    @Test mutating func aUserMayHoldHalfRoundedUp() {
        shares.add(2, to: 1)
        #expect(shares.room(for: 1, of: 1) == .free)
        #expect(shares.room(for: 2, of: 1) == .shareTaken)
        shares.add(1, to: 1)
        #expect(shares.room(for: 0, of: 1) == .free)
        #expect(shares.room(for: 1, of: 1) == .shareTaken)
        #expect(shares.room(for: 2, of: 2) == .free)
        #expect(shares.room(for: 3, of: 2) == .allTaken)
    }

    @Test mutating func aPrivilegedUserMayHoldAll() {
        #expect(shares.room(for: 5, of: 0) == .free)
        shares.add(5, to: 0)
        #expect(shares.room(for: 1, of: 0) == .allTaken)
        #expect(shares.room(for: 1, of: 1) == .allTaken)
    }

    @Test mutating func unknownPeersAreOneUserAndNotAPrivilegedOne() {
        shares.add(3, to: nil)
        #expect(shares.room(for: 1, of: nil) == .shareTaken)
        #expect(shares.room(for: 1, of: 1) == .free)
    }

    @Test mutating func whatWasTakenWithoutRoomIsSeen() {
        shares.add(4, to: 1)
        #expect(shares.room(for: 0, of: 1) == .shareTaken)
        #expect(shares.room(for: 0, of: 2) == .free)
        shares.add(2, to: 2)
        #expect(shares.room(for: 0, of: 0) == .allTaken)
    }

    @Test mutating func whatIsGivenBackIsFree() {
        shares.add(3, to: 1)
        shares.add(-3, to: 1)
        #expect(shares.held(by: 1) == 0)
        #expect(shares.total == 0)
        #expect(shares.room(for: 3, of: 1) == .free)
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1), (7, 4), (Int.max, Int.max / 2 + 1)])
    func aShareIsNoMoreThanTheWholeAndNothingOnlyOfNothing(_ limit: Int, _ share: Int) {
        #expect(HTTPShares(limit: limit, privileged: []).share == share)
    }
}
