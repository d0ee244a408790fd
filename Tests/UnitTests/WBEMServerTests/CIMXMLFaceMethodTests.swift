import CIM
import CIMXML
import HTTPTransport
import Logging
import Testing
import WBEMServer

@Suite struct CIMXMLFaceMethodTests {
    private func parameter(_ name: String, _ type: String?, _ value: String, embedded: String? = nil) -> String {
        let attributes = (type.map { #" PARAMTYPE="\#($0)""# } ?? "") + (embedded.map { #" \#($0)="instance""# } ?? "")
        return #"<PARAMVALUE NAME="\#(name)"\#(attributes)>\#(value)</PARAMVALUE>"#
    }

    private func array(_ values: String...) -> String {
        "<VALUE.ARRAY>" + values.map { "<VALUE>\($0)</VALUE>" }.joined() + "</VALUE.ARRAY>"
    }

    private let setting =
        "<VALUE>&lt;INSTANCE CLASSNAME='VM_Setting'>&lt;PROPERTY NAME='Kind' TYPE='uint16'>"
        + "&lt;VALUE>2&lt;/VALUE>&lt;/PROPERTY>&lt;/INSTANCE></VALUE>"

    @Test func argumentsArriveAndOutcomesLeave() async throws {
        let arguments =
            Sent.guest + Sent.host + parameter("Count", "uint16", "<VALUE>3</VALUE>")
            + parameter("Setting", "string", setting, embedded: "EmbeddedObject")
            + parameter("Flags", "uint16", array("1", "2"))
        let outcome = try await Face.make().outcome(Sent.method("Move", arguments))
        #expect(try outcome.returnValue?.value() == .uint32(4096))
        #expect(try outcome["Ok"]?.value() == .boolean(true))
        #expect(outcome["Ok"]?.item == .value("TRUE"))
        #expect(try outcome["Text"]?.value() == .string("VM_Setting 3 uid 1000, gid 100, pid 42"))
        let job = try outcome["Job"]?.value()?.referenceValue
        #expect(job?.namespace == Face.namespace)
        #expect(job?.className == "VM_Guest")
    }

    @Test func anEmbeddedInstanceMayComeInAnyOfItsForms() async throws {
        let face = try Face.make()
        let mof = "<VALUE>instance of VM_Setting {};</VALUE>"
        for argument in [
            parameter("Setting", "string", setting, embedded: "EmbeddedObject"),
            parameter("Setting", "string", setting, embedded: "EMBEDDEDOBJECT"),
            parameter("Setting", "instance", setting), parameter("Setting", "string", setting),
            parameter("Setting", nil, setting), parameter("Setting", "string", mof), parameter("Setting", nil, mof),
            parameter("Setting", "string", mof, embedded: "EmbeddedObject"),
            parameter("Setting", nil, #"<INSTANCE CLASSNAME="VM_Setting"/>"#),
        ] {
            let outcome = try await face.outcome(Sent.method("Move", Sent.guest + Sent.host + argument))
            #expect(try outcome["Text"]?.value()?.stringValue?.hasPrefix("VM_Setting") == true, "\(argument)")
        }
    }

    @Test func textsWithoutTypeTakeTheSchemas() async throws {
        let face = try Face.make()
        let guest = parameter("Guest", nil, "<VALUE>root/virt:VM_Guest.Name=&quot;vm1&quot;,Number=7</VALUE>")
        let arguments = guest + Sent.host + parameter("Flags", nil, array("1", "2"))
        #expect(try await face.outcome(Sent.method("Move", arguments))["Ok"]?.value() == .boolean(true))
        let empty = guest + Sent.host + parameter("Flags", nil, "<VALUE.ARRAY/>")
        #expect(try await face.outcome(Sent.method("Move", empty))["Ok"]?.value() == .boolean(false))
    }

    @Test func nullOutputsAreLeftOut() async throws {
        let outcome = try await Face.make().outcome(Sent.method("Move", Sent.guest + Sent.host))
        #expect(outcome.outParameters.map(\.name) == ["Ok", "Job"])
    }

    @Test func staticMethodsAreCalledOnTheClass() async throws {
        let target = #"<LOCALCLASSPATH>\#(Sent.localNamespace)<CLASSNAME NAME="VM_Service"/></LOCALCLASSPATH>"#
        let body = Sent.message(#"<SIMPLEREQ><METHODCALL NAME="Ping">\#(target)</METHODCALL></SIMPLEREQ>"#)
        let outcome = try await Face.make().outcome(Sent.request("Ping", "root/virt:VM_Service", body: body))
        #expect(try outcome.returnValue?.value() == .uint32(1))
        #expect(outcome.outParameters.isEmpty)
    }

    @Test func eachFaultHasItsStatus() async throws {
        let face = try Face.make()
        let cases: [(String, String, CIMStatusCode)] = [
            ("NoSuch", "", .methodNotFound), ("Declared", "", .methodNotAvailable), ("Move", "", .invalidParameter),
            ("Move", Sent.guest, .invalidParameter),
            ("Move", Sent.guest + Sent.guest + Sent.host, .invalidParameter),
            ("Move", Sent.guest + Sent.host + parameter("Odd", nil, "<VALUE>1</VALUE>"), .invalidParameter),
            ("Move", Sent.guest + Sent.host + parameter("Count", "uint16", "<VALUE>65536</VALUE>"), .invalidParameter),
            ("Move", Sent.guest + Sent.host + parameter("Count", "string", "<VALUE>1</VALUE>"), .invalidParameter),
            ("Move", Sent.guest + Sent.host + parameter("Count", nil, array("1")), .invalidParameter),
            ("Move", Sent.guest + Sent.host + parameter("Flags", nil, "<VALUE>1</VALUE>"), .invalidParameter),
            ("Move", Sent.guest + Sent.host + parameter("Setting", nil, "<VALUE>rubbish</VALUE>"), .invalidParameter),
            ("Move", parameter("Guest", nil, "<VALUE>not a path</VALUE>") + Sent.host, .invalidParameter),
            ("Fail", "", .failed),
        ]
        for (method, arguments, status) in cases {
            let fault = try await face.fault(Sent.method(method, arguments))
            #expect(fault?.code == status, "\(method) \(arguments)")
        }
    }

    @Test func aValueOutOfRangeIsNamedWithItsParameter() async throws {
        let arguments = Sent.guest + Sent.host + parameter("Count", "uint16", "<VALUE>65536</VALUE>")
        let fault = try await Face.make().fault(Sent.method("Move", arguments))
        #expect(fault?.message == #"Parameter Count: "65536" is not a uint16."#)
    }

    @Test func aTargetThatIsNotThereIsNotFound() async throws {
        let target =
            "<LOCALINSTANCEPATH>\(Sent.localNamespace)\(Sent.instanceName("VM_Service", name: "x", number: nil))"
            + "</LOCALINSTANCEPATH>"
        let body = Sent.message(#"<SIMPLEREQ><METHODCALL NAME="Move">\#(target)</METHODCALL></SIMPLEREQ>"#)
        let fault = try await Face.make().fault(Sent.request("Move", #"root/virt:VM_Service.Name="x""#, body: body))
        #expect(fault?.code == .notFound)
    }

    @Test func aFailureOfTheServerIsLoggedWithItsCall() async throws {
        let kept = KeepingLog.Lines()
        let face = try Face.make(logger: Logger(label: "kept") { _ in KeepingLog(kept: kept) })
        let told = try #require(try await face.fault(Sent.method("Fail", "")))
        #expect(told.code == .failed)
        #expect(try await face.fault(Sent.method("Declared", ""))?.code == .methodNotAvailable)
        let errors = kept.all.filter { $0.hasPrefix("error operation ended with an error") }
        #expect(errors.count == 1)
        let incident = try #require(told.message.firstRange(of: "(incident ")).upperBound
        let number = told.message[incident...].dropLast()
        #expect(errors.first?.contains("(incident \(number))") == true)
        #expect(errors.first?.contains("caller=uid 1000, gid 100, pid 42") == true)
        #expect(errors.first?.contains("message=m7") == true)
        #expect(errors.first?.contains("operation=Fail") == true)
    }
}
