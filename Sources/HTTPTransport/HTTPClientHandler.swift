import NIOCore

/// Performs the calls of one client connection; confined to its event loop.
///
/// A call leaves `call` exactly once, in `finish`: by response, violation, end of connection, deadline or
/// cancellation, whichever comes first.
final class HTTPClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Call {
        var exchange: HTTPClientExchange
        let promise: EventLoopPromise<HTTPClientResponse>
        let deadline: Scheduled<Void>
    }

    private let limits: HTTPClientExchange.Limits
    private let socketPath: String
    private var context: ChannelHandlerContext?
    private var call: Call?

    init(limits: HTTPClientExchange.Limits, socketPath: String) {
        self.limits = limits
        self.socketPath = socketPath
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func call(
        head: [UInt8], body: [UInt8], isHead: Bool, timeout: Duration, promise: EventLoopPromise<HTTPClientResponse>
    ) {
        guard let context, context.channel.isActive else {
            return promise.fail(
                HTTPTransportError(.connectionClosed, "the connection to \(socketPath) is closed: connect again"))
        }
        guard call == nil else {
            return promise.fail(
                HTTPTransportError(
                    .connectionBusy, "a call is under way on this connection: wait for it, or open another"))
        }
        let deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
            self.fail(.deadlineExceeded, "no whole response came from \(self.socketPath) within \(timeout)")
        }
        call = Call(exchange: HTTPClientExchange(limits: limits, isHead: isHead), promise: promise, deadline: deadline)
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: body)), promise: nil)
    }

    func cancel(_ promise: EventLoopPromise<HTTPClientResponse>) {
        guard let call, call.promise.futureResult === promise.futureResult else { return }
        fail(.cancelled, "the call to \(socketPath) was cancelled")
    }

    // MARK: Events of the channel

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard let bytes = buffer.readBytes(length: buffer.readableBytes) else { return }
        // A server that speaks unasked is closing, or confused; either way this connection is no more use.
        guard call != nil else { return context.close(promise: nil) }
        do {
            if let outcome = try call?.exchange.receive(bytes) { succeed(outcome) }
        } catch let violation where violation.status == 413 {
            fail(.responseTooLarge, "the response from \(socketPath) is too large: \(violation.reason)")
        } catch {
            fail(.notHTTP, "what answers at \(socketPath) does not speak HTTP/1.1: \(error.reason)")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        guard call != nil else { return }
        if let outcome = call?.exchange.inputEnded() { return succeed(outcome) }
        let progress = call?.exchange.progress ?? ""
        fail(
            .closedEarly,
            "\(socketPath) closed the connection \(progress): whether it acted on the request is not known")
    }

    // MARK: The end of a call

    private func succeed(_ outcome: HTTPClientExchange.Outcome) {
        finish { $0.succeed(outcome.response) }
        if !outcome.keepsAlive { context?.close(promise: nil) }
    }

    private func fail(_ code: HTTPTransportError.Code, _ message: String) {
        finish { $0.fail(HTTPTransportError(code, message)) }
        context?.close(promise: nil)
    }

    private func finish(_ complete: (EventLoopPromise<HTTPClientResponse>) -> Void) {
        guard let ended = call.take() else { return }
        ended.deadline.cancel()
        complete(ended.promise)
    }
}
