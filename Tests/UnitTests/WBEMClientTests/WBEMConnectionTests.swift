import CIM
import CIMXML
import HTTPTransport
import Testing

@testable import WBEMClient

@Suite(.timeLimit(.minutes(1))) struct WBEMConnectionTests {
    private static let machine = CIMInstance(
        className: "X_Machine",
        properties: [CIMPropertyValue("Name", .string("vm <1>")), CIMPropertyValue("Size", .uint64(7))])
    private static let path = CIMObjectPath(
        className: "X_Machine", keys: [CIMKeyBinding("Name", .string("vm <1>"))])

    /// Calls a server that answers with these items, and checks what it was asked.
    private func expectIntrinsic<Value: Sendable>(
        _ name: CIMName, _ parameters: [IntrinsicParameter], returning items: [CIMXMLItem]?,
        _ call: @Sendable (WBEMConnection) async throws -> Value
    ) async throws -> Value {
        try await withWBEMServer { request in
            #expect(request.call == .intrinsic(IntrinsicCall(name, namespace: .virt, parameters: parameters)))
            return .intrinsic(.success(IntrinsicResult(items)))
        } _: {
            try await call($0)
        }
    }

    @Test func getClassReturnsTheClass() async throws {
        let declared = CIMClass(name: "X_Machine", properties: [CIMProperty(name: "Name", type: .string)])
        let parameters = [
            IntrinsicParameter("ClassName", .className("X_Machine")), IntrinsicParameter("LocalOnly", .value("FALSE")),
            IntrinsicParameter("IncludeQualifiers", .value("TRUE")),
            IntrinsicParameter("IncludeClassOrigin", .value("FALSE")),
            IntrinsicParameter("PropertyList", .valueArray(["Name"])),
        ]
        let result = try await expectIntrinsic("GetClass", parameters, returning: [.class(declared)]) {
            try await $0.getClass("X_Machine", properties: ["Name"])
        }
        #expect(result.name == "X_Machine")
        #expect(result.properties.map(\.name) == ["Name"])
    }

    @Test func enumerateClassesReturnsClasses() async throws {
        let parameters = [
            IntrinsicParameter("ClassName", .className("X_Base")),
            IntrinsicParameter("DeepInheritance", .value("TRUE")),
            IntrinsicParameter("LocalOnly", .value("TRUE")), IntrinsicParameter("IncludeQualifiers", .value("FALSE")),
            IntrinsicParameter("IncludeClassOrigin", .value("TRUE")),
        ]
        let items: [CIMXMLItem] = [.class(CIMClass(name: "X_A", superclass: "X_Base")), .class(CIMClass(name: "X_B"))]
        let result = try await expectIntrinsic("EnumerateClasses", parameters, returning: items) { connection in
            var detail = ClassDetail()
            detail.localOnly = true
            detail.qualifiers = false
            detail.classOrigin = true
            return try await connection.enumerateClasses(of: "X_Base", deep: true, detail: detail)
        }
        #expect(result.map(\.name) == ["X_A", "X_B"])
        #expect(result.first?.superclass == "X_Base")
    }

    @Test func enumerateClassNamesReturnsNames() async throws {
        let parameters = [IntrinsicParameter("DeepInheritance", .value("FALSE"))]
        let items: [CIMXMLItem] = [.className("X_A"), .className("X_B")]
        let result = try await expectIntrinsic("EnumerateClassNames", parameters, returning: items) {
            try await $0.enumerateClassNames()
        }
        #expect(result == ["X_A", "X_B"])
    }

    @Test func getInstanceReturnsTheInstance() async throws {
        let parameters = [
            IntrinsicParameter("InstanceName", .instanceName(Self.path)),
            IntrinsicParameter("LocalOnly", .value("FALSE")),
        ]
        let result = try await expectIntrinsic("GetInstance", parameters, returning: [.instance(Self.machine)]) {
            try await $0.getInstance(Self.path)
        }
        #expect(result["Name"] == .string("vm <1>"))
        #expect(result["Size"] == .uint64(7))
    }

    @Test func thePathsNamespaceGoesFirst() async throws {
        let other = try #require(CIMNamespace("root/other"))
        var path = Self.path
        path.namespace = other
        path.host = "elsewhere"
        try await withWBEMServer { request in
            guard case .intrinsic(let call) = request.call else { return nil }
            #expect(call.namespace == other)
            #expect(call.parameters.first == IntrinsicParameter("InstanceName", .instanceName(Self.path)))
            return .intrinsic(.success(IntrinsicResult([.instance(Self.machine)])))
        } _: { connection in
            _ = try await connection.getInstance(path)
        }
    }

    @Test func enumerateInstancesReturnsPathsWithTheirNamespace() async throws {
        let parameters = [
            IntrinsicParameter("ClassName", .className("X_Machine")), IntrinsicParameter("LocalOnly", .value("FALSE")),
            IntrinsicParameter("DeepInheritance", .value("TRUE")),
            IntrinsicParameter("PropertyList", .valueArray([])),
        ]
        let items: [CIMXMLItem] = [.namedInstance(Self.path, Self.machine)]
        let result = try await expectIntrinsic("EnumerateInstances", parameters, returning: items) {
            try await $0.enumerateInstances(of: "X_Machine", properties: [])
        }
        #expect(result.count == 1)
        #expect(result.first?.path.namespace == .virt)
        #expect(result.first?.path["Name"] == .string("vm <1>"))
        #expect(result.first?.instance["Size"] == .uint64(7))
    }

    @Test func enumerateInstanceNamesReturnsPathsWithTheirNamespace() async throws {
        let parameters = [IntrinsicParameter("ClassName", .className("X_Machine"))]
        let items: [CIMXMLItem] = [.instanceName(Self.path), .instanceName(Self.path)]
        let result = try await expectIntrinsic("EnumerateInstanceNames", parameters, returning: items) {
            try await $0.enumerateInstanceNames(of: "X_Machine")
        }
        var placed = Self.path
        placed.namespace = .virt
        #expect(result == [placed, placed])
    }

    @Test func anEmptyReturnValueIsAnEmptyList() async throws {
        for items in [nil, []] as [[CIMXMLItem]?] {
            let parameters = [IntrinsicParameter("ClassName", .className("X_Machine"))]
            let result = try await expectIntrinsic("EnumerateInstanceNames", parameters, returning: items) {
                try await $0.enumerateInstanceNames(of: "X_Machine")
            }
            #expect(result.isEmpty)
        }
    }

    // MARK: Methods

    @Test func invokeMethodCarriesTypedValuesBothWays() async throws {
        let embedded = CIMValue.instance(Self.machine)
        let target = CIMObjectPath(namespace: .virt, className: Self.path.className, keys: Self.path.keys)
        let job = CIMObjectPath(
            namespace: .virt, className: "X_Job", keys: [CIMKeyBinding("InstanceID", .string("7"))])
        let result = try await withWBEMServer { request in
            guard case .method(let call) = request.call else { return nil }
            #expect(call.name == "Migrate")
            #expect(call.target == target)
            #expect(call.arguments.map(\.name) == ["Host", "Flags", "Machine", "Nothing", "Ref"])
            let values = try call.arguments.map { (argument) throws(CIMError) in try argument.content.value() }
            #expect(
                values == [.string("a&b"), .array(.uint16, [.uint16(1), nil]), embedded, nil, .reference(target)])
            return .method(
                .success(
                    MethodResult(
                        CIMXMLTypedItem(.uint32(4096), type: .uint32),
                        outParameters: [
                            CIMXMLArgument("Job", .reference(job), type: .reference),
                            CIMXMLArgument("Empty", nil, type: .string),
                        ])))
        } _: { connection in
            try await connection.invokeMethod(
                "Migrate", on: Self.path,
                parameters: [
                    ("Host", .string("a&b")), ("Flags", .array(.uint16, [.uint16(1), nil])), ("Machine", embedded),
                    ("Nothing", nil), ("Ref", .reference(target)),
                ])
        }
        #expect(result.returnValue == .uint32(4096))
        #expect(result.outParameters.map(\.name) == ["Job", "Empty"])
        #expect(result.outParameters.map(\.value) == [.reference(job), nil])
    }

    @Test func aStaticMethodIsCalledOnItsClass() async throws {
        let path = CIMObjectPath(className: "X_Machine", isClassPath: true)
        try await withWBEMServer { request in
            guard case .method(let call) = request.call else { return nil }
            #expect(call.target.isClassPath)
            #expect(call.target.namespace == .virt)
            return .method(.success(MethodResult(nil)))
        } _: { connection in
            let result = try await connection.invokeMethod("Count", on: path)
            #expect(result.returnValue == nil)
            #expect(result.outParameters.isEmpty)
        }
    }

    // MARK: On the wire

    @Test func theHeadersNameTheCall() async throws {
        let seen = Captured()
        try await withHTTPServer { request in
            await seen.add(request)
            return HTTPResponse(status: 200, body: answer(request, .method(.success(MethodResult(nil)))))
        } _: { connection in
            _ = try await connection.invokeMethod("Migräte", on: Self.path)
        }
        let request = try #require(await seen.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/cimom")
        #expect(request.headers["Content-Type"] == "application/xml; charset=\"utf-8\"")
        #expect(request.headers["CIMOperation"] == "MethodCall")
        #expect(request.headers["CIMMethod"] == "Migr%C3%A4te")
        #expect(request.headers["CIMObject"] == "root/virt:X_Machine.Name=\"vm <1>\"")
    }

    @Test func messageIDsAreCounted() async throws {
        let seen = Captured()
        try await withHTTPServer { request in
            await seen.add(request)
            return HTTPResponse(status: 200, body: answer(request, .intrinsic(.success(IntrinsicResult([])))))
        } _: { connection in
            for _ in 0..<3 { _ = try await connection.enumerateClassNames() }
        }
        let identifiers = try await seen.requests.map { try CIMXMLRequest(parsing: $0.body).messageID }
        #expect(identifiers == ["1", "2", "3"])
    }

    @Test func callsRunSideBySide() async throws {
        try await withWBEMServer { request in
            guard case .intrinsic(let call) = request.call, case .className(let name)? = call.parameters.first?.item
            else {
                return nil
            }
            let path = CIMObjectPath(className: name, keys: [CIMKeyBinding("Name", .string(request.messageID))])
            return .intrinsic(.success(IntrinsicResult([.instanceName(path)])))
        } _: { connection in
            try await withThrowingTaskGroup { group in
                for number in 0..<50 {
                    group.addTask {
                        let name = try #require(CIMName("X_\(number)"))
                        #expect(try await connection.enumerateInstanceNames(of: name).first?.className == name)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
