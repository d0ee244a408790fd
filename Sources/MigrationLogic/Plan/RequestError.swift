/// Why a request was not accepted. Nothing was started. Equality is by code.
package struct RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable {
        case noSuchGuest
        /// The name stands for more than one guest.
        case ambiguousGuest
        /// No host could be asked, so nobody knows whether the guest exists.
        case guestUnknown
        case noSuchHost
        case invalidDestination
        /// The guest has a job already.
        case guestBusy
        case queueFull
        case noSuchJob
        /// The job has ended, or is past the point where it can be stopped.
        case jobNotCancellable
        /// What both hosts say does not allow what the admin asked for.
        case jobNotResolvable
        /// The journal does not tell what was done: `migrationd recover` comes first.
        case recoveryNeeded
        /// Some hosts could not be read.
        case hostsUnread
        case stopping
        /// The journal does not take the request: nothing can be promised.
        case journalFailed
    }

    package let code: Code
    /// What was asked, what stands against it, what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
    package static func == (lhs: RequestError, rhs: RequestError) -> Bool { lhs.code == rhs.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
