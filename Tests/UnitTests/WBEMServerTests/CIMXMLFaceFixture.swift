import CIM
import CIMXML
import HTTPTransport
import Logging
import Synchronization
import WBEMServer

/// A face over a schema of four classes: a guest and a kind of it, a setting, and a service with methods.
enum Face {
    static let namespace = CIMNamespace("root/virt")!

    private static func flag(_ name: CIMName, _ value: Bool = true) -> CIMQualifier {
        CIMQualifier(name: name, type: .boolean, value: .boolean(value))
    }

    private static let qualifierTypes: [CIMQualifierType] = [
        CIMQualifierType(name: "Key", type: .boolean, scopes: [.property, .reference]),
        CIMQualifierType(name: "Static", type: .boolean, scopes: [.method]),
        CIMQualifierType(name: "In", type: .boolean, scopes: [.parameter]),
        CIMQualifierType(name: "Out", type: .boolean, scopes: [.parameter]),
        CIMQualifierType(name: "Required", type: .boolean, scopes: [.parameter, .property]),
        CIMQualifierType(name: "EmbeddedInstance", type: .string, scopes: [.parameter, .property]),
        CIMQualifierType(name: "Description", type: .string, scopes: Set(CIMScope.allCases)),
    ]

    private static let guest = CIMClass(
        name: "VM_Guest", qualifiers: [CIMQualifier(name: "Description", type: .string, value: .string("A guest"))],
        properties: [
            CIMProperty(name: "Name", type: .string, qualifiers: [flag("Key")]),
            CIMProperty(name: "Number", type: .uint16, qualifiers: [flag("Key")]),
            CIMProperty(name: "State", type: .uint16), CIMProperty(name: "Tags", type: .string, isArray: true),
        ])

    private static let setting = CIMClass(
        name: "VM_Setting",
        properties: [CIMProperty(name: "Kind", type: .uint16), CIMProperty(name: "Note", type: .string)])

    private static let service = CIMClass(
        name: "VM_Service", properties: [CIMProperty(name: "Name", type: .string, qualifiers: [flag("Key")])],
        methods: [
            CIMMethod(
                name: "Move", returnType: .uint32,
                parameters: [
                    CIMParameter(
                        name: "Guest", type: .reference, referenceClass: "VM_Guest", qualifiers: [flag("Required")]),
                    CIMParameter(name: "Host", type: .string, qualifiers: [flag("Required")]),
                    CIMParameter(
                        name: "Setting", type: .string,
                        qualifiers: [
                            CIMQualifier(name: "EmbeddedInstance", type: .string, value: .string("VM_Setting"))
                        ]),
                    CIMParameter(name: "Count", type: .uint16),
                    CIMParameter(name: "Flags", type: .uint16, isArray: true),
                    CIMParameter(name: "Ok", type: .boolean, qualifiers: [flag("In", false), flag("Out")]),
                    CIMParameter(
                        name: "Job", type: .reference, referenceClass: "VM_Guest",
                        qualifiers: [flag("In", false), flag("Out")]),
                    CIMParameter(name: "Text", type: .string, qualifiers: [flag("In", false), flag("Out")]),
                ]),
            CIMMethod(name: "Ping", returnType: .uint32, qualifiers: [flag("Static")]),
            CIMMethod(name: "Declared", returnType: .uint32), CIMMethod(name: "Probe", returnType: .uint32),
            CIMMethod(name: "Fail", returnType: .uint32),
        ])

    static func repository() throws -> ClassRepository {
        var repository = ClassRepository()
        var violations = qualifierTypes.flatMap { repository.declare($0) }
        let special = CIMClass(
            name: "VM_SpecialGuest", superclass: "VM_Guest", properties: [CIMProperty(name: "Extra", type: .string)])
        for declared in [guest, special, setting, service] { violations += repository.add(declared) }
        if let violation = violations.first { throw violation }
        return repository
    }

