import CIM
import CIMXML
import HTTPTransport
import Logging
import Testing
import WBEMServer

/// A guest that counts how often it was asked for, and changes when it is told to.
private struct CountedProvider: InstanceProvider {
    private static let name = PropertyKey<String>("Name")
    private static let number = PropertyKey<UInt16>("Number")
    private static let tags = PropertyKey<[String]>("Tags")

    let declaration = ProviderDeclaration(className: "VM_Guest", properties: [name, number, tags])
    let asked = Mutable(0)
    let tag = Mutable("old")
    let counted = Mutable<InstanceRevision?>(InstanceRevision(1))

    var revision: InstanceRevision? { counted.value }

    func instances() async throws(CIMError) -> InstanceList {
        asked.value += 1
        var guest = InstanceBuilder("VM_Guest")
        guest[Self.name] = "vm1"
        guest[Self.number] = 7
        guest[Self.tags] = [tag.value]
        return [guest.instance]
    }
}

@Suite struct RememberedAnswersTests {
    private let provider = CountedProvider()
    private let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

    private func face(_ access: AccessControl = .open()) throws -> CIMXMLFace {
        let served = try ServedNamespace(
            name: Face.namespace, repository: try Face.repository(), providers: [provider])
        return CIMXMLFace(
            manager: ObjectManager(
                namespaces: [served], hostName: "h0", embedded: Face.embedded,
                enumerations: EnumerationSessions(limits: .init()) { .zero }, logger: quiet),
            access: access, logger: quiet)
    }

    private func get(_ name: String = "vm1", _ fields: [(String, String)] = []) -> HTTPRequest {
        var request = Sent.intrinsic(
            "GetInstance",
            #"<IPARAMVALUE NAME="InstanceName">\#(Sent.instanceName("VM_Guest", name: name))</IPARAMVALUE>"#)
        for field in fields { request.headers.append(field.0, field.1) }
        return request
    }

    @Test func theSameRequestIsAnsweredTheSameWithoutTheProvider() async throws {
        let face = try face()
        let first = try await face.wholeResponse(to: get())
        let second = try await face.wholeResponse(to: get())
        #expect(first.status == 200 && first.body == second.body && first.headers == second.headers)
        #expect(provider.asked.value == 1)
    }

    @Test func aChangeIsSeenAtOnce() async throws {
        let face = try face()
        let first = try await face.wholeResponse(to: get())
        provider.tag.value = "new"
        provider.counted.value = InstanceRevision(1, 1)
        let second = try await face.wholeResponse(to: get())
        #expect(String(decoding: first.body, as: UTF8.self).contains("old"))
        #expect(String(decoding: second.body, as: UTF8.self).contains("new"))
        #expect(provider.asked.value == 2)
    }

    @Test func whatCannotTellItsRevisionIsAlwaysAsked() async throws {
        provider.counted.value = nil
        let face = try face()
        for _ in 0..<3 { _ = try await face.wholeResponse(to: get()) }
        #expect(provider.asked.value == 3)
    }

    @Test func anotherRequestIsAnother() async throws {
        let face = try face()
        _ = try await face.wholeResponse(to: get())
        let text = try await face.wholeResponse(to: get("vm1", [("Accept", "text/xml")]))
        #expect(text.headers["Content-Type"]?.hasPrefix("text/xml") == true)
        let refused = try await face.wholeResponse(to: get("vm1", [("Accept", "text/html")]))
        #expect(refused.status == 406)
        var other = get()
        other.headers.replace("CIMMethod", with: "DeleteInstance")
        #expect(try await face.wholeResponse(to: other).headers["CIMError"] == "header-mismatch")
        var options = get()
        options.method = "GET"
        #expect(try await face.wholeResponse(to: options).status == 405)
    }

    @Test func anErrorIsNotRemembered() async throws {
        let face = try face()
        #expect(try await face.fault(get("vm9"))?.message.contains("No such instance (Name)") == true)
        let once = provider.asked.value
        #expect(try await face.fault(get("vm9"))?.code == .notFound)
        #expect(provider.asked.value == 2 * once)
    }

    @Test func whoAsksIsJudgedEveryTime() async throws {
        let access = AccessControl.level(.observer)
        let face = try face(access)
        #expect(try await face.fault(get()) == nil)
        access.change(policy: AccessPolicy(ownUser: 7), checks: CheckLimits(perMinute: 2, atOnce: 10))
        #expect(try await face.fault(get())?.code == .accessDenied)
    }
}
