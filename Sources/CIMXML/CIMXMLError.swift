import CIM
import XML

/// Why a CIM-XML document was refused as a message. Equality is by code.
package struct CIMXMLError: Error, Sendable, CustomStringConvertible {
    /// The values of the CIMError header that concern the document. Source: DSP0200 6.3.5 (`CIMError`).
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case notWellFormed = "request-not-well-formed"
        case notValid = "request-not-valid"
        case multipleRequestsUnsupported = "multiple-requests-unsupported"
        case unsupportedCIMVersion = "unsupported-cim-version"
        case unsupportedDTDVersion = "unsupported-dtd-version"
        case unsupportedProtocolVersion = "unsupported-protocol-version"

        /// What a server answers: 400 Bad Request or 501 Not Implemented (DSP0200 6.3.5).
        package var httpStatus: UInt16 {
            switch self {
            case .notWellFormed, .notValid: 400
            case .multipleRequestsUnsupported, .unsupportedCIMVersion, .unsupportedDTDVersion,
                .unsupportedProtocolVersion:
                501
            }
        }
    }

    /// The call in which something is wrong that no document type rules: a name that is none, a value of another type.
    /// Such a call can be answered; the message around it is right.
    package struct Call: Hashable, Sendable {
        package let messageID: String
        package let name: CIMName
        /// A METHODCALL rather than an IMETHODCALL.
        package let isMethod: Bool
    }

    package let code: Code
    /// What to answer the call with, when that is what is wrong; `nil` where the document itself is.
    package let status: CIMStatusCode?
    /// The call, as soon as it is known.
    package private(set) var call: Call?
    /// For people: which element is wrong, and what would be right.
    package let message: String
    package let position: XMLPosition?

    package init(_ code: Code, _ message: String, at position: XMLPosition? = nil, status: CIMStatusCode? = nil) {
        self.code = code
        self.status = status
        self.message = message
        self.position = position
    }

    func concerning(_ call: Call) -> CIMXMLError {
        var error = self
        error.call = call
        return error
    }

    /// A document over a limit may well be well-formed; it is only not one that this side takes.
    init(_ error: XMLParseError) {
        let code: Code =
            switch error.code {
            case .tooLarge, .tooDeep, .tooManyElements, .tooManyAttributes, .tagTooLong: .notValid
            case .notWellFormed, .documentTypeForbidden, .entityForbidden, .encodingUnsupported, .invalidUTF8,
                .forbiddenCharacter, .parserUnavailable:
                .notWellFormed
            }
        self.init(code, error.message, at: error.position)
    }

    package var description: String { position.map { "\($0): \(message)" } ?? message }
}

extension CIMXMLError: Equatable {
    package static func == (lhs: CIMXMLError, rhs: CIMXMLError) -> Bool { lhs.code == rhs.code }
}
