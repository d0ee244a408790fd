// The peer of a benchmark: the least that answers HTTP with NIO. It reads a request with NIO's own parser, looks at
// nothing in it, and answers fixed bytes: `bench-nio-peer SOCKET BODY-FILE`.
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

final class FixedAnswer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let body: ByteBuffer

    init(body: ByteBuffer) { self.body = body }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let headers: HTTPHeaders = [
            "Content-Type": "application/xml; charset=\"utf-8\"", "CIMOperation": "MethodResponse",
            "Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Content-Length": "\(body.readableBytes)",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

func contents(of path: String) -> ByteBuffer? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var buffer = ByteBuffer()
    var piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { buffer.writeBytes(piece[..<count]) }
    return buffer
}

guard CommandLine.arguments.count == 3, let body = contents(of: CommandLine.arguments[2]) else {
    print("usage: bench-nio-peer SOCKET BODY-FILE")
    exit(2)
}
// One thread, like the server that it is compared with.
let listener = try ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
    .serverChannelOption(.backlog, value: 1024)
    .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            try channel.pipeline.syncOperations.addHandler(FixedAnswer(body: body))
        }
    }
    .bind(unixDomainSocketPath: CommandLine.arguments[1]).wait()
try listener.closeFuture.wait()
