import CIM
import CIMXML
import Testing
import WBEMServer

/// LocalOnly, IncludeQualifiers, IncludeClassOrigin, DeepInheritance and property lists of the class operations.
@Suite struct ClassReadingTests {
    private func getClass(_ options: String) async throws -> CIMClass {
        let items = try await World().face.items(Sent.intrinsic("GetClass", Sent.className("W_BigBox") + options))
        guard case .class(let found) = items.first else { throw CIMError(.failed, "no class") }
        return found
    }

    private func list(_ names: String...) -> String {
        #"<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY>"# + names.map { "<VALUE>\($0)</VALUE>" }.joined()
            + "</VALUE.ARRAY></IPARAMVALUE>"
    }

    @Test func theDefaultsAreTheStandards() async throws {
        let found = try await getClass("")
        #expect(found.superclass == "W_Box")
        #expect(found.properties.map(\.name) == ["Extra"])
        #expect(found.qualifiers.isEmpty)  // inherited ones are not local
        #expect(found.properties[0].classOrigin == nil)
    }

    @Test func wholeClassesHaveWhatTheyInherit() async throws {
        let found = try await getClass(Sent.flag("LocalOnly", "FALSE") + Sent.flag("IncludeClassOrigin", "TRUE"))
        #expect(found.properties.count == 11)
        #expect(found.property("Caption")?.classOrigin == "W_Element")
        #expect(found.property("Caption")?.propagated == true)
        #expect(found.property("Extra")?.propagated == false)
        #expect(found.qualifiers["Description"]?.propagated == true)
        #expect(found.property("Name")?.isKey == true)
        let bare = try await getClass(Sent.flag("LocalOnly", "FALSE") + Sent.flag("IncludeQualifiers", "FALSE"))
        #expect(bare.qualifiers.isEmpty && bare.properties.allSatisfy { $0.qualifiers.isEmpty })
    }

    @Test func propertyListsNarrow() async throws {
        let whole = Sent.flag("LocalOnly", "FALSE")
        #expect(try await getClass(whole + list("NAME", "name", "Nothing")).properties.map(\.name) == ["Name"])
        #expect(try await getClass(whole + list()).properties.isEmpty)
        #expect(try await getClass(whole + #"<IPARAMVALUE NAME="PropertyList"/>"#).properties.count == 11)
        #expect(try await getClass(list("Name")).properties.isEmpty)  // not local
    }

    @Test func instancesAreNarrowedAlike() async throws {
        let face = try World().face
        for (operation, options, count) in [
            ("EnumerateInstances", list("Size", "size", "Nothing"), 1), ("EnumerateInstances", list(), 0),
            ("EnumerateInstances", "", 11), ("EnumerateInstances", Sent.flag("LocalOnly", "TRUE"), 11),
        ] {
            let items = try await face.items(Sent.intrinsic(operation, Sent.className("W_BigBox") + options))
            guard case .namedInstance(let path, let instance) = items.first else {
                Issue.record("\(items)")
                continue
            }
            #expect(instance.properties.count == count, "\(options)")
            #expect(path.keys.count == 1)
        }
    }

    @Test(arguments: [
        ("<KEYVALUE>a</KEYVALUE>", nil),
        ("<KEYVALUE VALUETYPE=\"numeric\">1</KEYVALUE>", CIMStatusCode.notFound),
        ("<KEYVALUE>gone</KEYVALUE>", .notFound), ("", .notFound),
    ])
    func theOnlyKeyNeedsNoName(key: String, status: CIMStatusCode?) async throws {
        let name =
            #"<IPARAMVALUE NAME="InstanceName"><INSTANCENAME CLASSNAME="W_Box">\#(key)</INSTANCENAME></IPARAMVALUE>"#
        #expect(try await World().face.fault(Sent.intrinsic("GetInstance", name))?.code == status)
    }

    @Test func deepInheritanceIsTheWholeSubtree() async throws {
        let face = try World().face
        func names(_ parameters: String) async throws -> [CIMXMLItem] {
            try await face.items(Sent.intrinsic("EnumerateClassNames", parameters))
        }
        #expect(try await names(Sent.className("W_Element")) == [.className("W_Box")])
        #expect(
            try await names(Sent.className("W_Element") + Sent.flag("DeepInheritance", "TRUE"))
                == [.className("W_Box"), .className("W_BigBox")])
        #expect(try await names("").count == 6)
        #expect(try await names(Sent.flag("DeepInheritance", "true")).count == 9)
    }

    @Test func shallowInstancesHaveThePropertiesOfTheClassThatWasAsked() async throws {
        let results = try await World().manager.enumerateInstances(
            of: "W_Element", in: World.here, InstanceReadOptions(deepInheritance: false, includeClassOrigin: true)
        ).all()
        #expect(results.count == 3)
        #expect(results.allSatisfy { $0.instance.properties.map(\.name) == ["Caption"] })
        #expect(results.first?.instance.properties.first?.classOrigin == "W_Element")
    }
}
