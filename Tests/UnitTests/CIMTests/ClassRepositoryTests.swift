import Testing

@testable import CIM

@Suite struct ClassRepositoryTests {
    @Test func inheritedFeaturesComeFirstAndSayWhereTheyComeFrom() throws {
        let guest = try #require(Schema.whole["t_guest"])
        #expect(
            guest.properties.map(\.name.text) == [
                "Caption", "InstanceID", "Name", "Number", "Since", "Slots", "Setting",
            ])
        #expect(guest.property("Name")?.classOrigin == "T_System")
        #expect(guest.property("Name")?.propagated == true)
        #expect(guest.property("Setting")?.classOrigin == "T_Guest")
        #expect(guest.property("Setting")?.propagated == false)
        #expect(guest.methods.map(\.name) == ["Reset"])
        #expect(guest.method("Reset")?.classOrigin == "T_Element")
        #expect(guest.method("Reset")?.propagated == true)
    }

    @Test func anOverrideKeepsItsOriginAndInheritsQualifiers() throws {
        let caption = try #require(Schema.whole["T_Guest"]?.property("Caption"))
        #expect(caption.classOrigin == "T_Element")
        #expect(!caption.propagated)
        #expect(caption.qualifiers["Description"]?.value == .string("Short"))
        #expect(caption.qualifiers["Description"]?.propagated == true)
        #expect(caption.qualifiers["Override"]?.propagated == false)
    }

    @Test func restrictedQualifiersStayWhereTheyWereGiven() throws {
        let repository = Schema.whole
        #expect(repository["T_Element"]?.isAbstract == true)
        #expect(repository["T_System"]?.isAbstract == false)
        #expect(repository["T_System"]?.qualifiers["Description"]?.value == .string("Root"))
        #expect(repository["T_System"]?.qualifiers["Description"]?.propagated == true)
    }

    @Test func anOverrideInheritsTheDefaultItDoesNotRestate() throws {
        var repository = Schema.whole
        #expect(
            repository.add(
                CIMClass(
                    name: "T_Heavy", superclass: "T_Setting",
                    properties: [CIMProperty(name: "Weight", type: .uint32, qualifiers: [Schema.override("Weight")])]))
                == [])
        #expect(repository["T_Heavy"]?.property("Weight")?.defaultValue == .uint32(7))
    }

    @Test func parametersOfAnOverridingMethodInheritQualifiers() throws {
        var repository = Schema.whole
        let method = CIMMethod(
            name: "Reset", returnType: .uint32, parameters: [CIMParameter(name: "force", type: .boolean)],
            qualifiers: [Schema.override("Reset")])
        #expect(repository.add(CIMClass(name: "T_Disk", superclass: "T_Element", methods: [method])) == [])
        let resolved = try #require(repository["T_Disk"]?.method("Reset"))
        #expect(resolved.classOrigin == "T_Element")
        #expect(resolved.parameters[0].qualifiers["Description"]?.value == .string("Now"))
    }

    @Test func theDeclarationStaysAsDeclared() {
        let repository = Schema.whole
        #expect(repository.declaration(of: "T_Guest") == Schema.guest)
        #expect(repository.declaration(of: "T_Nothing") == nil)
        #expect(repository["T_Nothing"] == nil)
    }

    @Test func flavorComesFromTheDeclarationAndAUseMayOnlyNarrowIt() throws {
        var repository = Schema.bare
        let narrowed = CIMQualifier(
            name: "Description", type: .string, value: .string("x"), flavor: CIMFlavor(toSubclass: false))
        let widened = CIMQualifier(
            name: "Abstract", type: .boolean, value: .boolean(true), flavor: CIMFlavor(toSubclass: true))
        #expect(repository.add(CIMClass(name: "T_A", qualifiers: [narrowed, widened])) == [])
        #expect(repository.add(CIMClass(name: "T_B", superclass: "T_A")) == [])
        #expect(repository["T_A"]?.qualifiers["Abstract"]?.flavor.toSubclass == false)
        #expect(repository["T_B"]?.qualifiers == [])
    }

    @Test func theHierarchyIsInOrderOfDeclaration() {
        let repository = Schema.whole
        #expect(repository.classNames == ["T_Element", "T_System", "T_Setting", "T_Guest", "T_Hosts"])
        #expect(repository.subclasses(of: nil, deep: false) == ["T_Element", "T_Setting", "T_Hosts"])
        #expect(
            repository.subclasses(of: nil, deep: true) == [
                "T_Element", "T_System", "T_Guest", "T_Setting", "T_Hosts",
            ])
        #expect(repository.subclasses(of: "T_ELEMENT", deep: false) == ["T_System"])
        #expect(repository.subclasses(of: "T_Element", deep: true) == ["T_System", "T_Guest"])
        #expect(repository.subclasses(of: "T_Nothing", deep: true) == [])
        #expect(repository.superclasses(of: "T_Guest") == ["T_System", "T_Element"])
    }

    @Test func aClassIsItsOwnSubclassAndThatOfEveryAncestor() {
        let repository = Schema.whole
        #expect(repository.isSubclass("T_Guest", of: "t_guest"))
        #expect(repository.isSubclass("T_Guest", of: "T_Element"))
        #expect(!repository.isSubclass("T_Element", of: "T_Guest"))
        #expect(!repository.isSubclass("T_Nothing", of: "T_Element"))
        #expect(repository.isSubclass("T_Nothing", of: "T_Nothing"))
    }

    @Test func aRejectedClassLeavesNoTrace() {
        var repository = Schema.whole
        let flawed = CIMClass(name: "T_Flawed", superclass: "T_System", qualifiers: [Schema.boolean("Bogus")])
        #expect(repository.add(flawed).map(\.code) == [.undeclaredQualifier])
        #expect(repository["T_Flawed"] == nil)
        #expect(!repository.classNames.contains("T_Flawed"))
        #expect(repository.subclasses(of: "T_System", deep: false) == ["T_Guest"])
    }

    @Test func aLongChainOfManyClassesResolvesInLinearTime() {
        var repository = Schema.repository(Schema.element)
        for number in 0..<1600 {
            let properties = (0..<4).map {
                CIMProperty(name: CIMName("P\(number)_\($0)")!, type: .uint32)
            }
            let superclass: CIMName = number % 8 == 0 ? "T_Element" : CIMName("T_C\(number - 1)")!
            let added = CIMClass(name: CIMName("T_C\(number)")!, superclass: superclass, properties: properties)
            #expect(repository.add(added) == [])
        }
        #expect(repository.subclasses(of: "T_Element", deep: true).count == 1600)
        #expect(repository["T_C1599"]?.properties.count == 2 + 8 * 4)
    }
}
