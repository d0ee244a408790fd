import CIM
import XML

extension CIMXMLRequest {
    /// Reads a request message.
    /// - Throws: `CIMXMLError`, whose code is the CIMError header to answer with.
    package init(parsing bytes: [UInt8], limits: XMLLimits = .default) throws(CIMXMLError) {
        let message = try Message(parsing: bytes, limits: limits)
        let call = try message.body.contents { (inner) throws(CIMXMLError) -> CIMXMLCall in
            switch message.body.name {
            case "SIMPLEREQ":
                try inner.skipCorrelators()
                let call = try inner.required("METHODCALL", "IMETHODCALL")
                return try call.operation(messageID: message.id)
            case "SIMPLEEXPREQ":
                try inner.skipCorrelators()
                return .export(try inner.required("EXPMETHODCALL").exportCall())
            default: throw message.body.invalid("<\(message.body.name)> is not a request")
            }
        }
        self.init(messageID: message.id, call: call, versions: message.versions)
    }
}

extension CIMXMLResponse {
    /// Reads a response message.
    package init(parsing bytes: [UInt8], limits: XMLLimits = .default) throws(CIMXMLError) {
        let message = try Message(parsing: bytes, limits: limits)
        let response = try message.body.contents { (inner) throws(CIMXMLError) -> ElementReader in
            switch message.body.name {
            case "SIMPLERSP": return try inner.required("METHODRESPONSE", "IMETHODRESPONSE")
            case "SIMPLEEXPRSP": return try inner.required("EXPMETHODRESPONSE")
            default: throw message.body.invalid("<\(message.body.name)> is not a response")
            }
        }
        self.init(
            messageID: message.id, name: try response.cimName("NAME"), reply: try response.reply(),
            versions: message.versions)
    }
}

/// CIM and MESSAGE, with their versions checked.
private struct Message {
    let id: String
    let versions: CIMXMLVersions
    let body: ElementReader

    init(parsing bytes: [UInt8], limits: XMLLimits) throws(CIMXMLError) {
        let root: XMLElement
        do { root = try XMLElement(parsing: bytes, limits: limits) } catch { throw CIMXMLError(error) }
        guard root.name == "CIM" else {
            throw CIMXMLError(.notValid, "the root element is <\(root.name)>, not <CIM>", at: root.position)
        }
        let cim = try ElementReader(root)
        var versions = CIMXMLVersions()
        versions.cim = try cim.version("CIMVERSION", major: "2", .unsupportedCIMVersion)
        versions.dtd = try cim.version("DTDVERSION", major: "2", .unsupportedDTDVersion)
        let message = try cim.contents { (inner) throws(CIMXMLError) in try inner.required("MESSAGE") }
        versions.protocol = try message.version("PROTOCOLVERSION", major: "1", .unsupportedProtocolVersion)
        self.versions = versions
        id = try message.required(attribute: "ID")
        body = try message.contents { (inner) throws(CIMXMLError) in
            if inner.next == "MULTIREQ" || inner.next == "MULTIEXPREQ" {
                throw CIMXMLError(
                    .multipleRequestsUnsupported, "send each request in a message of its own",
                    at: message.element.position)
            }
            return try inner.required(
                "SIMPLEREQ", "SIMPLERSP", "SIMPLEEXPREQ", "SIMPLEEXPRSP", "MULTIRSP", "MULTIEXPRSP")
        }
    }
}

extension ElementReader {
    /// `M.N` or `M.N.U`; only the major version is judged (DSP0201 5.2.1).
    fileprivate func version(
        _ attribute: String, major: String, _ code: CIMXMLError.Code
    ) throws(CIMXMLError) -> String {
        let text = try required(attribute: attribute)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isVersion = (2...3).contains(parts.count) && parts.allSatisfy { UInt16($0) != nil }
        guard isVersion, parts[0] == major else {
            throw CIMXMLError(code, "\(attribute)=\"\(text)\" is not supported; send \(major).x", at: element.position)
        }
        return text
    }

    /// Operation correlators (DSP0201 2.4) are for the server's log only; ours has other means.
    fileprivate mutating func skipCorrelators() throws(CIMXMLError) {
        for correlator in try all("CORRELATOR") {
            try correlator.contents { (inner) throws(CIMXMLError) in _ = try inner.required("VALUE") }
        }
    }

    // MARK: Calls

    /// METHODCALL or IMETHODCALL.
    fileprivate func operation(messageID: String) throws(CIMXMLError) -> CIMXMLCall {
        guard let name = CIMName(try required(attribute: "NAME")) else {
            throw invalid("the NAME of <\(self.name)> is not a CIM name")
        }
        let isMethod = self.name == "METHODCALL"
        do {
            return isMethod ? .method(try methodCall()) : .intrinsic(try intrinsicCall())
        } catch {
            throw error.concerning(CIMXMLError.Call(messageID: messageID, name: name, isMethod: isMethod))
        }
    }

    fileprivate func intrinsicCall() throws(CIMXMLError) -> IntrinsicCall {
        let name = try cimName("NAME")
        return try contents { (inner) throws(CIMXMLError) in
            let namespace = try inner.required("LOCALNAMESPACEPATH").localNamespace()
            let parameters = try inner.all("IPARAMVALUE").map { (child) throws(CIMXMLError) in
                IntrinsicParameter(
                    try child.cimName("NAME"), try child.singleItem(of: CIMXMLItem.inIntrinsicParameter))
            }
            return IntrinsicCall(name, namespace: namespace, parameters: parameters)
        }
    }

