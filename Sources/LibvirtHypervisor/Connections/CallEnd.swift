import HypervisorAPI

/// How a call ends without the hypervisor's own answer.
enum CallEnd: Sendable {
    /// Too many calls are past their deadline and still hold their threads.
    case hostStuck(Int)
    /// Too many calls are under way or wait.
    case full(Int)
    case shutDown
    /// `shutDown` while the call was with the hypervisor.
    case interruptedByShutDown
    /// The deadline passed before a connection was made: the call was never sent.
    case neverConnected
    /// The deadline passed before the call's turn came: it was never sent.
    case neverStarted
    /// The deadline passed while the call was with the hypervisor.
    case deadlinePassed
    /// The waiting task was cancelled before the call's turn came: it was never sent.
    case cancelledUnsent
    /// The waiting task was cancelled while the call was with the hypervisor.
    case cancelled
    /// The connection that the call waited for could not be made.
    case connectionFailed(HypervisorError)
    case noThread(ThreadError)

    func error(call: String, uri: String) -> HypervisorError {
        switch self {
        case .connectionFailed(let cause):
            HypervisorError(
                code: .connectionFailed, number: cause.number, message: cause.message, call: cause.call, uri: uri)
        case .hostStuck(let count):
            HypervisorError(
                code: .hostStuck,
                message: "not sent: \(count) calls to this host are past their deadline and have not returned",
                call: call, uri: uri)
        case .full(let count):
            HypervisorError(
                code: .hostStuck, message: "not sent: \(count) calls to this host are under way or waiting", call: call,
                uri: uri)
        case .neverStarted:
            HypervisorError(
                code: .hostStuck, message: "not sent: the calls before it did not end in time", call: call, uri: uri)
        case .noThread(let error):
            HypervisorError(code: .hostStuck, message: "not sent: \(error.message)", call: call, uri: uri)
        case .neverConnected:
            HypervisorError(
                code: .connectionFailed, message: "not sent: no connection was made in time", call: call, uri: uri)
        case .shutDown:
            HypervisorError(code: .shutDown, message: "not sent: this process is stopping", call: call, uri: uri)
        case .interruptedByShutDown:
            HypervisorError(
                code: .connectionLost, message: "given up because this process is stopping", call: call, uri: uri)
        case .deadlinePassed:
            HypervisorError(
                code: .unknownOutcome, message: "no answer before the deadline; the call may still take effect",
                call: call, uri: uri)
        case .cancelledUnsent:
            HypervisorError(code: .unknownOutcome, message: "not sent: no longer awaited", call: call, uri: uri)
        case .cancelled:
            HypervisorError(
                code: .unknownOutcome, message: "no longer awaited; the call may still take effect", call: call,
                uri: uri)
        }
    }
}
