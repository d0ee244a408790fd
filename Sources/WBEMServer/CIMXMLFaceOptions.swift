import CIM
import HTTPTransport

/// A group of operations that a server carries out as a whole or not. Source: DSP0200 5.5 (the groups), 7.5 (their
/// names in the answer to OPTIONS).
package enum FunctionalGroup: String, CaseIterable, Sendable {
    case basicRead = "basic-read"
    case basicWrite = "basic-write"
    case schemaManipulation = "schema-manipulation"
    case instanceManipulation = "instance-manipulation"
    case associationTraversal = "association-traversal"
    case queryExecution = "query-execution"
    case qualifierDeclaration = "qualifier-declaration"

    /// The group's operations; of GetProperty and SetProperty, which DSP0200 1.4 deprecates, only the latter makes a
    /// group.
    package var operations: [CIMName] {
        switch self {
        case .basicRead:
            [
                "GetClass", "EnumerateClasses", "EnumerateClassNames", "GetInstance", "EnumerateInstances",
                "EnumerateInstanceNames",
            ]
        case .basicWrite: ["SetProperty"]
        case .schemaManipulation: ["CreateClass", "ModifyClass", "DeleteClass"]
        case .instanceManipulation: ["CreateInstance", "ModifyInstance", "DeleteInstance"]
        case .associationTraversal: ["Associators", "AssociatorNames", "References", "ReferenceNames"]
        case .queryExecution: ["ExecQuery"]
        case .qualifierDeclaration: ["GetQualifier", "SetQualifier", "DeleteQualifier", "EnumerateQualifiers"]
        }
    }

    /// The groups that this server carries out (`theGroupsThatAreToldAreThoseCarriedOut`).
    package static let supported: [FunctionalGroup] = [
        .basicRead, .basicWrite, .instanceManipulation, .associationTraversal, .queryExecution,
    ]
    /// The query languages that it understands, by the names that ExecQuery takes.
    package static let queryLanguages = QueryLanguage.ofStatements.map(\.rawValue)
}

/// The answer to OPTIONS: what a client can ask of this server. Source: DSP0200 7.5, RFC 2774 5 (`Opt`), RFC 9110 9.3.7.
enum CapabilitiesAnswer {
    static let methods = "OPTIONS, POST, M-POST"
    /// The number that makes the extension fields ours; any two digits do.
    private static let number = "77"

    static func response() -> HTTPResponse {
        let prefix = HeaderPrefix.number(number)
        var fields = HTTPHeaderFields([("Allow", methods), ("Opt", "\(HeaderPrefix.extensionURI) ; ns=\(number)")])
        prefix.append("CIMProtocolVersion", "1.0", to: &fields)
        prefix.append(
            "CIMSupportedFunctionalGroups", FunctionalGroup.supported.map(\.rawValue).joined(separator: ", "),
            to: &fields)
        // CIMSupportsMultipleOperations is left out: a message holds one operation here.
        prefix.append(
            "CIMSupportedQueryLanguages", FunctionalGroup.queryLanguages.joined(separator: ", "), to: &fields)
        // Documents are checked against the document type (DSP0203), save what it leaves open.
        prefix.append("CIMValidation", "validating", to: &fields)
        return HTTPResponse(status: 200, headers: fields)
    }
}
