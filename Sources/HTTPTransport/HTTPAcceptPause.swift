import NIOCore

/// Stops accepting for a second when the system has no descriptor or memory for another connection. Without it
/// the event loop would try again at once and for ever: the connection that could not be accepted stays in the
/// queue and keeps the listener readable. (NIO's `AcceptBackoffHandler` delays reads; a read that failed was never
/// withdrawn, so there is none to delay.)
final class HTTPAcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let report: @Sendable (HTTPServerEvent) -> Void

    init(report: @escaping @Sendable (HTTPServerEvent) -> Void) { self.report = report }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        report(.acceptFailed(reason: (error as? IOError).map { errorText($0.errnoCode) } ?? "\(error)"))
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenSuccess {
            // Fails only once the channel is closed, and then nothing is accepted anyway.
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.setOption(.autoRead, value: true) }
        }
    }
}
