import HypervisorAPI
import Synchronization

/// A client's call from its making to its end. Answer, deadline, cancellation and the end of the connection all come
/// here; the first wins.
final class RemoteExchange: Sendable {
    private enum Progress {
        case notSent
        case sent(RemoteLink, UInt64)
        case over
    }

    let call: RemoteCall
    let uri: HypervisorURI
    /// Where the events go that follow the answer.
    let queue: EventQueue?
    private let reply = Reply<RemoteValue, HypervisorError>()
    private let progress = Mutex(Progress.notSent)

    init(_ call: RemoteCall, _ uri: HypervisorURI, _ queue: EventQueue? = nil) {
        self.call = call
        self.uri = uri
        self.queue = queue
    }

    /// To be awaited once.
    func outcome() async -> Result<RemoteValue, HypervisorError> { await reply.value() }

    func send(on link: RemoteLink) {
        let isSent = progress.withLock { progress in
            guard case .notSent = progress else { return true }
            guard let number = link.send(self) else { return false }
            progress = .sent(link, number)
            return true
        }
        if !isSent { end(.failure(error(.peerGone))) }
    }

    func end(_ result: Result<RemoteValue, HypervisorError>) {
        progress.withLock { $0 = .over }
        reply.resolve(result)
    }

    /// The connection ended before the answer came.
    func lose() { end(.failure(error(.connectionLost))) }

    /// Its caller waits no longer. The call goes on.
    func giveUp(_ why: String) {
        let last = progress.withLock { progress in
            defer { progress = .over }
            return progress
        }
        if case .over = last { return }
        reply.resolve(
            .failure(
                HypervisorError(
                    code: .unknownOutcome, message: "\(why): the outcome is not known", call: call.hostCall.libvirtName,
                    uri: uri.text)))
        if case .sent(let link, let number) = last { link.giveUp(number) }
    }

    func error(_ refusal: Refusal) -> HypervisorError { refusal.error(call: call.hostCall, uri: uri.text) }
}

extension Refusal {
    /// A connection that had ended when the call was to be sent.
    fileprivate static let peerGone = Refusal(.connectionFailed, 38, "Cannot write data: Broken pipe")

    static func noWorld(_ path: String, _ reason: String) -> Refusal {
        Refusal(.connectionFailed, 38, "Failed to connect socket to '\(path)': \(reason)")
    }
}
