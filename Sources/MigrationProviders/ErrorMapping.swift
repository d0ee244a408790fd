import CIM
import MigrationLogic

extension CIMError {
    /// The one place where a refused request becomes a CIM status. Code 1 with libvirt-cim's words where its clients
    /// match on them.
    init(_ error: RequestError) {
        let code: CIMStatusCode =
            switch error.code {
            case .noSuchGuest, .noSuchHost, .noSuchJob: .notFound
            case .ambiguousGuest, .invalidDestination: .invalidParameter
            case .guestUnknown, .guestBusy, .jobNotCancellable, .jobNotResolvable, .recoveryNeeded, .hostsUnread,
                .journalFailed:
                .failed
            case .queueFull: .serverLimitsExceeded
            case .stopping: .serverIsShuttingDown
            }
        self.init(code, error.message)
    }
}

/// Runs a call of the driver and turns its refusal into a CIM status.
func refusing<Value>(
    _ call: () async throws(RequestError) -> Value
) async throws(CIMError) -> Value {
    do { return try await call() } catch { throw CIMError(error) }
}
