import Glibc
import HypervisorAPI
import Testing

@testable import LibvirtHypervisor

struct LibvirtConnectionPoolTests {
    private let connections: FakeConnections
    private let sleep = ManualSleep()
    private let callTimeout = Duration.seconds(35)
    private let connectTimeout = Duration.seconds(10)
    /// What is left of a call's deadline once the time for connecting is over.
    private var rest: Duration { callTimeout - connectTimeout }

    init() { connections = FakeConnections() }

    private func pool(
        connections maximum: Int = 1, calls: Int = 3, reserved: Int = 0, waiting: Int = 8, stuck: Int = 3,
        over source: FakeConnections? = nil
    ) -> ConnectionPool<Int> {
        ConnectionPool(
            uri: "test:///",
            limits: ConnectionPool.Limits(
                connections: maximum, each: .init(calls: calls, reserved: reserved, waiting: waiting), stuck: stuck),
            connectTimeout: connectTimeout, connector: (source ?? connections).connector,
            sleep: { [sleep] in try await sleep.sleep($0) })
    }

    /// A call that enters, then blocks its thread until the gate opens.
    private func blockingCall(
        _ pool: ConnectionPool<Int>, _ gate: Gate, name: String = "virBlocking", isUrgent: Bool = false,
        entered: AsyncStream<Int>.Continuation
    ) async throws(HypervisorError) -> Int {
        try await pool.call(name, timeout: callTimeout, isUrgent: isUrgent) { link in
            entered.yield(link)
            gate.wait()
            return link
        }
    }

