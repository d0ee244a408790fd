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
        if exchange.isReceiving, core.isOverBudget {
            refuse(HTTPViolation(503, "the server holds as many bytes for its clients as it may: try again later"))
        }
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
        core.closed(self)
    }

    // MARK: Events of the server

    /// The handler's response to the request this connection handed over.
    func respond(_ response: HTTPResponse) { perform(exchange.respond(response)) }

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
        case .answer(let response, let persistence, let isHead): answer(response, persistence, isHead: isHead)
        case .refused(let violation):
            core.report(.requestRefused(peer, status: violation.status, reason: violation.reason))
        case .dropped(let reason): core.report(.responseDropped(peer, reason: reason))
        case .closeOutput: context?.close(mode: .output, promise: nil)
        case .close: context?.close(promise: nil)
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private func answer(_ response: HTTPResponse, _ persistence: HTTPResponseText.Persistence, isHead: Bool) {
        guard let context else { return }
        let head = HTTPResponseText.head(response, persistence: persistence, date: core.date())
        let body = HTTPResponseText.body(response, isHead: isHead)
        let written = context.eventLoop.makePromise(of: Void.self)
        // A failed write closes the channel, which is an event of its own.
        written.futureResult.assumeIsolated().whenSuccess { self.perform(self.exchange.flushed()) }
        if body.isEmpty {
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: head)), promise: written)
        } else {
            context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: body)), promise: written)
        }
    }

    /// Brings accounts, timer and reading in line with the exchange's state.
    private func settle() {
        let held = exchange.heldBytes
        core.account(held - accountedBytes)
        accountedBytes = held
        guard let context, context.channel.isActive else { return }
        timer.set(exchange.wait)
        if exchange.wantsInput { context.read() }
    }
}
