import HypervisorAPI
import NIOCore
import Synchronization

/// One client of a served world, for as long as its connection lasts.
final class ServedClient: Sendable {
    /// Calls and subscriptions at a time; with more the connection ends.
    private static let callBound = 1000

    private let hypervisor: SimulatedHypervisor
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// What is under way, with what ends the wait for it.
    private let calls = Mutex<[UInt64: Signal]>([:])
    /// The client has ended or does not keep to the rules: it is not spoken to any more.
    private let isOver = Mutex(false)

    init(_ hypervisor: SimulatedHypervisor, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.hypervisor = hypervisor
        self.outbound = outbound
    }

    /// Returns when the connection has ended; to the world the client is dead then.
    func serve(_ requests: inout RequestReader) async {
        await withDiscardingTaskGroup { group in
            do {
                while let request = try await requests.next(), begin(request, &group) {}
            } catch {
                // Its client is not spoken to any more.
            }
            // Before its calls end: their ends are nobody's answers.
            isOver.withLock { $0 = true }
            hypervisor.disconnect()
            group.cancelAll()
        }
    }

    /// - Returns: whether the client keeps to the rules.
    private func begin(_ request: RemoteRequest, _ group: inout DiscardingTaskGroup) -> Bool {
        switch request {
        case .begin: return false
        case .giveUp(let number):
            calls.withLock { $0[number] }?.raise()
            return true
        case .call(let number, let text, let call):
            let givenUp = Signal()
            guard let uri = HypervisorURI(text), add(number, givenUp) else { return false }
            let host = SimulatedHost(uri: uri, hypervisor: hypervisor)
            group.addTask { await self.serve(number, host, call, givenUp) }
            return true
        }
    }

    private func add(_ number: UInt64, _ givenUp: Signal) -> Bool {
        calls.withLock { calls in
            guard calls.count < Self.callBound, calls[number] == nil else { return false }
            calls[number] = givenUp
            return true
        }
    }

    private func serve(_ number: UInt64, _ host: SimulatedHost, _ call: RemoteCall, _ givenUp: Signal) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.answer(number, host, call) }
            group.addTask { await givenUp.wait() }
            await group.next()
            group.cancelAll()
        }
        calls.withLock { _ = $0.removeValue(forKey: number) }
    }

    private func answer(_ number: UInt64, _ host: SimulatedHost, _ call: RemoteCall) async {
        do throws(HypervisorError) {
            if case .events = call { return await tell(number, try await host.events()) }
            await send(.answer(number, try await call.perform(on: host)))
        } catch {
            await send(.failure(number, error))
        }
    }

    private func tell(_ number: UInt64, _ events: AsyncStream<HostEvent>) async {
        await send(.answer(number, .done))
        for await event in events { await send(.event(number, event)) }
        await send(.eventsEnded(number))
    }

    private func send(_ message: RemoteMessage) async {
        guard !isOver.withLock({ $0 }) else { return }
        do {
            try await outbound.write(try RemoteLine.bytes(of: message))
        } catch {
            // Nobody listens any more; the reader of the connection notices as well.
        }
    }
}