    /// - Parameter access: whoever asks may do everything, unless given.
    static func make(
        access: AccessControl = .open(), callLimits: CallLimits = CallLimits(),
        logger: Logger = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() },
        statistics: ServerStatistics = ServerStatistics()
    ) throws -> CIMXMLFace {
        let served = try ServedNamespace(
            name: namespace, repository: try repository(),
            providers: [GuestProvider("VM_Guest", "vm1"), GuestProvider("VM_SpecialGuest", "vm2"), ServiceProvider()])
        return CIMXMLFace(
            manager: ObjectManager(
                namespaces: [served], hostName: "h0", embedded: embedded,
                enumerations: EnumerationSessions(limits: .init()) { .zero }, logger: logger),
            access: access, callLimits: callLimits, statistics: statistics, logger: logger)
    }

    /// XML as the daemon reads it; one sentence stands for MOF, which this target does not know.
    static let embedded = EmbeddedTextReader { (text, _) throws(EmbeddedTextError) in
        if text == "instance of VM_Setting {};" { return CIMInstance(className: "VM_Setting") }
        do throws(CIMError) {
            guard let instance = try EmbeddedObject.decode(text).instanceValue else {
                throw CIMError(.invalidParameter, "not an instance")
            }
            return instance
        } catch {
            throw EmbeddedTextError(error.message)
        }
    }
}

private struct GuestProvider: InstanceProvider {
    static let name = PropertyKey<String>("Name")
    static let number = PropertyKey<UInt16>("Number")
    static let tags = PropertyKey<[String]>("Tags")

    let declaration: ProviderDeclaration
    private let guestName: String

    init(_ className: CIMName, _ guestName: String) {
        declaration = ProviderDeclaration(
            className: className, properties: [Self.name, Self.number, Self.tags],
            changes: ChangeDeclaration(requires: className == "VM_SpecialGuest" ? .operator : .admin))
        self.guestName = guestName
    }

    func instances() async throws(CIMError) -> InstanceList {
        var guest = InstanceBuilder(declaration.className)
        guest[Self.name] = guestName
        guest[Self.number] = 7
        guest[Self.tags] = ["a<b>", ""]
        return [guest.instance]
    }
}

private struct ServiceProvider: InstanceProvider {
    static let name = PropertyKey<String>("Name")
    static let guest = ParameterKey<CIMObjectPath>("Guest")
    static let host = ParameterKey<String>("Host")
    static let setting = ParameterKey<CIMInstance>("Setting")
    static let count = ParameterKey<UInt16>("Count")
    static let flags = ParameterKey<[UInt16]>("Flags")
    static let ok = ParameterKey<Bool>("Ok")
    static let job = ParameterKey<CIMObjectPath>("Job")
    static let text = ParameterKey<String>("Text")

    let declaration = ProviderDeclaration(
        className: "VM_Service", properties: [name],
        methods: [
            MethodDeclaration(
                "Move", requires: .operator, inputs: [guest, host, setting, count, flags], outputs: [ok, job, text]),
            MethodDeclaration("Ping", requires: .observer), MethodDeclaration("Fail", requires: .observer),
            MethodDeclaration("Probe", requires: .checker),
        ])

    func instances() async throws(CIMError) -> InstanceList {
        var service = InstanceBuilder("VM_Service")
        service[Self.name] = "mover \"é%"
        return [service.instance]
    }

    func invoke(_ call: WBEMServer.MethodCall) async throws(CIMError) -> MethodOutcome {
        switch call.name {
        case "Ping", "Probe": return MethodOutcome(returnValue: .uint32(1))
        case "Fail": return MethodOutcome(returnValue: .string("not the declared type"))
        default: break
        }
        var outcome = MethodOutcome(returnValue: .uint32(4096))
        outcome[Self.ok] = call[Self.flags] == nil || call[Self.flags] == [1, 2]
        outcome[Self.job] = CIMObjectPath(className: "VM_Guest", keys: call[Self.guest]?.keys ?? [])
        outcome[Self.text] = call[Self.setting].map {
            "\($0.className) \(call[Self.count] ?? 0) \(call.caller.description)"
        }
        return outcome
    }
}

// MARK: - Requests

enum Sent {
    static let localNamespace =
        #"<LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="virt"/></LOCALNAMESPACEPATH>"#
    static let serviceName = ##"VM_Service.Name="mover \"é%""##
    static let peer = HTTPPeer(connection: 1, processID: 42, userID: 1000, groupID: 100)

    static func message(_ body: String) -> String {
        #"<?xml version="1.0" encoding="utf-8" ?><CIM CIMVERSION="2.0" DTDVERSION="2.0">"#
            + #"<MESSAGE ID="m7" PROTOCOLVERSION="1.0">\#(body)</MESSAGE></CIM>"#
    }

