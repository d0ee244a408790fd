import Testing

@testable import CIM

@Suite struct RepositoryValueTests {
    private let repository = Schema.whole

    private func path(_ name: CIMName, _ keys: CIMKeyBinding...) -> CIMObjectPath {
        CIMObjectPath(className: name, keys: keys)
    }

    private func failure(_ path: CIMObjectPath) -> CIMError? {
        do throws(CIMError) {
            _ = try repository.normalized(path)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Coercion

    @Test(arguments: [
        (CIMValue.sint64(5), CIMType.uint16, CIMValue.uint16(5)),
        (.uint64(.max), .uint64, .uint64(.max)),
        (.uint8(200), .sint16, .sint16(200)),
        (.sint64(3), .real32, .real32(3)),
        (.real64(0.5), .real32, .real32(0.5)),
        (.real32(0.5), .real64, .real64(0.5)),
        (.string("20240101000000.000000+000"), .datetime, .datetime(CIMDateTime("20240101000000.000000+000")!)),
        (.string("x"), .char16, .char16(120)),
        (.string("T_X"), .reference, .reference(CIMObjectPath(className: "T_X", isClassPath: true))),
        (.array(.sint64, [.sint64(1), nil]), .uint8, .array(.uint8, [.uint8(1), nil])),
    ])
    func aValueTakesAnotherTypeWhenItSaysTheSame(value: CIMValue, type: CIMType, expected: CIMValue) {
        #expect(repository.coerce(value, to: type) == expected)
    }

    @Test(arguments: [
        (CIMValue.sint64(-1), CIMType.uint16), (.uint64(65536), .uint16), (.uint64(.max), .sint64),
        (.real64(0.1), .real32), (.real64(2), .uint8), (.sint64(16_777_217), .real32),
        (.string("5"), .uint8), (.string("soon"), .datetime), (.string("xy"), .char16), (.boolean(true), .uint8),
        (.uint8(1), .boolean), (.string("no path"), .reference), (.uint8(1), .string),
        (.array(.uint8, [.array(.uint8, [])]), .uint8),
    ])
    func aValueThatWouldChangeIsRefused(value: CIMValue, type: CIMType) {
        #expect(repository.coerce(value, to: type) == nil)
    }

    // MARK: Paths

    @Test func keysTakeTheDeclaredSpellingOrderAndType() throws {
        let wire = CIMObjectPath(
            host: "h", namespace: CIMNamespace("root/virt"), className: "t_guest",
            keys: [CIMKeyBinding("number", .sint64(4)), CIMKeyBinding("NAME", .string("a"))])
        let normal = try repository.normalized(wire)
        #expect(normal.className.text == "T_Guest")
        #expect(normal.keys.map(\.name.text) == ["Name", "Number"])
        #expect(normal["Number"] == .uint16(4))
        #expect(normal.host == "h")
        #expect(normal.namespace == CIMNamespace("root/virt"))
    }

    @Test func whatIsWrongWithAPathIsNamed() {
        let name = CIMKeyBinding("Name", .string("a"))
        #expect(failure(path("T_Nothing"))?.code == .invalidClass)
        let missing = failure(path("T_System", name))
        #expect(missing?.code == .invalidParameter)
        #expect(missing?.message.contains("key Number") == true)
        let surplus = failure(path("T_System", name, CIMKeyBinding("Number", .uint8(1)), CIMKeyBinding("Z", .uint8(1))))
        #expect(surplus?.code == .invalidParameter)
        #expect(surplus?.message.contains("no key Z") == true)
        let mistyped = failure(path("T_System", name, CIMKeyBinding("Number", .string("1"))))
        #expect(mistyped?.code == .invalidParameter)
        #expect(mistyped?.message.contains("key Number of T_System is a uint16, not the string \"1\"") == true)
        let twice = failure(path("T_System", name, name))
        #expect(twice?.message.contains("key Name of T_System is given twice") == true)
    }

    @Test func aClassPathHasNoKeys() throws {
        let bare = CIMObjectPath(className: "t_system", isClassPath: true)
        #expect(try repository.normalized(bare).className.text == "T_System")
        let keyed = CIMObjectPath(
            className: "T_System", keys: [CIMKeyBinding("Name", .string("a"))], isClassPath: true)
        #expect(failure(keyed)?.code == .invalidParameter)
    }

    @Test func referencesInKeysAreNormalizedAsFarAsTheirClassesAreKnown() throws {
        let system = path("T_System", CIMKeyBinding("Number", .sint64(1)), CIMKeyBinding("Name", .string("a")))
        let foreign = path("F_Foreign", CIMKeyBinding("K", .sint64(1)))
        let hosts = path(
            "T_Hosts", CIMKeyBinding("Dependent", .reference(foreign)),
            CIMKeyBinding("Antecedent", .reference(system)))
        let normal = try repository.normalized(hosts)
        #expect(normal["Antecedent"]?.referenceValue?["Number"] == .uint16(1))
        #expect(normal["Dependent"] == .reference(foreign))
        let wrong = path(
            "T_Hosts", CIMKeyBinding("Antecedent", .reference(path("T_Setting"))),
            CIMKeyBinding("Dependent", .reference(foreign)))
        #expect(failure(wrong)?.code == .invalidParameter)
    }

    @Test func pathsNestedWithoutEndAreRefused() {
        var nested = path("T_System")
        for _ in 0..<20 {
            nested = path(
                "T_Hosts", CIMKeyBinding("Antecedent", .reference(nested)),
                CIMKeyBinding("Dependent", .reference(nested)))
        }
        var loose = Schema.bare
        #expect(
            loose.add(
                CIMClass(
                    name: "T_Hosts", qualifiers: [Schema.boolean("Association")],
                    properties: ["Antecedent", "Dependent"].map {
                        CIMProperty(
                            name: $0, type: .reference, referenceClass: "T_Any", qualifiers: [Schema.boolean("Key")])
                    })) == [])
        #expect(throws: CIMError(.invalidParameter, "")) { try loose.normalized(nested) }
    }

    @Test func thePathOfAnInstanceIsMadeFromItsKeys() {
        let instance = CIMInstance(
            className: "T_Guest",
            properties: [CIMPropertyValue("Number", .uint16(3)), CIMPropertyValue("Name", .string("g"))])
        #expect(
            repository.path(of: instance)
                == path(
                    "T_Guest", CIMKeyBinding("Name", .string("g")), CIMKeyBinding("Number", .uint16(3))))
        #expect(repository.path(of: CIMInstance(className: "T_Guest")) == nil)
        #expect(repository.path(of: CIMInstance(className: "T_Nothing")) == nil)
        #expect(repository.path(of: CIMInstance(className: "T_Setting")) == path("T_Setting"))
    }

