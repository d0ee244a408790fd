import CIM
import XML

extension CIMXMLRequest {
    /// The message as UTF-8.
    package func encoded() -> [UInt8] {
        encode(messageID: messageID, versions: versions) { writer in
            switch call {
            case .intrinsic(let call): writer.element("SIMPLEREQ") { $0.write(call) }
            case .method(let call): writer.element("SIMPLEREQ") { $0.write(call) }
            case .export(let call): writer.element("SIMPLEEXPREQ") { $0.write(call) }
            }
        }
    }
}

extension CIMXMLResponse {
    /// The message as UTF-8.
    package func encoded() -> [UInt8] {
        encode(messageID: messageID, versions: versions) { writer in
            let name = [XMLAttribute("NAME", name.text)]
            switch reply {
            case .intrinsic(.success(let result)):
                writer.element("SIMPLERSP") { $0.element("IMETHODRESPONSE", name) { $0.write(result) } }
            case .intrinsic(.failure(let error)):
                writer.element("SIMPLERSP") { $0.element("IMETHODRESPONSE", name) { $0.write(error) } }
            case .method(.success(let result)):
                writer.element("SIMPLERSP") { $0.element("METHODRESPONSE", name) { $0.write(result) } }
            case .method(.failure(let error)):
                writer.element("SIMPLERSP") { $0.element("METHODRESPONSE", name) { $0.write(error) } }
            case .export(let error):
                writer.element("SIMPLEEXPRSP") { response in
                    response.element("EXPMETHODRESPONSE", name) { if let error { $0.write(error) } }
                }
            }
        }
    }
}

extension CIMXMLResponse {
    /// The bytes before and after the elements of IRETURNVALUE, for an answer that is sent while it is made.
    package static func frame(
        messageID: String, name: CIMName, outParameters: [CIMXMLArgument] = []
    ) -> (head: [UInt8], tail: [UInt8]) {
        let result = IntrinsicResult([], outParameters: outParameters)
        let whole = CIMXMLResponse(messageID: messageID, name: name, reply: .intrinsic(.success(result))).encoded()
        let end = Array("</IRETURNVALUE>".utf8)
        // Text and attributes are escaped, so that this can stand in one place only.
        let split = whole.firstRange(of: end)?.lowerBound ?? whole.endIndex
        return (Array(whole[..<split]), Array(whole[split...]))
    }
}

extension CIMXMLItem {
    /// The element as UTF-8.
    package func encoded() -> [UInt8] {
        var writer = XMLWriter(reservingBytes: 1024)
        writer.write(self)
        return writer.bytes
    }
}

private func encode(messageID: String, versions: CIMXMLVersions, body: (inout XMLWriter) -> Void) -> [UInt8] {
    var writer = XMLWriter(reservingBytes: 1024)
    writer.declaration()
    writer.element(
        "CIM", [XMLAttribute("CIMVERSION", versions.cim), XMLAttribute("DTDVERSION", versions.dtd)]
    ) { cim in
        cim.element(
            "MESSAGE", [XMLAttribute("ID", messageID), XMLAttribute("PROTOCOLVERSION", versions.protocol)]
        ) { body(&$0) }
    }
    return writer.bytes
}

extension XMLWriter {
    fileprivate mutating func write(_ call: IntrinsicCall) {
        element("IMETHODCALL", [XMLAttribute("NAME", call.name.text)]) { writer in
            writer.write(call.namespace)
            for parameter in call.parameters {
                writer.element("IPARAMVALUE", [XMLAttribute("NAME", parameter.name.text)]) {
                    if let item = parameter.item { $0.write(item) }
                }
            }
        }
    }

    fileprivate mutating func write(_ call: MethodCall) {
        element("METHODCALL", [XMLAttribute("NAME", call.name.text)]) { writer in
            writer.write(localPath: call.target)
            for argument in call.arguments { writer.write(argument) }
        }
    }

    fileprivate mutating func write(_ call: ExportCall) {
        element("EXPMETHODCALL", [XMLAttribute("NAME", call.name.text)]) { writer in
            for parameter in call.parameters {
                writer.element("EXPPARAMVALUE", [XMLAttribute("NAME", parameter.name.text)]) {
                    if let instance = parameter.instance { $0.write(instance) }
                }
            }
        }
    }

    fileprivate mutating func write(_ result: IntrinsicResult) {
        if let items = result.returnValue {
            element("IRETURNVALUE") { writer in
                for item in items { writer.write(item) }
            }
        }
        for argument in result.outParameters { write(argument) }
    }

    fileprivate mutating func write(_ result: MethodResult) {
        if let value = result.returnValue { write(value, as: "RETURNVALUE", []) }
        for argument in result.outParameters { write(argument) }
    }

    fileprivate mutating func write(_ error: CIMError) {
        element(
            "ERROR", [XMLAttribute("CODE", String(error.code.rawValue)), XMLAttribute("DESCRIPTION", error.message)]
        ) { writer in
            for instance in error.details { writer.write(instance) }
        }
    }

    private mutating func write(_ argument: CIMXMLArgument) {
        write(argument.content, as: "PARAMVALUE", [XMLAttribute("NAME", argument.name.text)])
    }

    private mutating func write(_ content: CIMXMLTypedItem, as name: String, _ attributes: [XMLAttribute]) {
        var attributes = attributes
        if let type = content.type { attributes.append(XMLAttribute("PARAMTYPE", type.rawValue)) }
        if let embedding = content.embedding { attributes.append(XMLAttribute("EmbeddedObject", embedding.rawValue)) }
        element(name, attributes) { if let item = content.item { $0.write(item) } }
    }
}
