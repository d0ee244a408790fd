import HypervisorAPI
import NIOCore
import Synchronization

/// A client's connection to the process that keeps the world.
final class RemoteLink: Sendable {
    private struct Listener {
        weak var queue: EventQueue?
    }

    private struct State {
        var exchanges: [UInt64: RemoteExchange] = [:]
        var listeners: [UInt64: Listener] = [:]
        var lastNumber: UInt64 = 0
        var isOver = false
    }

    private let channel: any Channel
    private let state = Mutex(State())

    init(_ channel: any Channel) { self.channel = channel }

    var closeFuture: EventLoopFuture<Void> { channel.closeFuture }

    func begin(_ options: SimulatedHypervisor.Options) { write(.begin(options)) }

    /// - Returns: the exchange's number; `nil` when the connection is over.
    func send(_ exchange: RemoteExchange) -> UInt64? {
        let number: UInt64? = state.withLock { state in
            guard !state.isOver else { return nil }
            state.lastNumber += 1
            state.exchanges[state.lastNumber] = exchange
            return state.lastNumber
        }
        if let number { write(.call(number, uri: exchange.uri.text, exchange.call)) }
        return number
    }

    /// The caller of this exchange waits no longer.
    func giveUp(_ number: UInt64) {
        state.withLock { _ = $0.exchanges.removeValue(forKey: number) }
        write(.giveUp(number))
    }

    func receive(_ message: RemoteMessage) {
        switch message {
        case .answer(let number, let value): takeExchange(number)?.end(.success(value))
        case .failure(let number, let error): takeExchange(number)?.end(.failure(error))
        case .event(let number, let event): tell(number, event)
        case .eventsEnded(let number): state.withLock { $0.listeners.removeValue(forKey: number) }?.queue?.finish()
        }
    }

    /// The connection is lost: nobody hears an answer any more.
    func end() {
        let (exchanges, listeners) = state.withLock { state in
            defer { state = State(lastNumber: state.lastNumber, isOver: true) }
            return (state.exchanges.values, state.listeners.values)
        }
        for exchange in exchanges { exchange.lose() }
        for listener in listeners { listener.queue?.finish() }
    }

    /// Returns when it is closed.
    func close() async {
        channel.close(promise: nil)
        do {
            try await channel.closeFuture.get()
        } catch {
            // A close that fails leaves a connection that is closed all the same.
        }
    }

    /// Takes an exchange off because it is answered; its events come under the same number.
    private func takeExchange(_ number: UInt64) -> RemoteExchange? {
        state.withLock { state in
            guard let exchange = state.exchanges.removeValue(forKey: number) else { return nil }
            if let queue = exchange.queue { state.listeners[number] = Listener(queue: queue) }
            return exchange
        }
    }

    private func tell(_ number: UInt64, _ event: HostEvent) {
        let queue: EventQueue? = state.withLock { state in
            guard let listener = state.listeners[number] else { return nil }
            if listener.queue == nil { state.listeners.removeValue(forKey: number) }
            return listener.queue
        }
        // Whoever drops the stream ends the subscription.
        if let queue { queue.push(event) } else { write(.giveUp(number)) }
    }

    private func write(_ request: RemoteRequest) {
        do {
            channel.writeAndFlush(try RemoteLine.bytes(of: request), promise: nil)
        } catch {
            // What cannot be written is not heard of: the connection can be of no more use.
            channel.close(promise: nil)
        }
    }
}

/// Reads the answers and events of one connection, on its event loop.
final class RemoteLinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: RemoteLink
    private var lines = LineBuffer()

    init(_ link: RemoteLink) { self.link = link }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lines.append(unwrapInboundIn(data))
        do {
            while let line = lines.next(longest: RemoteLine.longestMessage) {
                link.receive(try RemoteLine.read(RemoteMessage.self, line))
            }
            if lines.waitingBytes > RemoteLine.longestMessage { context.close(promise: nil) }
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
