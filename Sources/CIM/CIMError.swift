/// The status codes of CIM operations. Source: DSP0200 5.3 (table of status codes).
package enum CIMStatusCode: UInt32, Hashable, Sendable, CaseIterable {
    case failed = 1
    case accessDenied = 2
    case invalidNamespace = 3
    case invalidParameter = 4
    case invalidClass = 5
    case notFound = 6
    case notSupported = 7
    case classHasChildren = 8
    case classHasInstances = 9
    case invalidSuperclass = 10
    case alreadyExists = 11
    case noSuchProperty = 12
    case typeMismatch = 13
    case queryLanguageNotSupported = 14
    case invalidQuery = 15
    case methodNotAvailable = 16
    case methodNotFound = 17
    case namespaceNotEmpty = 20
    case invalidEnumerationContext = 21
    case invalidOperationTimeout = 22
    case pullHasBeenAbandoned = 23
    case pullCannotBeAbandoned = 24
    case filteredEnumerationNotSupported = 25
    case continuationOnErrorNotSupported = 26
    case serverLimitsExceeded = 27
    case serverIsShuttingDown = 28
    case queryFeatureNotSupported = 29

    /// The name DSP0200 gives the code (`CIM_ERR_NOT_FOUND`).
    package var symbol: String {
        let words = String(describing: self).reduce(into: "") { text, character in
            if character.isUppercase { text.append("_") }
            text.append(contentsOf: character.uppercased())
        }
        return "CIM_ERR_" + words
    }
}

/// An operation that ended with a CIM status other than success. Equality is by code.
package struct CIMError: Error, Sendable, CustomStringConvertible {
    package let code: CIMStatusCode
    /// For people: what was asked, why it can't be, what to do.
    package let message: String
    /// Further CIM_Error instances (DSP0201 `ERROR` may hold them).
    package let details: [CIMInstance]

    package init(_ code: CIMStatusCode, _ message: String, details: [CIMInstance] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    package var description: String { "\(code.symbol) (\(code.rawValue)): \(message)" }
}

extension CIMError: Equatable {
    package static func == (lhs: CIMError, rhs: CIMError) -> Bool { lhs.code == rhs.code }
}
