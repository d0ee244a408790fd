import FoundationEssentials
import HypervisorAPI
import NIOCore

/// What a client writes to the process that keeps the world: a JSON object on each line. Numbers are the client's own;
/// one is not used again while its call is under way.
enum RemoteRequest: Hashable, Sendable, Codable {
    /// The first line, and only that.
    case begin(SimulatedHypervisor.Options)
    case call(UInt64, uri: String, RemoteCall)
    /// Nobody waits for the call's answer, or for its events, any more. The call goes on.
    case giveUp(UInt64)
}

/// What that process writes.
enum RemoteMessage: Hashable, Sendable, Codable {
    case answer(UInt64, RemoteValue)
    case failure(UInt64, HypervisorError)
    /// After `answer` to `events`.
    case event(UInt64, HostEvent)
    case eventsEnded(UInt64)
}

/// Messages to lines and back.
enum RemoteLine {
    /// Bytes of a request, its newline not counted.
    static let longestRequest = 1 << 20
    /// Bytes of what comes back.
    static let longestMessage = 64 << 20
    /// No deadline is longer; times beyond it could not be added up.
    static let longestDeadline = Duration.seconds(366 * 86_400)

    static func bytes(of message: some Encodable) throws -> ByteBuffer {
        var bytes = ByteBuffer(bytes: try JSONEncoder().encode(message))
        bytes.writeInteger(UInt8(ascii: "\n"))
        return bytes
    }

    /// - Throws: `DecodingError`
    static func read<Message: Decodable>(_ type: Message.Type, _ line: ByteBuffer) throws -> Message {
        try JSONDecoder().decode(type, from: Data(line.readableBytesView))
    }
}

extension RemoteRequest {
    /// Whether the world can reckon with its times.
    var hasSoundDeadline: Bool {
        switch self {
        case .begin(let options): Self.isSound(options.callDeadline)
        case .call(_, _, .migrate(_, _, let deadline)): Self.isSound(deadline)
        case .call, .giveUp: true
        }
    }

    private static func isSound(_ deadline: Duration) -> Bool {
        deadline >= .zero && deadline <= RemoteLine.longestDeadline
    }
}
