import CIM
import CIMXML

/// What an intrinsic operation answers.
enum IntrinsicAnswer: Sendable {
    case whole(IntrinsicResult)
    /// Made while it is sent.
    case results(InstanceResults, as: @Sendable (LocatedInstance) -> CIMXMLItem)

    static func items(_ items: [CIMXMLItem]) -> IntrinsicAnswer { .whole(IntrinsicResult(items)) }
    /// The operation returns nothing: an answer without IRETURNVALUE.
    static let nothing = IntrinsicAnswer.whole(IntrinsicResult(nil))
}

/// An intrinsic operation: its parameters taken from the message, its answer put into one. Source: DSP0200 5.3.2.
struct IntrinsicOperation {
    let call: IntrinsicCall
    let manager: ObjectManager
    let caller: Caller

    var namespace: CIMNamespace { call.namespace }

    func answer() async -> Result<IntrinsicAnswer, CIMError> {
        do throws(CIMError) {
            return .success(try await perform())
        } catch {
            return .failure(error)
        }
    }

    private func perform() async throws(CIMError) -> IntrinsicAnswer {
        switch call.name {
        case "GetClass": try getClass()
        case "EnumerateClasses": try enumerateClasses()
        case "EnumerateClassNames": try enumerateClassNames()
        case "GetQualifier": try getQualifier()
        case "EnumerateQualifiers": try enumerateQualifiers()
        case "CreateClass": try refuseSchemaChange("NewClass", "CLASS")
        case "ModifyClass": try refuseSchemaChange("ModifiedClass", "CLASS")
        case "DeleteClass": try refuseSchemaChange("ClassName", "CLASSNAME")
        case "SetQualifier": try refuseSchemaChange("QualifierDeclaration", "QUALIFIER.DECLARATION")
        case "DeleteQualifier": try refuseSchemaChange("QualifierName", "VALUE")
        case "GetInstance": try await getInstance()
        case "EnumerateInstances": try await enumerateInstances()
        case "EnumerateInstanceNames": try await enumerateInstanceNames()
        case "CreateInstance": try await createInstance()
        case "ModifyInstance": try await modifyInstance()
        case "DeleteInstance": try await deleteInstance()
        case "GetProperty": try await getProperty()
        case "SetProperty": try await setProperty()
        case "ExecQuery": try await execQuery()
        case "Associators": try await associators()
        case "AssociatorNames": try await associatorNames()
        case "References": try await references()
        case "ReferenceNames": try await referenceNames()
        default: try await pullOperation()
        }
    }

    /// Reads all parameters, after the namespace: that comes first in every list of status codes.
    func parameters<Value>(
        _ read: (inout IntrinsicParameterReader) throws(CIMError) -> Value
    ) throws(CIMError) -> Value {
        try manager.served(namespace)
        var reader = try IntrinsicParameterReader(call)
        let value = try read(&reader)
        try reader.finish()
        return value
    }
}

// MARK: - Classes and qualifiers

extension IntrinsicOperation {
    private func getClass() throws(CIMError) -> IntrinsicAnswer {
        let (name, options) = try parameters { (reader) throws(CIMError) in
            let name = try reader.className("ClassName")
            var options = try reader.classOptions()
            options.propertyList = try reader.propertyList()
            return (name, options)
        }
        return .items([.class(try manager.getClass(name, in: namespace, options))])
    }

    private func enumerateClasses() throws(CIMError) -> IntrinsicAnswer {
        let (name, deep, options) = try parameters { (reader) throws(CIMError) in
            let name = try reader.optionalClassName("ClassName")
            return (name, try reader.flag("DeepInheritance", default: false), try reader.classOptions())
        }
        return .items(
            try manager.enumerateClasses(under: name, in: namespace, deep: deep, options).map(CIMXMLItem.class))
    }

    private func enumerateClassNames() throws(CIMError) -> IntrinsicAnswer {
        let (name, deep) = try parameters { (reader) throws(CIMError) in
            (try reader.optionalClassName("ClassName"), try reader.flag("DeepInheritance", default: false))
        }
        return .items(
            try manager.enumerateClassNames(under: name, in: namespace, deep: deep).map(CIMXMLItem.className))
    }

    private func getQualifier() throws(CIMError) -> IntrinsicAnswer {
        let name = try parameters { (reader) throws(CIMError) in try reader.name("QualifierName") }
        return .items([.qualifierType(try manager.getQualifier(name, in: namespace))])
    }

    private func enumerateQualifiers() throws(CIMError) -> IntrinsicAnswer {
        try parameters { (_) throws(CIMError) in }
        return .items(try manager.enumerateQualifiers(in: namespace).map(CIMXMLItem.qualifierType))
    }

    private func refuseSchemaChange(_ parameter: CIMName, _ element: String) throws(CIMError) -> IntrinsicAnswer {
        try parameters { (reader) throws(CIMError) in try reader.item(parameter, named: element) }
        try manager.refuseSchemaChange(call.name, in: namespace)
    }
}

extension IntrinsicParameterReader {
    fileprivate mutating func classOptions() throws(CIMError) -> ClassReadOptions {
        ClassReadOptions(
            localOnly: try flag("LocalOnly", default: true),
            includeQualifiers: try flag("IncludeQualifiers", default: true),
            includeClassOrigin: try flag("IncludeClassOrigin", default: false))
    }
}
