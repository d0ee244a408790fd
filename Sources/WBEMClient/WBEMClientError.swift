import CIM
import HTTPTransport

/// Why a call has no result. Equality is by what went wrong, not by the words.
package struct WBEMClientError: Error, Sendable {
    package enum Code: Sendable {
        /// No HTTP response came.
        case transport(HTTPTransportError)
        /// The server answered with another status than 200.
        /// - Parameter cimError: the value of the CIMError field (DSP0200 6.3.5), where there is one.
        case http(status: UInt16, cimError: String?)
        /// What the server answered is not the response to this call.
        case malformedResponse
        /// The server carried out the call, and it ended with a CIM status other than success.
        case status(CIMError)
    }

    package let code: Code
    /// The operation or method that was called.
    package let operation: String
    package let socketPath: String
    /// What came back, for people.
    package let message: String

    package init(_ code: Code, _ message: String, operation: String, socketPath: String) {
        self.code = code
        self.message = message
        self.operation = operation
        self.socketPath = socketPath
    }

    /// The CIM status; `nil` when the call did not get that far.
    package var status: CIMError? {
        if case .status(let error) = code { error } else { nil }
    }
}

extension WBEMClientError.Code: Equatable {
    package static func == (lhs: Self, rhs: Self) -> Bool {
        switch (lhs, rhs) {
        case (.transport(let lhs), .transport(let rhs)): lhs == rhs
        case (.http(let lhs, let lhsError), .http(let rhs, let rhsError)): lhs == rhs && lhsError == rhsError
        case (.malformedResponse, .malformedResponse): true
        case (.status(let lhs), .status(let rhs)): lhs == rhs
        default: false
        }
    }
}

extension WBEMClientError: Equatable {
    package static func == (lhs: WBEMClientError, rhs: WBEMClientError) -> Bool { lhs.code == rhs.code }
}

extension WBEMClientError: CustomStringConvertible {
    package var description: String { "\(operation) at \(socketPath): \(message)" }
}
