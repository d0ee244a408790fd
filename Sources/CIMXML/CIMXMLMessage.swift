import CIM
import XML

/// The versions a message declares (attributes of CIM and MESSAGE). What is written is what every known client and
/// server understands.
package struct CIMXMLVersions: Hashable, Sendable {
    package var cim = "2.0"
    package var dtd = "2.0"
    package var `protocol` = "1.0"

    package init() {}
}

// MARK: - Requests

/// IPARAMVALUE.
package struct IntrinsicParameter: Hashable, Sendable {
    package var name: CIMName
    /// `nil` is NULL.
    package var item: CIMXMLItem?

    package init(_ name: CIMName, _ item: CIMXMLItem?) {
        self.name = name
        self.item = item
    }
}

/// IMETHODCALL: an operation that DSP0200 defines (or any other name; the server judges).
package struct IntrinsicCall: Hashable, Sendable {
    package var name: CIMName
    package var namespace: CIMNamespace
    package var parameters: [IntrinsicParameter]

    package init(_ name: CIMName, namespace: CIMNamespace, parameters: [IntrinsicParameter] = []) {
        self.name = name
        self.namespace = namespace
        self.parameters = parameters
    }
}

/// METHODCALL: a method of a class or an instance.
package struct MethodCall: Hashable, Sendable {
    package var name: CIMName
    /// With its namespace; without a host.
    package var target: CIMObjectPath
    package var arguments: [CIMXMLArgument]

    package init(_ name: CIMName, on target: CIMObjectPath, arguments: [CIMXMLArgument] = []) {
        self.name = name
        self.target = target
        self.arguments = arguments
    }
}

/// EXPMETHODCALL: what a server sends a listener.
package struct ExportCall: Hashable, Sendable {
    package struct Parameter: Hashable, Sendable {
        package var name: CIMName
        package var instance: CIMInstance?

        package init(_ name: CIMName, _ instance: CIMInstance?) {
            self.name = name
            self.instance = instance
        }
    }

    package var name: CIMName
    package var parameters: [Parameter]

    package init(_ name: CIMName, parameters: [Parameter]) {
        self.name = name
        self.parameters = parameters
    }
}

package enum CIMXMLCall: Hashable, Sendable {
    case intrinsic(IntrinsicCall)
    case method(MethodCall)
    case export(ExportCall)

    package var name: CIMName {
        switch self {
        case .intrinsic(let call): call.name
        case .method(let call): call.name
        case .export(let call): call.name
        }
    }
}

/// A request message with one call. Source: DSP0201 5.2.6.
package struct CIMXMLRequest: Hashable, Sendable {
    package var messageID: String
    package var versions: CIMXMLVersions
    package var call: CIMXMLCall

    package init(messageID: String, call: CIMXMLCall, versions: CIMXMLVersions = CIMXMLVersions()) {
        self.messageID = messageID
        self.call = call
        self.versions = versions
    }
}

// MARK: - Responses

/// What an intrinsic operation returned.
package struct IntrinsicResult: Hashable, Sendable {
    /// The elements of IRETURNVALUE, all of one kind; `nil` when there is no IRETURNVALUE (a void operation).
    package var returnValue: [CIMXMLItem]?
    package var outParameters: [CIMXMLArgument]

    package init(_ returnValue: [CIMXMLItem]?, outParameters: [CIMXMLArgument] = []) {
        self.returnValue = returnValue
        self.outParameters = outParameters
    }
}

/// What a method returned.
package struct MethodResult: Hashable, Sendable {
    package var returnValue: CIMXMLTypedItem?
    package var outParameters: [CIMXMLArgument]

    package init(_ returnValue: CIMXMLTypedItem?, outParameters: [CIMXMLArgument] = []) {
        self.returnValue = returnValue
        self.outParameters = outParameters
    }

    /// An out-parameter; `nil` when the response does not have it, which means NULL.
    package subscript(name: CIMName) -> CIMXMLTypedItem? { outParameters.first { $0.name == name }?.content }
}

package enum CIMXMLReply: Equatable, Sendable {
    case intrinsic(Result<IntrinsicResult, CIMError>)
    case method(Result<MethodResult, CIMError>)
    /// An export has no return value that means anything.
    case export(CIMError?)
}

/// A response message. Source: DSP0201 5.2.6.
package struct CIMXMLResponse: Equatable, Sendable {
    package var messageID: String
    package var versions: CIMXMLVersions
    /// The call's name, in the request's spelling.
    package var name: CIMName
    package var reply: CIMXMLReply

    package init(messageID: String, name: CIMName, reply: CIMXMLReply, versions: CIMXMLVersions = CIMXMLVersions()) {
        self.messageID = messageID
        self.name = name
        self.reply = reply
        self.versions = versions
    }
}
