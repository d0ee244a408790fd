import FakeHypervisor
import Synchronization
import Testing

@Suite("The virtual clock", .timeLimit(.minutes(1))) struct VirtualClockTests {
    @Test func timeStandsStillUntilItIsAdvanced() {
        let clock = VirtualClock()
        let before = clock.now
        #expect(clock.now == before)
        clock.advance(by: .seconds(3))
        #expect(clock.now == before.advanced(by: .seconds(3)))
        clock.advance(to: before)
        #expect(clock.now == before.advanced(by: .seconds(3)))
    }

    @Test func passedDeadlineDoesNotSleep() async throws {
        let clock = VirtualClock()
        try await clock.sleep(until: clock.now)
        clock.advance(by: .seconds(5))
        try await clock.sleep(until: VirtualClock.Instant(offset: .seconds(4)))
        #expect(clock.sleeperCount == 0)
    }

    @Test func nextDeadlineIsTheEarliest() async throws {
        let clock = VirtualClock()
        #expect(clock.nextDeadline == nil)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seconds in [30, 10, 20] { group.addTask { try await clock.sleep(for: .seconds(seconds)) } }
            await clock.waitForSleepers(3)
            #expect(clock.nextDeadline == VirtualClock.Instant(offset: .seconds(10)))
            clock.advance(by: .seconds(10))
            #expect(clock.sleeperCount == 2)
            #expect(clock.nextDeadline == VirtualClock.Instant(offset: .seconds(20)))
            clock.advance(by: .seconds(20))
            try await group.waitForAll()
        }
        #expect(clock.nextDeadline == nil)
    }

    /// Those who wake at one time run in whatever order their executor has.
    @Test func sleepersWakeByDeadline() async throws {
        let clock = VirtualClock()
        let recorder = Recorder()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, seconds) in [3, 1, 2, 1, 3].enumerated() {
                group.addTask { try await recorder.sleep(clock, .seconds(seconds), name: place) }
                await clock.waitForSleepers(place + 1)
            }
            for _ in 0..<2 {
                clock.advance(by: .seconds(1))
                while try await group.next() != nil, await recorder.names.count < 5 - clock.sleeperCount {}
            }
            clock.advance(by: .seconds(1))
            try await group.waitForAll()
        }
        let names = await recorder.names
        #expect(Set(names.prefix(2)) == [1, 3] && names[2] == 2 && Set(names.suffix(2)) == [0, 4], "\(names)")
    }

    @Test func cancelledSleeperWakesAtOnceAndIsForgotten() async throws {
        let clock = VirtualClock()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do { try await clock.sleep(for: .seconds(10)) } catch { return error is CancellationError }
                return false
            }
            await clock.waitForSleepers(1)
            group.cancelAll()
            #expect(await group.next() == true)
        }
        #expect(clock.sleeperCount == 0)
    }

    @Test func cancelledTaskDoesNotFallAsleep() async throws {
        let clock = VirtualClock()
        await withTaskGroup(of: Bool.self) { group in
            group.cancelAll()
            group.addTask {
                do { try await clock.sleep(for: .seconds(10)) } catch { return error is CancellationError }
                return false
            }
            #expect(await group.next() == true)
        }
        #expect(clock.sleeperCount == 0)
    }

    private actor Recorder {
        private(set) var names: [Int] = []

        func sleep(_ clock: VirtualClock, _ duration: Duration, name: Int) async throws {
            try await clock.sleep(for: duration)
            names.append(name)
        }
    }
}