    // MARK: Instances

    @Test func aSoundInstanceHasNoViolation() {
        let setting = CIMInstance(className: "T_Setting", properties: [CIMPropertyValue("Weight", .uint32(1))])
        let guest = CIMInstance(
            className: "T_Guest",
            properties: [
                CIMPropertyValue("Name", .string("g")), CIMPropertyValue("Setting", .instance(setting)),
                CIMPropertyValue("Slots", .array(.uint8, [nil, .uint8(1)])),
                CIMPropertyValue(name: "Since", type: .datetime, value: nil),
            ])
        #expect(repository.violations(in: guest) == [])
    }

    @Test func whatIsWrongWithAnInstanceIsNamed() {
        let wrong = CIMInstance(className: "T_Setting", properties: [CIMPropertyValue("Weight", .string("heavy"))])
        let guest = CIMInstance(
            className: "T_Guest",
            properties: [
                CIMPropertyValue("Bogus", .string("g")), CIMPropertyValue("Name", .uint8(1)),
                CIMPropertyValue("Caption", .strings(["a"])), CIMPropertyValue("Setting", .instance(wrong)),
                CIMPropertyValue("Slots", .array(.uint8, [nil, nil, nil])),
                CIMPropertyValue(name: "Number", type: .uint16, value: .string("x")),
                CIMPropertyValue("InstanceID", .instance(wrong)),
                CIMPropertyValue("Setting", .string("T_Setting")),
            ])
        #expect(
            repository.violations(in: guest) == [
                "T_Guest.Bogus: class T_Guest has no such property",
                "T_Guest.Name: declared string, given as uint8",
                "T_Guest.Caption: declared string, given as string[]",
                "T_Guest.Setting.Weight: declared uint32, given as string",
                "T_Guest.Slots: 3 elements in an array of 2",
                "T_Guest.Number: declared uint16, its value is string",
                "T_Guest.InstanceID: a plain string, which can't hold an embedded object",
                "T_Guest.Setting: given twice",
                "T_Guest.Setting: an instance of T_Setting is embedded here",
            ])
    }

    @Test func embeddedInstancesAndReferencesAreOfTheDeclaredClass() {
        let system = CIMInstance(className: "T_System")
        let guest = CIMInstance(className: "T_Guest", properties: [CIMPropertyValue("Setting", .instance(system))])
        #expect(
            repository.violations(in: guest) == [
                "T_Guest.Setting: an instance of T_Setting is embedded here; T_System is none"
            ])
        let hosts = CIMInstance(
            className: "T_Hosts", properties: [CIMPropertyValue("Antecedent", .reference(path("T_Setting")))])
        #expect(repository.violations(in: hosts) == ["T_Hosts.Antecedent: points to a T_System; T_Setting is none"])
        #expect(
            repository.violations(in: CIMInstance(className: "T_Nothing")) == [
                "T_Nothing: there is no class T_Nothing"
            ])
    }
}