    static func instanceName(_ className: String, name: String, number: String? = "7") -> String {
        let number =
            number.map { #"<KEYBINDING NAME="Number"><KEYVALUE VALUETYPE="numeric">\#($0)</KEYVALUE></KEYBINDING>"# }
            ?? ""
        return #"<INSTANCENAME CLASSNAME="\#(className)"><KEYBINDING NAME="Name"><KEYVALUE VALUETYPE="string">\#(name)"#
            + "</KEYVALUE></KEYBINDING>\(number)</INSTANCENAME>"
    }

    static func request(
        _ method: String, _ object: String, body: String, replacing changes: [String: String?] = [:]
    ) -> HTTPRequest {
        var headers = HTTPHeaderFields([
            ("Content-Type", #"application/xml; charset="utf-8""#), ("CIMOperation", "MethodCall"),
            ("CIMMethod", method),
            ("CIMObject", object),
        ])
        for (name, value) in changes {
            headers.remove(name)
            if let value { headers.append(name, value) }
        }
        return HTTPRequest(method: "POST", path: "/cimom", headers: headers, body: Array(body.utf8), peer: peer)
    }

    static func intrinsic(
        _ name: String, _ parameters: String, replacing changes: [String: String?] = [:]
    ) -> HTTPRequest {
        let call = #"<IMETHODCALL NAME="\#(name)">\#(localNamespace)\#(parameters)</IMETHODCALL>"#
        return request(name, "root/virt", body: message("<SIMPLEREQ>\(call)</SIMPLEREQ>"), replacing: changes)
    }

    static func className(_ name: String) -> String {
        #"<IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="\#(name)"/></IPARAMVALUE>"#
    }

    static func flag(_ name: String, _ value: String) -> String {
        #"<IPARAMVALUE NAME="\#(name)"><VALUE>\#(value)</VALUE></IPARAMVALUE>"#
    }

    static func method(
        _ name: String, _ arguments: String, object: String? = nil, replacing changes: [String: String?] = [:]
    ) -> HTTPRequest {
        let target = instanceName("VM_Service", name: "mover &quot;é%", number: nil)
        let call = "<LOCALINSTANCEPATH>\(localNamespace)\(target)</LOCALINSTANCEPATH>\(arguments)"
        return request(
            name, object ?? "root/virt:" + serviceName,
            body: message(#"<SIMPLEREQ><METHODCALL NAME="\#(name)">\#(call)</METHODCALL></SIMPLEREQ>"#),
            replacing: changes)
    }

    static let guest =
        #"<PARAMVALUE NAME="Guest" PARAMTYPE="reference"><VALUE.REFERENCE>"#
        + "\(instanceName("VM_Guest", name: "vm1"))</VALUE.REFERENCE></PARAMVALUE>"
    static let host = #"<PARAMVALUE NAME="Host"><VALUE>h2</VALUE></PARAMVALUE>"#
}

extension CIMXMLFace {
    /// What a client sees of the response: a stream is read to its end.
    func wholeResponse(to request: HTTPRequest) async throws -> HTTPClientResponse {
        let response = await respond(to: request)
        var whole = HTTPClientResponse(status: response.status, headers: response.headers)
        switch response.body {
        case .bytes(let bytes): whole.body = bytes
        case .stream(let stream):
            let writer = HTTPBodyWriter(pieceBytes: .max) { (_) async throws(HTTPTransportError) in }
            _ = try await stream.write(to: writer)
            whole.body = writer.takeRest()
        }
        return whole
    }

    /// The message that answers a request, which must be answered with one.
    func reply(to request: HTTPRequest) async throws -> CIMXMLResponse {
        let response = try await wholeResponse(to: request)
        guard response.status == 200 else {
            throw CIMError(.failed, "status \(response.status): \(String(decoding: response.body, as: UTF8.self))")
        }
        return try CIMXMLResponse(parsing: response.body)
    }

    func items(_ request: HTTPRequest) async throws -> [CIMXMLItem] {
        guard case .intrinsic(let result) = try await reply(to: request).reply else {
            throw CIMError(.failed, "not an operation's answer")
        }
        return try result.get().returnValue ?? []
    }

    func outcome(_ request: HTTPRequest) async throws -> MethodResult {
        guard case .method(let result) = try await reply(to: request).reply else {
            throw CIMError(.failed, "not a method's answer")
        }
        return try result.get()
    }

    /// The status and the text with which a call ends; `nil` when it succeeds.
    func fault(_ request: HTTPRequest) async throws -> CIMError? {
        switch try await reply(to: request).reply {
        case .intrinsic(.failure(let error)), .method(.failure(let error)): error
        case .export(let error): error
        case .intrinsic(.success), .method(.success): nil
        }
    }
}

/// Keeps what is logged.
struct KeepingLog: LogHandler {
    final class Lines: Sendable {
        let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
    }

    let kept: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        kept.lines.withLock { $0.append("\(event.level) \(event.message) \(details.joined(separator: " "))") }
    }
}
