import Testing

@testable import HTTPTransport

@Suite struct HTTPAdmissionTests {
    @Test func requestsStartThenWaitThenAreRefused() {
        var admission = HTTPAdmission<Int>(running: 2, waiting: 1)
        #expect((1...5).map { admission.arrive($0) } == [.start, .start, .wait, .refuse, .refuse])
        #expect(admission.running == 2)
        #expect(admission.waiting == 1)
    }

    @Test func theFirstInLineTakesAFreePlace() {
        var admission = HTTPAdmission<Int>(running: 1, waiting: 3)
        for ticket in 0...3 { _ = admission.arrive(ticket) }
        #expect(admission.leave() == 1)
        #expect(admission.arrive(4) == .wait)
        #expect([admission.leave(), admission.leave(), admission.leave(), admission.leave()] == [2, 3, 4, nil])
        #expect(admission.running == 0)
        #expect(admission.arrive(5) == .start)
    }

    @Test func nobodyWaitsWhereTheLineHasNoPlace() {
        var admission = HTTPAdmission<Int>(running: 1, waiting: 0)
        #expect(admission.arrive(1) == .start)
        #expect(admission.arrive(2) == .refuse)
        #expect(admission.leave() == nil)
        #expect(admission.arrive(3) == .start)
    }

    @Test func aLongLineStaysInOrder() {
        var admission = HTTPAdmission<Int>(running: 1, waiting: 10)
        #expect(admission.arrive(0) == .start)
        var next = 1
        for expected in 1...1000 {
            while admission.arrive(next) == .wait { next += 1 }
            #expect(admission.leave() == expected)
            #expect(admission.waiting == 9)
        }
    }

    @Test func oneThatComesBackDoesNotWaitAndNobodyFollowsUntilThereAreFewer() {
        var admission = HTTPAdmission<Int>(running: 1, waiting: 2)
        for ticket in 0...2 { _ = admission.arrive(ticket) }
        #expect(admission.leave() == 1)
        admission.comeBack()
        #expect(admission.running == 2)
        #expect(admission.leave() == nil)
        #expect(admission.leave() == 2)
    }
}
