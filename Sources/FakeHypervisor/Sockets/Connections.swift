import NIOCore
import Synchronization

/// The connections that are open, to be closed at the end. More than 64 are not kept.
final class Connections: Sendable {
    private static let bound = 64

    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// Closes the connection at once when there are too many.
    func add(_ channel: any Channel) {
        let isKept = channels.withLock { channels in
            guard channels.count < Self.bound else { return false }
            channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isKept else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            self.channels.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    /// Returns when all are closed.
    func closeAll() async {
        let open = channels.withLock { Array($0.values) }
        for channel in open {
            channel.close(promise: nil)
            do {
                try await channel.closeFuture.get()
            } catch {
                // A close that fails leaves a connection that is closed all the same.
            }
        }
    }
}