    fileprivate func methodCall() throws(CIMXMLError) -> MethodCall {
        let name = try cimName("NAME")
        return try contents { (inner) throws(CIMXMLError) in
            let target = try inner.required("LOCALINSTANCEPATH", "LOCALCLASSPATH").path()
            return MethodCall(name, on: target, arguments: try inner.arguments())
        }
    }

    fileprivate func exportCall() throws(CIMXMLError) -> ExportCall {
        let name = try cimName("NAME")
        return try contents { (inner) throws(CIMXMLError) in
            let parameters = try inner.all("EXPPARAMVALUE").map { (child) throws(CIMXMLError) in
                ExportCall.Parameter(
                    try child.cimName("NAME"),
                    try child.contents { (value) throws(CIMXMLError) in try value.optional("INSTANCE")?.instance() })
            }
            return ExportCall(name, parameters: parameters)
        }
    }

    private mutating func arguments() throws(CIMXMLError) -> [CIMXMLArgument] {
        try all("PARAMVALUE").map { (child) throws(CIMXMLError) in
            CIMXMLArgument(try child.cimName("NAME"), try child.typedItem(of: CIMXMLItem.inParameter))
        }
    }

    // MARK: Replies

    fileprivate func reply() throws(CIMXMLError) -> CIMXMLReply {
        try contents { (inner) throws(CIMXMLError) in
            let error = try inner.optional("ERROR").map { (child) throws(CIMXMLError) in try child.cimError() }
            switch name {
            case "METHODRESPONSE":
                return .method(try inner.result(error) { (r) throws(CIMXMLError) in try r.methodResult() })
            case "IMETHODRESPONSE":
                return .intrinsic(try inner.result(error) { (r) throws(CIMXMLError) in try r.intrinsicResult() })
            default:
                if error == nil, let value = try inner.optional("IRETURNVALUE") { _ = try value.intrinsicItems() }
                return .export(error)
            }
        }
    }

    private mutating func result<Value>(
        _ error: CIMError?, _ read: (inout ElementReader) throws(CIMXMLError) -> Value
    ) throws(CIMXMLError) -> Result<Value, CIMError> {
        if let error { return .failure(error) }
        return .success(try read(&self))
    }

    private mutating func methodResult() throws(CIMXMLError) -> MethodResult {
        let value = try optional("RETURNVALUE").map { (child) throws(CIMXMLError) in
            try child.typedItem(of: CIMXMLItem.inReturnValue)
        }
        return MethodResult(value, outParameters: try arguments())
    }

    private mutating func intrinsicResult() throws(CIMXMLError) -> IntrinsicResult {
        let items = try optional("IRETURNVALUE").map { (child) throws(CIMXMLError) in try child.intrinsicItems() }
        return IntrinsicResult(items, outParameters: try arguments())
    }

    /// A code that DSP0200 does not define counts as CIM_ERR_FAILED, with the number in the message.
    private func cimError() throws(CIMXMLError) -> CIMError {
        let text = try required(attribute: "CODE")
        guard let number = UInt32(text) else { throw invalid("CODE=\"\(text)\" is not a number") }
        let details = try contents { (inner) throws(CIMXMLError) in
            try inner.all("INSTANCE").map { (child) throws(CIMXMLError) in try child.instance() }
        }
        let description = attribute("DESCRIPTION") ?? ""
        guard let code = CIMStatusCode(rawValue: number) else {
            return CIMError(.failed, "status \(number): \(description)", details: details)
        }
        return CIMError(code, description, details: details)
    }

    // MARK: Content

    private func intrinsicItems() throws(CIMXMLError) -> [CIMXMLItem] {
        try contents { (inner) throws(CIMXMLError) in
            var items: [CIMXMLItem] = []
            guard let kind = inner.next else { return items }
            guard CIMXMLItem.inIntrinsicReturnValue.contains(kind) else {
                throw invalid("<\(kind)> may not stand in <IRETURNVALUE>")
            }
            while let child = try inner.optional(in: [kind]) { items.append(try CIMXMLItem(child)) }
            return items
        }
    }

    private func singleItem(of kinds: [String]) throws(CIMXMLError) -> CIMXMLItem? {
        try contents { (inner) throws(CIMXMLError) in
            guard let child = try inner.optional(in: kinds) else { return nil }
            return try CIMXMLItem(child)
        }
    }

    private func typedItem(of kinds: [String]) throws(CIMXMLError) -> CIMXMLTypedItem {
        let item = try singleItem(of: kinds)
        let embedding = try embedding()
        switch attribute("PARAMTYPE") {
        case nil: return CIMXMLTypedItem(type: nil, embedding: embedding, item: item)
        case "instance": return CIMXMLTypedItem(type: .string, embedding: embedding ?? .instance, item: item)
        case "object": return CIMXMLTypedItem(type: .string, embedding: embedding ?? .object, item: item)
        case .some(let text):
            guard let type = CIMType(rawValue: text) else { throw invalid("PARAMTYPE=\"\(text)\" is not a type") }
            return CIMXMLTypedItem(type: type, embedding: embedding, item: item)
        }
    }
}
