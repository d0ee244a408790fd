import CLibvirt
import Glibc
import HypervisorAPI

/// An open connection as the calls use it: within one synchronous function on a thread that may block. Every handle
/// that a call gets is freed before the function returns, and every error copied before that.
struct Session {
    let connection: OpaquePointer
    let uri: String

    init(_ link: LibvirtLink, _ uri: HypervisorURI) {
        connection = link.connection
        self.uri = uri.text
    }

    /// The error of the call that just failed on this thread.
    func failure(_ call: String) -> HypervisorError {
        let error = HypervisorError.lastOfThisThread(call: call, uri: uri)
        guard ErrorCodes.mayMeanConnectionLost(error.number), virConnectIsAlive(connection) != 1 else { return error }
        return error.asConnectionLost()
    }

    func check(_ status: Int32, _ call: String) throws(HypervisorError) {
        if status < 0 { throw failure(call) }
    }

    /// - Parameter text: a string that the caller has to free; `nil` when the call failed.
    func take(_ text: UnsafeMutablePointer<CChar>?, _ call: String) throws(HypervisorError) -> String {
        guard let text else { throw failure(call) }
        defer { free(text) }
        return String(cString: text)
    }

    /// - Throws: `noSuchDomain` among others.
    func withDomain<Value>(
        _ uuid: DomainUUID, _ body: (OpaquePointer) throws(HypervisorError) -> Value
    ) throws(HypervisorError) -> Value {
        guard let domain = virDomainLookupByUUIDString(connection, uuid.text) else {
            throw failure("virDomainLookupByUUIDString")
        }
        defer { virDomainFree(domain) }
        return try body(domain)
    }

    func withDomain<Value>(
        named name: String, _ body: (OpaquePointer) throws(HypervisorError) -> Value
    ) throws(HypervisorError) -> Value {
        guard let domain = virDomainLookupByName(connection, name) else { throw failure("virDomainLookupByName") }
        defer { virDomainFree(domain) }
        return try body(domain)
    }

    /// What a call requires does not hold, so it was not made.
    func refusal(_ message: String, _ call: String) -> HypervisorError {
        HypervisorError(code: .operationInvalid, message: "not sent: \(message)", call: call, uri: uri)
    }

    /// What the hypervisor said makes no sense to us.
    func nonsense(_ message: String, _ call: String) -> HypervisorError {
        HypervisorError(code: .internalError, message: message, call: call, uri: uri)
    }
}