    private func outcome<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(HypervisorError) -> Value
    ) -> Task<Result<Value, HypervisorError>, Never> {
        Task {
            do throws(HypervisorError) { return .success(try await body()) } catch { return .failure(error) }
        }
    }

    @Test func callReturnsWhatItsBodyReturnsFromAThreadOfItsOwn() async throws {
        let pool = pool()
        let name = try await pool.call("virName", timeout: callTimeout) { link in
            var signals = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &signals)
            return (link, sigismember(&signals, SIGTERM))
        }
        #expect(name.0 == 1)
        #expect(name.1 == 1, "signals must not reach the pool's threads")
        #expect(connections.opened == 1)
    }

    @Test func errorOfTheBodyReachesTheCaller() async {
        let pool = pool()
        await #expect(throws: hypervisorError(.noSuchDomain)) {
            try await pool.call("virName", timeout: callTimeout) { _ throws(HypervisorError) -> Int in
                throw hypervisorError(.noSuchDomain)
            }
        }
    }

    @Test func passedDeadlineIsUnknownOutcomeAndNamesTheCall() async throws {
        let pool = pool()
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        let call = outcome { () throws(HypervisorError) in
            try await blockingCall(pool, gate, name: "virDomainMigrateToURI3", entered: entering)
        }
        for await _ in entered { break }
        await sleep.endSleeps(of: connectTimeout)
        await sleep.endSleeps(of: rest)
        guard case .failure(let failure) = await call.value else {
            Issue.record("the call returned although its thread was blocked")
            return
        }
        #expect(failure.code == .unknownOutcome)
        #expect(failure.call == "virDomainMigrateToURI3")
        #expect(failure.uri == "test:///")
        gate.open()
        #expect(try await pool.call("virNext", timeout: callTimeout) { $0 } == 1)
    }

    @Test func hostWithTooManyStuckCallsRefusesUntilOneReturns() async throws {
        let pool = pool(stuck: 2)
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        var arrivals = entered.makeAsyncIterator()
        let calls = [0, 1].map { _ in
            outcome { () throws(HypervisorError) in try await blockingCall(pool, gate, entered: entering) }
        }
        _ = await arrivals.next()
        _ = await arrivals.next()
        await holdsSoon { sleep.durations == [connectTimeout, connectTimeout] }
        await sleep.endSleeps(of: connectTimeout)
        await holdsSoon { sleep.durations == [rest, rest] }
        await sleep.endSleeps(of: rest)
        for call in calls { #expect(await call.value == .failure(hypervisorError(.unknownOutcome))) }

        await #expect(throws: hypervisorError(.hostStuck)) {
            try await pool.call("virNext", timeout: callTimeout) { $0 }
        }
        gate.open()
        gate.open()
        var answer = 0
        let deadline = ContinuousClock.now + .seconds(10)
        while answer == 0, ContinuousClock.now < deadline {
            do throws(HypervisorError) {
                answer = try await pool.call("virNext", timeout: callTimeout) { $0 }
            } catch { #expect(error.code == .hostStuck) }
        }
        #expect(answer == 1)
    }

    @Test func cancelledCallIsUnknownOutcomeAndGoesOn() async throws {
        let pool = pool()
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        var arrivals = entered.makeAsyncIterator()
        let (finished, finishing) = AsyncStream.makeStream(of: Int.self)
        let call = outcome { () throws(HypervisorError) in
            try await pool.call("virLong", timeout: callTimeout) { link in
                entering.yield(link)
                gate.wait()
                finishing.yield(link)
            }
        }
        _ = await arrivals.next()
        call.cancel()
        guard case .failure(let failure) = await call.value else {
            Issue.record("a cancelled call returned")
            return
        }
        #expect(failure.code == .unknownOutcome)
        gate.open()
        var ends = finished.makeAsyncIterator()
        #expect(await ends.next() == 1)
    }

    @Test func callOfACancelledTaskEndsAtOnce() async {
        let gate = Gate()
        let source = FakeConnections(gate: gate)
        let pool = pool(over: source)
        let call = outcome { () throws(HypervisorError) -> Int in
            await holdsSoon { Task.isCancelled }
            return try await pool.call("virNever", timeout: callTimeout) { $0 }
        }
        call.cancel()
        #expect(await call.value == .failure(hypervisorError(.unknownOutcome)))
        gate.open()
    }

    @Test func abortFindsAPlaceWhenOrdinaryCallsFillTheirs() async throws {
        let pool = pool(calls: 2, reserved: 1)
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        var arrivals = entered.makeAsyncIterator()
        let holder = outcome { () throws(HypervisorError) in try await blockingCall(pool, gate, entered: entering) }
        _ = await arrivals.next()
        let waiting = outcome { () throws(HypervisorError) in
            try await pool.call("virQuery", timeout: callTimeout) { $0 }
        }
        #expect(try await pool.call("virDomainAbortJob", timeout: callTimeout, isUrgent: true) { $0 } == 1)
        gate.open()
        #expect(await holder.value == .success(1))
        #expect(await waiting.value == .success(1))
    }

    @Test func moreCallsThanOneConnectionTakesOpenAnother() async throws {
        let pool = pool(connections: 2, calls: 2, waiting: 0)
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        var arrivals = entered.makeAsyncIterator()
        let calls = (0..<4).map { _ in
            outcome { () throws(HypervisorError) in try await blockingCall(pool, gate, entered: entering) }
        }
        var links: [Int] = []
        for _ in calls { if let link = await arrivals.next() { links.append(link) } }
        #expect(links.sorted() == [1, 1, 2, 2])
        await #expect(throws: hypervisorError(.hostStuck)) {
            try await pool.call("virFifth", timeout: callTimeout) { $0 }
        }
        for _ in calls { gate.open() }
        for call in calls { _ = await call.value }
    }

    @Test func failureToConnectIsTheErrorOfEveryCallThatWaits() async {
        let gate = Gate()
        let source = FakeConnections(gate: gate)
        source.fail(with: hypervisorError(.accessDenied))
        let pool = pool(over: source)
        let calls = (0..<3).map { _ in
            outcome { () throws(HypervisorError) in try await pool.call("virQuery", timeout: callTimeout) { $0 } }
        }
        await holdsSoon { sleep.durations.count == 3 && source.opened == 1 }
        gate.open()
        for call in calls { #expect(await call.value == .failure(hypervisorError(.connectionFailed))) }
        #expect(source.opened == 1)
    }

    @Test func connectionThatIsNeverMadeEndsTheWaitAfterTheConnectTimeout() async {
        let gate = Gate()
        let source = FakeConnections(gate: gate)
        let pool = pool(over: source)
        let calls = (0..<2).map { _ in
            outcome { () throws(HypervisorError) in try await pool.call("virQuery", timeout: callTimeout) { $0 } }
        }
        await holdsSoon { sleep.durations == [connectTimeout, connectTimeout] }
        await sleep.endSleeps(of: connectTimeout)
        for call in calls { #expect(await call.value == .failure(hypervisorError(.connectionFailed))) }
        #expect(source.opened == 1, "a second attempt would hang as well")
        gate.open()
    }

    @Test func callAfterALossConnectsAgainAndTheOldConnectionIsClosedOnce() async throws {
        let pool = pool()
        #expect(try await pool.call("virOne", timeout: callTimeout) { $0 } == 1)
        connections.lose(1)
        connections.lose(1)
        #expect(try await pool.call("virTwo", timeout: callTimeout) { $0 } == 2)
        await holdsSoon { connections.closed == [1] }
        #expect(connections.closed == [1])
    }

    @Test func connectionLostDuringACallIsClosedOnlyAfterTheCall() async throws {
        let pool = pool()
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        let call = outcome { () throws(HypervisorError) in try await blockingCall(pool, gate, entered: entering) }
        for await _ in entered { break }
        connections.lose(1)
        #expect(try await pool.call("virTwo", timeout: callTimeout) { $0 } == 2)
        #expect(connections.closed.isEmpty)
        gate.open()
        _ = await call.value
        await holdsSoon { connections.closed == [1] }
        #expect(connections.closed == [1])
    }

    @Test func errorThatMeansALostConnectionMakesTheNextCallConnectAgain() async throws {
        let pool = pool()
        await #expect(throws: hypervisorError(.connectionLost)) {
            try await pool.call("virOne", timeout: callTimeout) { _ throws(HypervisorError) -> Int in
                throw hypervisorError(.connectionLost)
            }
        }
        #expect(try await pool.call("virTwo", timeout: callTimeout) { $0 } == 2)
    }

    @Test func shutDownEndsCallsInFlightClosesAndRefusesLaterOnes() async throws {
        let pool = pool()
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        let call = outcome { () throws(HypervisorError) in try await blockingCall(pool, gate, entered: entering) }
        for await _ in entered { break }
        async let end: Void = pool.shutDown(timeout: .seconds(5))
        #expect(await call.value == .failure(hypervisorError(.connectionLost)))
        #expect(connections.closed.isEmpty, "a call still uses the connection")
        gate.open()
        await end
        #expect(connections.closed == [1])
        await #expect(throws: hypervisorError(.shutDown)) {
            try await pool.call("virLater", timeout: callTimeout) { $0 }
        }
    }

    @Test func shutDownDoesNotWaitForAHangingCallBeyondItsTimeout() async {
        let pool = pool()
        let gate = Gate()
        let (entered, entering) = AsyncStream.makeStream(of: Int.self)
        let call = outcome { () throws(HypervisorError) in try await blockingCall(pool, gate, entered: entering) }
        for await _ in entered { break }
        async let end: Void = pool.shutDown(timeout: .seconds(5))
        await sleep.endSleeps(of: .seconds(5))
        await end
        #expect(await call.value == .failure(hypervisorError(.connectionLost)))
        gate.open()
    }

    @Test func everyCallEndsOnceUnderRacingCancelsAndDeadlines() async {
        let pool = ConnectionPool<Int>(
            uri: "test:///",
            limits: .init(connections: 2, each: .init(calls: 3, reserved: 0, waiting: 1000), stuck: 1000),
            connectTimeout: .milliseconds(1), connector: connections.connector)
        let calls = (0..<600).map { number in
            outcome { () throws(HypervisorError) in
                try await pool.call("virRace", timeout: .microseconds(200 + 7 * number)) { link in
                    usleep(UInt32(number % 5) * 100)
                    return link
                }
            }
        }
        for (number, call) in calls.enumerated() where number % 3 == 0 { call.cancel() }
        var ends: [HypervisorError.Code?: Int] = [:]
        for call in calls {
            switch await call.value {
            case .success: ends[nil, default: 0] += 1
            case .failure(let failure): ends[failure.code, default: 0] += 1
            }
        }
        #expect(ends.values.reduce(0, +) == 600)
        let allowed: Set<HypervisorError.Code?> = [nil, .unknownOutcome, .hostStuck, .connectionFailed]
        #expect(Set(ends.keys).isSubset(of: allowed), "\(ends)")
        await pool.shutDown(timeout: .seconds(10))
        #expect(connections.closed.sorted() == Array(1...connections.opened))
    }
}
