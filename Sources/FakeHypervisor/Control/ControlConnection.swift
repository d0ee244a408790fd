import NIOCore

/// One connection to the control socket: lines in, lines out, one after another. It runs on its event loop
/// and never waits there.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of a request, its newline not counted.
    static let longestLine = 65_536
    /// Bytes that may wait behind a request that waits.
    private static let longestBacklog = 4 * longestLine

    private enum Waiting {
        case no
        case yes(WaitID?)
    }

    private let world: SimulatedWorld
    private var received = LineBuffer()
    private var waiting = Waiting.no

    init(world: SimulatedWorld) { self.world = world }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(unwrapInboundIn(data))
        takeLines(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .yes(let id?) = waiting { world.endWatch(id) }
        waiting = .no
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func takeLines(_ context: ChannelHandlerContext) {
        while case .no = waiting, let bytes = received.next(longest: Self.longestLine) {
            let line = String(buffer: bytes)
            if !line.allSatisfy(\.isWhitespace) { handle(line, context) }
        }
        let bound = if case .no = waiting { Self.longestLine } else { Self.longestBacklog }
        if received.waitingBytes > bound { refuse(context, bound) }
    }

    private func handle(_ line: String, _ context: ChannelHandlerContext) {
        let later = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let outcome = world.handle(line: line) { answer in
            eventLoop.execute {
                let (connection, context) = later.value
                connection.answerWait(answer, context)
            }
        }
        switch outcome {
        case .answer(let answer): write(answer, context)
        case .waits(let id): waiting = .yes(id)
        }
    }

    private func answerWait(_ answer: String, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        waiting = .no
        write(answer, context)
        takeLines(context)
    }

    private func write(_ answer: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer + "\n")), promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ bound: Int) {
        received.clear()
        let error = SimulationError(
            .tooLong, "more than \(bound) bytes without an answer", remedy: "send shorter lines, one at a time")
        write(ControlAnswer.failure(error), context)
        context.close(promise: nil)
    }
}
