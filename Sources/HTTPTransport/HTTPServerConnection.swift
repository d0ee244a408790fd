import NIOCore

/// Performs what one connection's exchange decides. Confined to its event loop.
final class HTTPServerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let peer: HTTPPeer
    private let core: HTTPServerCore
    private var exchange: HTTPServerExchange
    private var context: ChannelHandlerContext?
    private let timer: HTTPTimer<HTTPServerExchange.Wait>
    /// Actions not yet performed. An action may finish at once and yield further ones; taking turns here
    /// instead of recursing keeps the stack flat, however many requests a client pipelines.
    private var actions: [HTTPServerExchange.Action] = []
    private var isPerforming = false
    private var accountedBytes = 0
    /// Told how it went with the piece of a streamed body that is on its way.
    private var pieceTaken: ((Bool) -> Void)?

    init(peer: HTTPPeer, core: HTTPServerCore) {
        self.peer = peer
        self.core = core
        exchange = HTTPServerExchange(limits: core.options.exchangeLimits, peer: peer)
        timer = HTTPTimer(loop: core.loop, timeout: core.options.timeout)
    }

    // MARK: Events of the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        timer.expired = { [weak self] wait in
            guard let self else { return }
            perform(exchange.timedOut(wait))
        }
        core.opened(self)
        settle()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        perform(exchange.receive(buffer.readBytes(length: buffer.readableBytes) ?? []))
        if exchange.isReceiving, let violation = core.lackOfBytes(for: peer) { refuse(violation) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if exchange.wantsInput { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { perform(exchange.inputEnded()) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        timer.stop()
        perform(exchange.connectionClosed())
        pieceTaken.take()?(false)
        core.closed(self)
    }

    // MARK: Events of the server

    /// The handler is done with the request that this connection handed over.
    func finish(_ outcome: HTTPServerExchange.Outcome) { perform(exchange.finish(outcome)) }

    /// Sends a piece of a streamed body.
    /// - Parameter taken: called once, now or later: whether the kernel took it.
    func send(_ piece: [UInt8], of response: HTTPResponse, taken: @escaping (Bool) -> Void) {
        pieceTaken = taken
        let actions = exchange.send(piece, of: response)
        perform(actions)
        if actions.isEmpty { pieceTaken.take()?(false) }
    }

    func refuse(_ violation: HTTPViolation) { perform(exchange.refuse(violation)) }

    func drain() { perform(exchange.drain()) }

    func cut() { context?.close(promise: nil) }

    // MARK: Performing

    private func perform(_ more: [HTTPServerExchange.Action]) {
        actions.append(contentsOf: more)
        guard !isPerforming else { return }
        isPerforming = true
        var index = 0
        while index < actions.count {
            perform(actions[index])
            index += 1
        }
        actions.removeAll(keepingCapacity: true)
        isPerforming = false
        settle()
    }

    private func perform(_ action: HTTPServerExchange.Action) {
        switch action {
        case .handle(let request): core.admit(request, from: self)
        case .interim(let bytes): write(bytes)
        case .answer(let response, let framing, let persistence, let body):
            writeHead(response, framing, persistence, isLast: body.isEmpty)
            if !body.isEmpty { writeLast(body) }
        case .begin(let response, let framing, let persistence):
            writeHead(response, framing, persistence, isLast: false)
        case .piece(let bytes): writePiece(bytes)
        case .lastPiece(let bytes): writeLast(bytes)
        case .refused(let violation):
            core.report(.requestRefused(peer, status: violation.status, reason: violation.reason))
        case .dropped(let reason): core.report(.responseDropped(peer, reason: reason))
        case .closeOutput: context?.close(mode: .output, promise: nil)
        case .close: context?.close(promise: nil)
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func writeHead(
        _ response: HTTPResponse, _ framing: HTTPResponseText.Framing, _ persistence: HTTPResponseText.Persistence,
        isLast: Bool
    ) {
        let head = HTTPResponseText.head(response, framing, persistence: persistence, date: core.date())
        if isLast { return writeLast(head) }
        context?.write(wrapOutboundOut(ByteBuffer(bytes: head)), promise: nil)
    }

    /// The end of a response. A failed write closes the channel, which is an event of its own.
    private func writeLast(_ bytes: [UInt8]) {
        write(bytes) { self.perform(self.exchange.flushed()) }
    }

    private func writePiece(_ bytes: [UInt8]) {
        write(bytes) {
            self.exchange.pieceFlushed()
            self.perform([])
            self.pieceTaken.take()?(true)
        }
    }

    private func write(_ bytes: [UInt8], flushed: @escaping () -> Void) {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess(flushed)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: written)
    }

    /// Brings accounts, timer and reading in line with the exchange's state.
    private func settle() {
        let held = exchange.heldBytes
        core.account(held - accountedBytes, to: peer)
        accountedBytes = held
        guard let context, context.channel.isActive else { return }
        timer.set(exchange.wait)
        if exchange.wantsInput { context.read() }
    }
}
